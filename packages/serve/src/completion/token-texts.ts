import { byteAlphabet, type Tokenizer } from '@collm/lm';

const replacement = '\ufffd';
const byteOf = new Map(byteAlphabet().map((char, byte) => [char, byte]));

/** Tokens as log-probs show them, each worked out once. */
export class TokenTexts {
  private readonly texts = new Map<number, string>();
  private readonly json = new Map<number, string>();

  constructor(private readonly tokenizer: Tokenizer) {}

  /** A token's text in the middle of others; of a special token its name. */
  textOf(id: number): string {
    let text = this.texts.get(id);
    if (text === undefined) {
      const once = this.tokenizer.decode([id]);
      // What begins a text may lose its leading blank.
      const twice = once.includes(replacement) ? '' : this.tokenizer.decode([id, id]);
      text = this.tokenizer.isSpecial(id)
        ? (this.tokenizer.tokenOf(id) as string)
        : twice.slice(once.length) || once;
      this.texts.set(id, text);
    }
    return text;
  }

  /** `"token":…,"bytes":…`, the beginning of an entry of `logprobs.content`. */
  entryOf(id: number): string {
    let entry = this.json.get(id);
    if (entry === undefined) {
      const text = this.textOf(id);
      entry = `"token":${JSON.stringify(text)},"bytes":${JSON.stringify(this.bytesOf(id, text))}`;
      this.json.set(id, entry);
    }
    return entry;
  }

  /** A part of a character has bytes only, which byte-level tokenizers write as stand-ins and others as <0x..>. */
  private bytesOf(id: number, text: string): number[] {
    if (!text.includes(replacement)) return [...Buffer.from(text, 'utf8')];
    const token = this.tokenizer.tokenOf(id) ?? '';
    const fallback = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1];
    if (fallback !== undefined) return [Number.parseInt(fallback, 16)];
    const bytes = [...token].map((char) => byteOf.get(char));
    return bytes.includes(undefined) ? [...Buffer.from(text, 'utf8')] : (bytes as number[]);
  }
}
