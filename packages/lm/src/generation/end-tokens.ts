import type { GenerationConfig } from '../checkpoint/generation-config.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';

/** The tokens that end a response: those that the folder's files name, and the tokenizer's own. */
export function endTokens(generation: GenerationConfig, tokenizer: Tokenizer | null): number[] {
  const ids = [...generation.eosTokenIds, tokenizer?.eosTokenId];
  return [...new Set(ids.filter((id) => id !== undefined))];
}
