import { ModelError } from '../errors.js';
import { Detokenizer } from './detokenizer.js';
import type { Tokenizer } from './tokenizer.js';

/**
 * Watches one row of a generation for strings that end it. A string is found wherever it stands: over
 * several tokens, or in the middle of one. The work per token does not grow with the text.
 *
 * @example
 * const stops = new StopStrings(tokenizer, ['\nObservation:']);
 * while (!stops.push(sample())) {}
 * const response = stops.text();
 */
export class StopStrings {
  private readonly detokenizer: Detokenizer;
  private readonly longest: number;
  private readonly ids: number[] = [];
  private seen = '';
  private end = -1;

  /** @throws ModelError for an empty string, which would stop every row at once. */
  constructor(
    private readonly tokenizer: Tokenizer,
    private readonly strings: readonly string[],
  ) {
    if (strings.includes(''))
      throw new ModelError('a stop string is empty and would end every response at its start; remove it.');
    this.detokenizer = new Detokenizer(tokenizer);
    this.longest = Math.max(0, ...strings.map((string) => string.length));
  }

  /** Adds a token; true once a stop string is complete, and from then on. */
  push(id: number): boolean {
    if (this.end >= 0) return true;
    this.ids.push(id);
    const piece = this.detokenizer.push(id);
    // A string that ends in the new piece begins at most its length before it.
    const from = Math.max(0, this.seen.length - this.longest + 1);
    this.seen += piece;
    const at = this.find(this.seen.slice(from));
    if (at >= 0) this.end = from + at;
    return this.end >= 0;
  }

  /** The text before the first stop string; without one, the text of all tokens. */
  text(): string {
    if (this.end >= 0) return this.seen.slice(0, this.end);
    // What was held back for a character to be completed may hold one after all.
    const whole = this.tokenizer.decode(this.ids);
    const at = this.find(whole);
    return at < 0 ? whole : whole.slice(0, at);
  }

  /** Where the first stop string begins, or -1. */
  private find(text: string): number {
    const found = this.strings.map((string) => text.indexOf(string)).filter((at) => at >= 0);
    return found.length === 0 ? -1 : Math.min(...found);
  }
}
