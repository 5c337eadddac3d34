import { type ChatMessage, ModelError, type Tokenizer } from '@collm/lm';
import type { History } from '../messages.js';

/** What an agent's model is shown: its own turns since the last observation that stands alone. */
function chatOf(history: History, firstTurn = 0): ChatMessage[] {
  const messages: ChatMessage[] = [];
  const { past, observation } = history;
  const observations = [...past.map((turn) => turn.observation), observation];
  const fresh = observations.findLastIndex((one) => one.startsAfresh);
  for (let turn = Math.max(firstTurn, fresh, 0); turn < observations.length; turn++) {
    messages.push(...(observations[turn]?.messages ?? []));
    const own = past[turn];
    if (own !== undefined) messages.push({ role: 'assistant', content: own.response, tokens: own.tokens });
  }
  return messages;
}

/**
 * Token ids of an agent's prompt. When they exceed `limit`, the oldest turns are dropped first; the
 * newest observation is never cut. Text of teammates and environment spells no special token: one that closes a
 * message or opens the system's is encoded as the letters it is written with.
 *
 * @throws ModelError when the newest observation alone exceeds the limit.
 */
export function promptTokens(
  tokenizer: Tokenizer,
  history: History,
  limit: number,
): { tokens: number[]; truncated: boolean } {
  // A text is complete as it is: nothing marks where the response begins.
  const asText = history.observation.format === 'text';
  const options = {
    specialTokensInContent: false,
    ...(asText ? { template: false, addGenerationPrompt: false } : {}),
  };
  let tokens: number[] = [];
  for (let first = 0; first <= history.past.length; first++) {
    tokens = tokenizer.encodeChat(chatOf(history, first), options);
    if (tokens.length <= limit) return { tokens, truncated: first > 0 };
  }
  throw new ModelError(
    `a prompt of ${tokens.length} tokens does not fit the limit of ${limit} (the model's context less max_new_tokens, or max_prompt_tokens). ` +
      'Use a model with a longer context, a shorter prompt style, or lower max_new_tokens.',
  );
}
