import { Detokenizer } from './detokenizer.js';
import { StopStrings } from './stop-strings.js';
import type { Tokenizer } from './tokenizer.js';

/**
 * The text of one row while it is generated, without what a stop string ends. A string is found wherever it
 * stands, over several tokens or in the middle of one. A piece is given out once no stop string can begin in
 * it any more. The work per token grows neither with the text nor with the stop strings.
 *
 * @example
 * const stream = new TextStream(tokenizer, ['\nObservation:']);
 * while (!stream.ended) process.stdout.write(stream.push(sample()));
 */
export class TextStream {
  private readonly detokenizer: Detokenizer;
  private readonly stops: StopStrings;
  private state = 0;
  /** Pieces that are not certain yet. */
  private readonly held: string[] = [];
  private heldLength = 0;
  private stopped = false;

  /**
   * @param stops compiled ones may serve many streams
   * @throws ModelError for an empty stop string
   */
  constructor(tokenizer: Tokenizer, stops: readonly string[] | StopStrings) {
    this.detokenizer = new Detokenizer(tokenizer);
    this.stops = stops instanceof StopStrings ? stops : new StopStrings(stops);
  }

  /** Whether a stop string came. */
  get ended(): boolean {
    return this.stopped;
  }

  /** Adds a token; returns the text that is now certain. */
  push(id: number): string {
    if (this.stopped) return '';
    this.look(this.detokenizer.push(id));
    return this.take(this.heldLength - this.stops.pending(this.state));
  }

  /** What is left when no token follows. */
  flush(): string {
    if (this.stopped) return '';
    this.look(this.detokenizer.flush());
    return this.take(this.heldLength);
  }

  /** Looks for stop strings that end in a new piece; the text then ends where the first of them begins. */
  private look(piece: string): void {
    let end = Number.POSITIVE_INFINITY;
    for (let i = 0; i < piece.length; i++) {
      this.state = this.stops.step(this.state, piece.charCodeAt(i));
      const found = this.stops.found(this.state);
      if (found > 0) end = Math.min(end, this.heldLength + i + 1 - found);
    }
    if (piece !== '') this.held.push(piece);
    this.heldLength += piece.length;
    if (end === Number.POSITIVE_INFINITY) return;
    this.stopped = true;
    this.heldLength = end;
  }

  /** The first `count` code units of what is held; all before a stop string. */
  private take(count: number): string {
    let left = this.stopped ? this.heldLength : count;
    let text = '';
    while (left > 0) {
      const piece = this.held.shift() as string;
      if (piece.length > left) this.held.unshift(piece.slice(left));
      text += piece.slice(0, left);
      left -= Math.min(left, piece.length);
    }
    this.heldLength -= text.length;
    return text;
  }
}
