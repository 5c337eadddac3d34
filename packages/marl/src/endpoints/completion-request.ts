/** What an agent's history and sampling are as a request of OpenAI's protocol. */
import type { ChatMessage } from '@collm/lm';
import { shownTurns } from '../agents/prompt.js';
import type { History, PlayPhase, SampleKey, Sampling } from '../messages.js';
import { seededHash } from '../seeded.js';

export interface CompletionRequest {
  readonly path: 'chat/completions' | 'completions';
  readonly body: object;
}

/**
 * One response of a server of ours: sampled with the key's own random numbers, after a prompt that is cut as the agent
 * itself cuts it, and with earlier responses as their tokens. It is the response of the same agent in this process.
 */
export function exactRequest(
  model: string,
  history: History,
  key: SampleKey,
  sampling: Sampling,
): CompletionRequest {
  const { topK } = sampling;
  return {
    path: 'chat/completions',
    body: {
      model,
      messages: shownTurns(history).flat().map(withTokens),
      ...standardSampling(sampling),
      ...(topK === null ? {} : { top_k: topK }),
      return_token_ids: true,
      collm: {
        sample_key: key,
        truncate: 'oldest_turns',
        format: history.observation.format ?? 'chat',
      },
    },
  };
}

/** One response of any server: standard fields alone, so no top-k, and a seed that the server may heed. */
export function standardRequest(
  model: string,
  history: History,
  key: SampleKey,
  sampling: Sampling,
): CompletionRequest {
  const messages = shownTurns(history).flat();
  const common = { model, ...standardSampling(sampling), seed: seedOf(key) };
  // A text is complete as it is: a chat template would add to it.
  return history.observation.format === 'text'
    ? {
        path: 'completions',
        body: { ...common, prompt: messages.map(({ content }) => content).join('\n\n') },
      }
    : {
        path: 'chat/completions',
        body: { ...common, messages: messages.map(({ role, content }) => ({ role, content })) },
      };
}

function standardSampling({ greedy, temperature, topP, maxNewTokens }: Sampling) {
  return { max_tokens: maxNewTokens, temperature: greedy ? 0 : temperature, top_p: topP };
}

function withTokens({ role, content, tokens }: ChatMessage) {
  return { role, content, ...(tokens === undefined ? {} : { token_ids: tokens }) };
}

const phaseNumbers: Record<PlayPhase, number> = { train: 0, evaluation: 1, diagnostics: 2, baseline: 3 };

/** A seed of 31 bits, another one for every response. */
function seedOf({ seed, phase, episode, turn, agent, sample }: SampleKey): number {
  return seededHash(seed, 'endpoint', phaseNumbers[phase], episode, turn, agent, sample) >>> 1;
}
