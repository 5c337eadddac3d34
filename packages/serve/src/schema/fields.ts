/** Fields that both kinds of completion have, as OpenAI and vLLM know them. null is as good as absent, as there. */
import { responsePhases } from '@collm/lm';
import { z } from 'zod';

/** OpenAI's bound. */
const mostStops = 4;
const longestStop = 1000;

const word = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);
const stop = z.string().min(1, 'a stop string must not be empty').max(longestStop);

/** Names a response as the trainer of CoLLM does, so that it is sampled with the same random numbers. */
const sampleKey = z.object({
  seed: z.int().min(0),
  phase: z.enum(responsePhases),
  episode: word,
  turn: z
    .int()
    .min(0)
    .max(2 ** 14 - 1),
  agent: z
    .int()
    .min(0)
    .max(2 ** 16 - 1),
  sample: word,
});

/** What we understand beyond the protocols of others. */
export const extensions = z.object({
  sample_key: sampleKey.optional(),
  truncate: z.literal('oldest_turns').optional(),
  format: z.enum(['chat', 'text']).optional(),
});

/** The names under which our extensions are announced. */
export const extensionNames = ['collm.sample_key', 'collm.truncate', 'collm.format', 'token_ids'] as const;

export const samplingFields = {
  model: z.string(),
  max_tokens: z.int().min(1).nullish(),
  /** 0 is greedy. */
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  /** vLLM: -1 and 0 are all tokens. */
  top_k: z.int().min(-1).nullish(),
  n: z.int().min(1).nullish(),
  seed: z.int().nullish(),
  stop: z.union([stop, z.array(stop).max(mostStops)]).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  return_token_ids: z.boolean().nullish(),
};

export type SamplingFields = z.infer<z.ZodObject<typeof samplingFields>>;
