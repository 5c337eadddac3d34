/** The streams of random numbers that responses are drawn from, so that everybody who samples one gets the same. */
import type { StreamKey } from './random.js';

/**
 * What responses are sampled for. Phases keep their streams apart by the two highest bits of a word, so turns stay
 * below 2^14 and agents below 2^16.
 */
const phaseBits = {
  train: 0,
  evaluation: 2 ** 31,
  diagnostics: 2 ** 30,
  baseline: 2 ** 31 + 2 ** 30,
} as const;

/** The phases that have streams of their own. */
export const responsePhases = Object.keys(phaseBits) as readonly (keyof typeof phaseBits)[];

/** Names one response among all responses of all runs. */
export interface ResponseKey {
  /** Safe integer >= 0. */
  readonly seed: number;
  readonly phase: keyof typeof phaseBits;
  readonly episode: number;
  readonly turn: number;
  readonly agent: number;
  readonly sample: number;
}

/** Episode, turn with agent and phase, sample: three words that no two responses share. */
export function streamOf(key: ResponseKey): StreamKey {
  const place = phaseBits[key.phase] + key.turn * 2 ** 16 + key.agent;
  return { seed: key.seed, words: [key.episode, place, key.sample] };
}
