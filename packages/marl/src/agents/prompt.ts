import { type ChatMessage, type FittedPrompt, fitChat, type Tokenizer } from '@collm/lm';
import type { History } from '../messages.js';

/** What an agent's model is shown, turn by turn: its own turns since the last observation that stands alone. */
export function shownTurns({ past, observation }: History): ChatMessage[][] {
  const observations = [...past.map((turn) => turn.observation), observation];
  const fresh = Math.max(
    0,
    observations.findLastIndex((one) => one.startsAfresh),
  );
  return observations.slice(fresh).map(({ messages }, index): ChatMessage[] => {
    const own = past[fresh + index];
    return own === undefined
      ? [...messages]
      : [...messages, { role: 'assistant', content: own.response, tokens: own.tokens }];
  });
}

/**
 * Token ids of an agent's prompt. When they exceed `limit`, the oldest turns are dropped first; the
 * newest observation is never cut. Text of teammates and environment spells no special token.
 *
 * @throws ModelError when the newest observation alone exceeds the limit.
 */
export function promptTokens(tokenizer: Tokenizer, history: History, limit: number): FittedPrompt {
  // A text is complete as it is: nothing marks where the response begins.
  const asText = history.observation.format === 'text';
  return fitChat(
    tokenizer,
    shownTurns(history),
    limit,
    asText ? { template: false, addGenerationPrompt: false } : {},
  );
}
