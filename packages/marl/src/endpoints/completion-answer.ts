/** The answer to a completion request, of which nothing is taken for granted. */
import type { Response } from '../messages.js';
import type { CompletionRequest } from './completion-request.js';
import { EndpointError, quoted, told } from './endpoint-error.js';
import { errorMessage } from './exchange.js';
import { isObject } from './is-object.js';

export interface Asked {
  readonly model: string;
  readonly path: CompletionRequest['path'];
  /** Whether a server of ours was asked for token ids. */
  readonly exact: boolean;
  readonly maxNewTokens: number;
}

/** @throws EndpointError saying in what it is no answer */
export function readAnswer(json: unknown, asked: Asked): Response {
  if (!isObject(json)) throw nonsense('it answered with JSON that is no object');
  if ('error' in json && !('choices' in json)) {
    throw nonsense(`it answered with an error: ${quoted(errorMessage(json) ?? 'of unknown shape')}`);
  }
  checkModel(json.model, asked);
  const { choices } = json;
  if (!Array.isArray(choices)) throw nonsense('its answer has no `choices`');
  if (choices.length === 0) throw nonsense('its answer has an empty list of `choices`');
  const choice: unknown = choices[0];
  if (!isObject(choice)) throw nonsense('its first choice is no object');
  const text = asked.path === 'completions' ? textOf(choice.text, 'text') : messageText(choice.message);
  const finish = finishOf(choice.finish_reason);
  const counted = countsOf(json.usage);
  const untold = { logProbs: new Float32Array(), behaviourLogProbs: new Float32Array() };
  if (!asked.exact) {
    const told = counted === null ? {} : { counted };
    return { text, promptTokens: [], tokens: [], ...untold, finish, promptTruncated: false, ...told };
  }
  const tokens = tokenIds(choice.token_ids, 'token_ids');
  if (tokens.length > asked.maxNewTokens) {
    throw nonsense(`it answered with ${tokens.length} tokens, though ${asked.maxNewTokens} were the most`);
  }
  return {
    text,
    promptTokens: tokenIds(json.prompt_token_ids, 'prompt_token_ids'),
    tokens,
    ...untold,
    finish,
    promptTruncated: isObject(json.collm) && json.collm.prompt_truncated === true,
  };
}

/** Aliases are answered under their dated names; our own server has none. */
function checkModel(named: unknown, { model, exact }: Asked): void {
  if (named === undefined && !exact) return;
  if (named === model) return;
  if (!exact && typeof named === 'string' && named.startsWith(`${model}-`)) return;
  const other = typeof named === 'string' ? `"${quoted(named)}"` : 'no name';
  throw nonsense(`it was asked for the model "${model}", but ${other} answered`);
}

function messageText(message: unknown): string {
  if (!isObject(message)) throw nonsense('its first choice has no `message`');
  const { content, tool_calls: calls, refusal } = message;
  if (Array.isArray(calls) && calls.length > 0) {
    throw nonsense('it called tools instead of answering, though none were offered');
  }
  if (content === null && typeof refusal === 'string') throw nonsense(`it refused: ${quoted(refusal)}`);
  return textOf(content, 'content');
}

function textOf(text: unknown, name: string): string {
  if (typeof text === 'string') return text;
  const what = text === undefined ? 'no' : text === null ? 'a null' : `a ${typeof text} as`;
  throw nonsense(`its first choice has ${what} \`${name}\``);
}

function finishOf(reason: unknown): Response['finish'] {
  if (reason === 'stop' || reason === 'length') return reason;
  throw nonsense(
    `its answer ended with finish_reason ${told(reason ?? null)}, which is neither "stop" nor "length"`,
  );
}

/** Token counts; null when there are none, or none that make sense. */
function countsOf(usage: unknown): { prompt: number; response: number } | null {
  if (!isObject(usage)) return null;
  const { prompt_tokens: prompt, completion_tokens: response } = usage;
  return isCount(prompt) && isCount(response) ? { prompt, response } : null;
}

function tokenIds(ids: unknown, name: string): number[] {
  if (!Array.isArray(ids)) throw nonsense(`its answer has no \`${name}\`, which it had been asked for`);
  const wrong = ids.find((id) => !isCount(id) || id >= 2 ** 31);
  if (wrong !== undefined || ids.includes(undefined)) {
    throw nonsense(`its \`${name}\` hold ${told(wrong)}, which is no token id`);
  }
  return ids as number[];
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const nonsense = (message: string): EndpointError => new EndpointError('nonsense', message);
