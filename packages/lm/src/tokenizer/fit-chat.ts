import { ModelError } from '../errors.js';
import type { ChatMessage, ChatOptions } from './chat-template.js';
import type { Tokenizer } from './tokenizer.js';

/** A prompt, and whether older turns were left out of it. */
export interface FittedPrompt {
  readonly tokens: number[];
  readonly truncated: boolean;
}

/**
 * Token ids of a conversation that may be too long: the oldest turns are dropped first, the newest is never cut. Text
 * spells no special token: one that closes a message or opens the system's is encoded as the letters it is written with.
 *
 * @param turns messages by turn, oldest first, at least one turn; a turn ends with the model's own response, the newest
 *   has none yet
 * @throws ModelError when the newest turn alone exceeds the limit
 */
export function fitChat(
  tokenizer: Tokenizer,
  turns: readonly (readonly ChatMessage[])[],
  limit: number,
  options: ChatOptions = {},
): FittedPrompt {
  let tokens: number[] = [];
  for (let first = 0; first < turns.length; first++) {
    tokens = tokenizer.encodeChat(turns.slice(first).flat(), { ...options, specialTokensInContent: false });
    if (tokens.length <= limit) return { tokens, truncated: first > 0 };
  }
  throw new ModelError(
    `a prompt of ${tokens.length} tokens does not fit the limit of ${limit} (the model's context less max_new_tokens, or max_prompt_tokens). ` +
      'Use a model with a longer context, a shorter prompt style, or lower max_new_tokens.',
  );
}

/** The turns of a conversation: each ends with a message of the assistant, but for the newest. */
export function turnsOf(messages: readonly ChatMessage[]): ChatMessage[][] {
  const turns: ChatMessage[][] = [[]];
  for (const [i, message] of messages.entries()) {
    turns.at(-1)?.push(message);
    if (message.role === 'assistant' && i < messages.length - 1) turns.push([]);
  }
  return turns;
}
