/** The steps of decoders, fed token by token. */
import { byteAlphabet, Utf8Stream } from './utf8-stream.js';

export interface DecoderStage {
  /** Feeds one token; gives the pieces of text that no later token can change. */
  push(token: string): string[];
  /** What is still held back, when no token follows. */
  end(): string[];
}

const bytesOfStandIns = new Map(byteAlphabet().map((char, byte) => [char, byte]));

export class ByteLevelStage implements DecoderStage {
  private readonly utf8 = new Utf8Stream();

  push(token: string): string[] {
    const bytes: number[] = [];
    for (const char of token) {
      const byte = bytesOfStandIns.get(char);
      // An added token is written as it is, not in stand-ins.
      if (byte === undefined) return [this.utf8.push(Buffer.from(token, 'utf8'))];
      bytes.push(byte);
    }
    return [this.utf8.push(bytes)];
  }

  end(): string[] {
    return [this.utf8.end()];
  }
}

export class ByteFallbackStage implements DecoderStage {
  private readonly utf8 = new Utf8Stream();

  push(token: string): string[] {
    const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1];
    return byte === undefined ? [this.utf8.end(), token] : [this.utf8.push([Number.parseInt(byte, 16)])];
  }

  end(): string[] {
    return [this.utf8.end()];
  }
}

/** A stage that treats every token alike, save perhaps the first. */
export class EachToken implements DecoderStage {
  private first = true;

  constructor(private readonly change: (token: string, first: boolean) => string) {}

  push(token: string): string[] {
    const text = this.change(token, this.first);
    this.first = false;
    return [text];
  }

  end(): string[] {
    return [];
  }
}

/** BPEDecoder: the suffix that ends a word becomes a blank, but not at the end of the text. */
export class SuffixStage implements DecoderStage {
  private last: string | undefined;

  constructor(private readonly suffix: string) {}

  push(token: string): string[] {
    const before = this.last;
    this.last = token;
    return before === undefined ? [] : [before.replaceAll(this.suffix, ' ')];
  }

  end(): string[] {
    return this.last === undefined ? [] : [this.last.replaceAll(this.suffix, '')];
  }
}

/** Strip over a text that comes in pieces. */
export class StripStream implements DecoderStage {
  private left: number;
  private held = '';

  constructor(
    private readonly content: string,
    start: number,
    private readonly stop: number,
  ) {
    this.left = start;
  }

  push(piece: string): string[] {
    let from = 0;
    while (this.left > 0 && from < piece.length) {
      if (!piece.startsWith(this.content, from)) this.left = 0;
      else {
        from += this.content.length;
        this.left--;
      }
    }
    const text = this.held + piece.slice(from);
    const kept = stripEnd(text, this.content, this.stop);
    this.held = text.slice(kept.length);
    return [kept];
  }

  end(): string[] {
    return [];
  }
}

export function stripEnd(text: string, content: string, most: number): string {
  let end = text.length;
  for (let i = 0; i < most && text.endsWith(content, end); i++) end -= content.length;
  return text.slice(0, end);
}

export function stripStart(text: string, content: string, most: number): string {
  let start = 0;
  for (let i = 0; i < most && text.startsWith(content, start); i++) start += content.length;
  return text.slice(start);
}

/** After Fuse there is one token, the text: a stage that cannot work on parts of it gets it at the end. */
export class WholeText implements DecoderStage {
  private text = '';

  constructor(private readonly stage: DecoderStage) {}

  push(piece: string): string[] {
    this.text += piece;
    return [];
  }

  end(): string[] {
    return [...this.stage.push(this.text), ...this.stage.end()];
  }
}

export class Chain implements DecoderStage {
  constructor(private readonly stages: readonly DecoderStage[]) {}

  push(token: string): string[] {
    return this.stages.reduce((pieces, stage) => pieces.flatMap((piece) => stage.push(piece)), [token]);
  }

  end(): string[] {
    return this.stages.reduce<string[]>(
      (pieces, stage) => [...pieces.flatMap((piece) => stage.push(piece)), ...stage.end()],
      [],
    );
  }
}
