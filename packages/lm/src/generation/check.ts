/** What every kind of generation refuses. */
import { ModelError } from '../errors.js';
import type { Decoder } from '../model/decoder.js';

/** @throws ModelError unless `value` is an integer of at least 1. */
export function checkCount(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 1)
    throw new ModelError(`${name} is ${value}; it must be an integer of at least 1.`);
}

/** @throws ModelError for a prompt that the model cannot continue by `maxNewTokens` tokens. */
export function checkPrompt(decoder: Decoder, prompt: readonly number[], maxNewTokens: number): void {
  const { maxPositions, vocabSize } = decoder.config;
  if (prompt.length === 0) throw new ModelError('a prompt has no tokens; give at least one.');
  const bad = prompt.find((id) => !(id >= 0 && id < vocabSize && Number.isInteger(id)));
  if (bad !== undefined)
    throw new ModelError(
      `token id ${bad} is outside the model's vocabulary of ${vocabSize}: tokenizer and model do not belong together.`,
    );
  if (prompt.length + maxNewTokens > maxPositions) {
    throw new ModelError(
      `a prompt of ${prompt.length} tokens with up to ${maxNewTokens} new ones does not fit the model's context of ${maxPositions}; shorten the prompt or lower max_new_tokens.`,
    );
  }
}

/** Why a row cannot go on whose logits hold NaN or infinity. */
export function notFinite(token: number, row: string): ModelError {
  return new ModelError(
    `the model gives no probabilities for token ${token} of ${row}: its logits hold NaN or infinity. ` +
      'Look whether the loss diverged (a lower learning rate, gradient clipping), or whether f16 overflows (bf16 or f32 do not).',
  );
}
