import type { DecoderStage } from './decoder-stages.js';
import type { Tokenizer } from './tokenizer.js';

/**
 * Text from tokens as they come. A character is given out when it is whole, never in parts, and a token's
 * text is held back as long as a later token could change it. The pieces of `push` and `flush` together
 * are exactly `tokenizer.decode` of the ids. The work per token does not grow with the text.
 *
 * @example
 * const detokenizer = new Detokenizer(tokenizer);
 * for (const id of ids) process.stdout.write(detokenizer.push(id));
 * process.stdout.write(detokenizer.flush());
 */
export class Detokenizer {
  private decoder: DecoderStage;

  constructor(private readonly tokenizer: Tokenizer) {
    this.decoder = tokenizer.startDecoder();
  }

  /** Adds a token; returns the text that is now certain. Special tokens, and ids that no token has, add none. */
  push(id: number): string {
    const token = this.tokenizer.isSpecial(id) ? undefined : this.tokenizer.tokenOf(id);
    return token === undefined ? '' : this.decoder.push(token).join('');
  }

  /** What is left when no token follows, U+FFFD for a character that lacks bytes; then starts afresh. */
  flush(): string {
    const rest = this.decoder.end().join('');
    this.decoder = this.tokenizer.startDecoder();
    return rest;
  }
}
