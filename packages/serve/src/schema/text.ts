import { z } from 'zod';
import { extensions, samplingFields } from './fields.js';

/** OpenAI's bound. */
const mostLogProbs = 5;

const tokens = z.array(z.int().min(0)).min(1);

/** The body of POST /v1/completions, as far as it is understood. */
export const textRequest = z.object({
  ...samplingFields,
  prompt: z.union([z.string(), tokens, z.array(z.string()).min(1), z.array(tokens).min(1)]),
  /** How many of the most probable tokens are told with each token. */
  logprobs: z.int().min(0).max(mostLogProbs).nullish(),
  echo: z.boolean().nullish(),
  collm: extensions.pick({ sample_key: true }).nullish(),
});

export type TextRequest = z.infer<typeof textRequest>;
