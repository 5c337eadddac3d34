/**
 * Batched generation. Equal prompts are computed once, all rows share one preallocated cache, rows that end
 * leave the batch.
 *
 * A row's result depends on its prompt, its key and the weights. The order of the requests changes nothing,
 * bitwise. Other rows beside it, the chunks of the prompts and what a PrefixCache knows change the shapes of
 * matrix products and with them their rounding: in f32, log-probs agree within 1e-4. A token differs only
 * where its uniform falls that near to the border between two tokens, or greedy finds two as near. In bf16 and
 * f16 log-probs agree to those types' two or three digits only, and tokens differ accordingly more often. (With
 * "dynamic" rope scaling the frequencies depend on the longest row once that exceeds the trained length.)
 */
import type { Decoder } from '../model/decoder.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';
import { checkCount, checkPrompt } from './check.js';
import { DecodingBatch } from './decoding-batch.js';
import { groupByPrompt, planChunks } from './prefill.js';
import type { PrefixCache } from './prefix-cache.js';
import type { StreamKey } from './random.js';
import { checkSampling, type SamplingParameters } from './sampler.js';

export interface GenerationRequest {
  /** Token ids, at least one. */
  prompt: readonly number[];
  /** Stream of the uniforms; draw k decides token k. */
  key: StreamKey;
}

export interface GenerationOptions extends SamplingParameters {
  /** >= 1 */
  maxNewTokens: number;
  /** Sampling one of these ends the row. */
  stopTokens: readonly number[];
  /** A row also ends once its text holds one of these strings. */
  stop?: { tokenizer: Tokenizer; strings: readonly string[] };
  /** Most prompt tokens in one forward, padding included, >= 1; default 8192. Bounds the memory of activations. */
  prefillTokens?: number;
  /** Keys and values of earlier calls: prompts that continue them are not computed from the start. */
  prefixes?: PrefixCache;
  /** Stops between two steps; `generate` then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Called before every step with the number of rows still running. */
  onStep?: (running: number) => void;
  /** Called with every token as it is sampled, `request` being the index of its request: for text as it comes. */
  onToken?: (request: number, token: number, logProb: number) => void;
}

export interface Generation {
  /** Sampled tokens, a stop token or those that completed a stop string included. */
  tokens: number[];
  /** log p_T over the full vocabulary, per token. */
  logProbs: Float32Array;
  /** log-prob under the distribution that was drawn from (P17), per token. */
  behaviourLogProbs: Float32Array;
  /** `stop`: a stop token or stop string. `length`: `maxNewTokens`. */
  finish: 'stop' | 'length';
  /** With the option `stop`: the text before the stop string, or all of it. */
  text?: string;
}

/** Memory of activations stays below that of a small model, and products are wide enough for full speed. */
const defaultPrefillTokens = 8192;

/**
 * Samples one continuation per request.
 *
 * @throws ModelError when a prompt is empty or does not leave room for `maxNewTokens`, for sampling parameters
 *   outside their ranges, and when the model's logits are not finite.
 */
export async function generate(
  decoder: Decoder,
  requests: readonly GenerationRequest[],
  options: GenerationOptions,
): Promise<Generation[]> {
  const { prefillTokens: budget = defaultPrefillTokens, signal } = options;
  checkSampling(options);
  checkCount('max_new_tokens', options.maxNewTokens);
  checkCount('prefillTokens', budget);
  for (const { prompt } of requests) checkPrompt(decoder, prompt, options.maxNewTokens);
  signal?.throwIfAborted();
  if (requests.length === 0) return [];
  // Between two steps the event loop gets its turn: progress, Ctrl+C, other agents.
  const pause = async () => {
    await new Promise((resume) => setImmediate(resume));
    signal?.throwIfAborted();
  };
  const prefixes = usablePrefixes(decoder, requests, options);
  prefixes?.startCall();
  const groups = groupByPrompt(requests, prefixes);
  using batch = new DecodingBatch(decoder, requests, groups, options, prefixes);
  for (const chunk of planChunks(groups, budget, prefixes)) {
    batch.prefill(chunk, budget);
    await pause();
  }
  batch.begin();
  while (batch.running > 0) {
    options.onStep?.(batch.running);
    await pause();
    batch.step();
  }
  return batch.results();
}

/** Beyond the trained length, "dynamic" rope gives the same tokens other keys in every call. */
function usablePrefixes(
  { config }: Decoder,
  requests: readonly GenerationRequest[],
  { prefixes, maxNewTokens }: GenerationOptions,
): PrefixCache | undefined {
  if (config.rope.scaling.rope_type !== 'dynamic') return prefixes;
  const longest = Math.max(...requests.map(({ prompt }) => prompt.length)) + maxNewTokens;
  return longest <= config.rope.maxPositions ? prefixes : undefined;
}
