/** Plays an environment with texts of all kinds and checks that it keeps what the interface promises. */
import type { Environment, Item } from '../env.js';
import { seededRandom } from '../seeded-random.js';
import { type Finding, Findings } from './findings.js';
import { Player } from './player.js';
import { checkShape } from './shape.js';

export interface CheckOptions {
  /** Episodes that are played. Default 12. */
  readonly episodes?: number;
  /** Decides the responses. Default 1. */
  readonly seed?: number;
  /** A step that takes longer has failed, in ms. Default 60,000. */
  readonly stepTimeout?: number;
}

export interface EnvironmentCheck {
  readonly passed: boolean;
  /** Every check that was made, failed or not. */
  readonly findings: readonly Finding[];
  /** What may be meant, but deserves a look. */
  readonly notes: readonly string[];
  /** Turns that were scored. */
  readonly turns: number;
  /** Mean time of a turn, in ms. */
  readonly turnTime: number;
}

/** What a value lacks to be an environment, without playing it; empty for one that can be played. */
export function environmentProblems(environment: unknown): string[] {
  const findings = new Findings();
  checkShape(environment, findings);
  return findings.list().flatMap(({ examples }) => examples);
}

/** Items that are played on. */
const maxItems = 6;

/**
 * Checks an environment. It is played on some of its items, with hostile and with random responses; every turn is scored
 * three times, so an environment that runs programs takes its time.
 *
 * @param environment anything: what is no environment is a finding
 * @example
 * const { passed, findings } = await checkEnvironment(new SumToTarget());
 */
export async function checkEnvironment(
  environment: unknown,
  { episodes = 12, seed = 1, stepTimeout = 60_000 }: CheckOptions = {},
): Promise<EnvironmentCheck> {
  const findings = new Findings();
  const clock = { turns: 0, time: 0 };
  const playable = checkShape(environment, findings);
  if (playable) {
    const items = someItems(environment);
    const player = new Player(environment, findings, clock, stepTimeout);
    for (let episode = 0; episode < episodes && !player.stuck; episode++) {
      const item = items[episode % items.length] as Item;
      await player.play(item, seed + episode, seededRandom(seed * 1000 + episode));
    }
    if (!player.stuck) await player.playHostile(items[0] as Item, seed);
  }
  const list = findings.list().filter(({ failures }) => playable || failures > 0);
  return {
    passed: list.every(({ failures }) => failures === 0),
    findings: list,
    notes: findings.notes,
    turns: clock.turns,
    turnTime: clock.time / Math.max(1, clock.turns),
  };
}

/** The first items of both lists. */
function someItems({ trainItems, evalItems }: Environment): Item[] {
  const most = Math.ceil((2 * maxItems) / 3);
  return [...trainItems.slice(0, most), ...evalItems.slice(0, maxItems - most)];
}
