/** Log-probs of tokens in the two shapes that OpenAI's API has, as JSON text. */
import type { Piece } from '../completion/choice.js';
import type { TokenTexts } from '../completion/token-texts.js';

/** JSON has no infinity; OpenAI writes this for what is next to impossible. */
const least = -9999;

const finite = (logProb: number): number => Math.max(least, logProb);

/** One entry of `choices[].logprobs.content` of a chat completion. */
export function chatEntry(texts: TokenTexts, { token, logProb, top = [] }: Piece): string {
  const others = top.map((one) => `{${texts.entryOf(one.token)},"logprob":${finite(one.logProb)}}`);
  return `{${texts.entryOf(token)},"logprob":${finite(logProb)},"top_logprobs":[${others.join()}]}`;
}

/** The four lists of `choices[].logprobs` of a plain completion. */
export class TextLogProbs {
  private tokens: string[] = [];
  private logProbs: number[] = [];
  private tops: Record<string, number>[] = [];
  private offsets: number[] = [];

  /** @param offset where the next token begins in the text */
  constructor(
    private readonly texts: TokenTexts,
    private offset: number,
  ) {}

  add({ token, logProb, top = [] }: Piece, isSpecial: boolean): void {
    const text = this.texts.textOf(token);
    this.tokens.push(text);
    this.logProbs.push(finite(logProb));
    this.tops.push(Object.fromEntries(top.map((one) => [this.texts.textOf(one.token), finite(one.logProb)])));
    this.offsets.push(this.offset);
    if (!isSpecial) this.offset += text.length;
  }

  /** What was added since the last time. */
  take(): string {
    const { tokens, logProbs, tops, offsets } = this;
    [this.tokens, this.logProbs, this.tops, this.offsets] = [[], [], [], []];
    return JSON.stringify({ tokens, token_logprobs: logProbs, top_logprobs: tops, text_offset: offsets });
  }
}
