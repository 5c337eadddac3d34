import { ModelError } from '@collm/lm';
import { badRequest } from '../api-error.js';
import type { LiveModel } from '../live-model.js';
import type { TextRequest } from '../schema/text.js';
import { checkIds } from './chat-message.js';
import { checkLength, tooLong } from './room.js';

/**
 * Token ids of each prompt of a request. Its writer spells special tokens as the model's chat template would, and the
 * tokenizer adds its begin token, if it has one.
 *
 * @param most prompts
 * @throws ApiError 400
 */
export function textPrompts(model: LiveModel, { prompt }: TextRequest, most: number): number[][] {
  if (typeof prompt === 'string') return [encode(model, prompt, 'prompt')];
  if (typeof prompt[0] === 'number') return [given(model, prompt as number[], 'prompt')];
  if (prompt.length > most)
    throw badRequest(`\`prompt\` has ${prompt.length} prompts, but this server takes at most ${most}.`, {
      param: 'prompt',
      code: 'invalid_value',
    });
  return (prompt as (string | number[])[]).map((one, i) =>
    typeof one === 'string' ? encode(model, one, `prompt[${i}]`) : given(model, one, `prompt[${i}]`),
  );
}

function encode(model: LiveModel, text: string, param: string): number[] {
  checkLength(model, text.length, param);
  try {
    const tokens = model.tokenizer.encode(text, { addSpecialTokens: true });
    if (tokens.length > 0) return tokens;
  } catch (cause) {
    if (cause instanceof ModelError) throw badRequest(cause.message, { param, cause });
    throw cause;
  }
  throw badRequest(`\`${param}\` has no tokens. Give a text that the model can continue.`, {
    param,
    code: 'invalid_value',
  });
}

function given(model: LiveModel, tokens: number[], param: string): number[] {
  if (tokens.length >= model.context) throw tooLong(model, `\`${param}\` has ${tokens.length} tokens`, param);
  checkIds(model, tokens, param);
  return tokens;
}
