import type { GenerationConfig } from '../checkpoint/generation-config.js';
import type { SamplingParameters } from './sampler.js';

/** What a user asks for; null is: not asked. */
export interface AskedSampling {
  /** 0 is greedy. */
  readonly temperature: number | null;
  /** Infinity: all tokens, whatever the model's makers recommend. */
  readonly topK: number | null;
  readonly topP: number | null;
}

/** What was asked for goes before what the model's makers recommend, and that before temperature 1 over all tokens. */
export function chooseSampling(asked: AskedSampling, generation: GenerationConfig): SamplingParameters {
  const nothingAsked = (asked.temperature ?? asked.topK ?? asked.topP) === null;
  const temperature = asked.temperature ?? generation.temperature ?? 1;
  const topK = asked.topK ?? generation.topK ?? Number.POSITIVE_INFINITY;
  return {
    greedy: temperature === 0 || (nothingAsked && generation.doSample === false),
    temperature: temperature === 0 ? 1 : temperature,
    topK: topK === Number.POSITIVE_INFINITY ? null : topK,
    topP: asked.topP ?? generation.topP ?? 1,
  };
}
