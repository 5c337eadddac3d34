import { TextStream, type Tokenizer } from '@collm/lm';
import type { Candidate } from '../engine/messages.js';

/** What one token adds to a response. */
export interface Piece {
  /** Text that has become certain; often empty where a character takes several tokens. */
  readonly text: string;
  readonly token: number;
  readonly logProb: number;
  readonly top: readonly Candidate[] | undefined;
}

/** One response in the making. */
export class Choice {
  readonly tokens: number[] = [];
  finish: 'stop' | 'length' | null = null;
  private readonly stream: TextStream;

  constructor(
    readonly index: number,
    tokenizer: Tokenizer,
    stops: readonly string[],
  ) {
    this.stream = new TextStream(tokenizer, stops);
  }

  /** Adds a token. A stop string in its text ends the response. */
  push(token: number, logProb: number, top: readonly Candidate[] | undefined): Piece {
    this.tokens.push(token);
    const text = this.stream.push(token);
    if (this.stream.ended) this.finish = 'stop';
    return { text, token, logProb, top };
  }

  /** Ends the response, unless it has ended; returns the text that was held back. */
  end(finish: 'stop' | 'length'): string {
    const rest = this.stream.flush();
    // What was held back may complete a stop string after all.
    this.finish ??= this.stream.ended ? 'stop' : finish;
    return rest;
  }
}
