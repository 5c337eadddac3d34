import { z } from 'zod';
import { extensions, samplingFields } from './fields.js';

/** OpenAI's bound. */
const mostTopLogProbs = 20;

const part = z.object({
  type: z.literal('text', 'only parts of type "text" are supported'),
  text: z.string(),
});
const content = z.union([z.string(), z.array(part)]);

const toolCall = z.object({
  id: z.string().optional(),
  type: z.literal('function'),
  function: z.object({ name: z.string(), arguments: z.string() }),
});

const name = z.string().nullish();

const message = z.discriminatedUnion('role', [
  z.object({ role: z.literal(['system', 'developer', 'user']), content, name }),
  z.object({
    role: z.literal('assistant'),
    content: content.nullish(),
    name,
    tool_calls: z.array(toolCall).nullish(),
    /** The response as the tokens that were sampled, of `return_token_ids`. */
    token_ids: z.array(z.int().min(0)).nullish(),
  }),
  z.object({ role: z.literal('tool'), content, tool_call_id: z.string(), name }),
]);

const tool = z.object({
  type: z.literal('function'),
  function: z.object({
    name: z.string(),
    description: z.string().optional(),
    parameters: z.record(z.string(), z.unknown()).optional(),
  }),
});

/** The body of POST /v1/chat/completions, as far as it is understood. */
export const chatRequest = z.object({
  ...samplingFields,
  messages: z.array(message).min(1),
  max_completion_tokens: z.int().min(1).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(mostTopLogProbs).nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: z.unknown().optional(),
  /** vLLM: further variables of the chat template, as `enable_thinking` of Qwen3's. */
  chat_template_kwargs: z.record(z.string(), z.unknown()).nullish(),
  collm: extensions.nullish(),
});

export type ChatRequest = z.infer<typeof chatRequest>;
export type RequestMessage = z.infer<typeof message>;
