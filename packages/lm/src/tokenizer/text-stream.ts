import { Detokenizer } from './detokenizer.js';
import type { Tokenizer } from './tokenizer.js';

/**
 * The text of one row while it is generated, without what a stop string ends: a piece is given out once no
 * stop string can begin in it any more.
 */
export class TextStream {
  readonly #detokenizer: Detokenizer;
  readonly #longest: number;
  #pending = '';
  #ended = false;

  /** @param stops not empty strings */
  constructor(
    tokenizer: Tokenizer,
    private readonly stops: readonly string[],
  ) {
    this.#detokenizer = new Detokenizer(tokenizer);
    this.#longest = Math.max(0, ...stops.map((stop) => stop.length));
  }

  /** Whether a stop string came. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Adds a token; returns the text that is now certain. */
  push(id: number): string {
    if (this.#ended) return '';
    this.#pending += this.#detokenizer.push(id);
    return this.#take(false);
  }

  /** What is left when no token follows. */
  flush(): string {
    if (this.#ended) return '';
    this.#pending += this.#detokenizer.flush();
    return this.#take(true);
  }

  #take(all: boolean): string {
    const found = this.stops.map((stop) => this.#pending.indexOf(stop)).filter((at) => at >= 0);
    this.#ended = found.length > 0;
    const end = this.#ended ? Math.min(...found) : all ? this.#pending.length : this.#certain();
    const piece = this.#pending.slice(0, end);
    this.#pending = this.#pending.slice(end);
    return piece;
  }

  /** Where the first stop string might begin that the coming tokens complete. */
  #certain(): number {
    const { length } = this.#pending;
    for (let at = Math.max(0, length - this.#longest + 1); at < length; at++) {
      const tail = this.#pending.slice(at);
      if (this.stops.some((stop) => stop.startsWith(tail))) return at;
    }
    return length;
  }
}
