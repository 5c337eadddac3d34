/** What fits a model's context. */
import { badRequest } from '../api-error.js';
import type { LiveModel } from '../live-model.js';

/**
 * No vocabulary writes a text of any length with more characters a token: longer ones are refused unread, since
 * reading them would hold up all others.
 */
const mostCharactersPerToken = 16;

/** Characters of the longest text that is read. */
export const mostCharacters = ({ context }: LiveModel): number => context * mostCharactersPerToken;

/** @throws ApiError 400 for a text that cannot fit, whatever its tokens */
export function checkLength(model: LiveModel, characters: number, param: string): void {
  const most = mostCharacters(model);
  if (characters > most)
    throw tooLong(
      model,
      `\`${param}\` has ${characters} characters, more than ${most}, which cannot fit`,
      param,
    );
}

/**
 * Most new tokens of a row after its prompt: what was asked for, or what the context and the server's limit leave.
 *
 * @throws ApiError 400 when it does not fit, or exceeds the server's limit
 */
export function newTokens(
  model: LiveModel,
  promptLength: number,
  asked: { readonly value: number; readonly param: string } | null,
  limit: number | null,
  promptParam: string,
): number {
  if (asked !== null && limit !== null && asked.value > limit)
    throw badRequest(
      `\`${asked.param}\` is ${asked.value}, but this server makes at most ${limit} tokens per response. Lower it.`,
      { param: asked.param, code: 'invalid_value' },
    );
  const room = model.context - promptLength;
  if (room < 1) throw tooLong(model, `\`${promptParam}\` has ${promptLength} tokens`, promptParam);
  if (asked !== null && asked.value > room)
    throw tooLong(
      model,
      `you asked for ${promptLength + asked.value} tokens (${promptLength} in \`${promptParam}\`, ${asked.value} in \`${asked.param}\`)`,
      promptParam,
    );
  return asked?.value ?? Math.min(room, limit ?? room);
}

/** In OpenAI's words, which programs look for. */
export function tooLong({ id, context }: LiveModel, what: string, param: string) {
  return badRequest(
    `This model's maximum context length is ${context} tokens. However, ${what}. Shorten it, or use a model with a longer context than ${id}.`,
    { param, code: 'context_length_exceeded' },
  );
}
