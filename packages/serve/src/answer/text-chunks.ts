import type { Choice, Piece } from '../completion/choice.js';
import type { Usage } from '../completion/completion.js';
import { type AnswerHead, type ChunkFormat, extensionsJson, headJson } from './answer-format.js';
import { TextLogProbs } from './logprobs.js';

/** `text_completion`s in chunks. */
export class TextChunks implements ChunkFormat {
  private readonly start: string;
  private readonly choiceStart: string;
  private readonly logProbs: TextLogProbs[];

  /** @param echo text that each choice begins with */
  constructor(
    private readonly head: AnswerHead,
    private readonly echo: readonly string[],
  ) {
    this.start = `data: ${headJson(head, 'text_completion')}`;
    const usage = head.plan.streamUsage ? ',"usage":null' : '';
    this.choiceStart = `${this.start}${usage},"choices":[{"index":`;
    this.logProbs = echo.map(({ length }) => new TextLogProbs(head.texts, length));
  }

  open({ index }: Choice): string {
    const more = index === 0 ? extensionsJson(this.head) : '';
    const text = this.echo[index] as string;
    return text === '' && more === '' ? '' : this.chunk(index, text, 'null', 'null', more);
  }

  piece({ index }: Choice, piece: Piece): string {
    const { logProbs, tokenIds, model } = this.head.plan;
    if (piece.text === '' && !logProbs && !tokenIds) return '';
    const lists = this.logProbs[index] as TextLogProbs;
    if (logProbs) lists.add(piece, model.tokenizer.isSpecial(piece.token));
    const ids = tokenIds ? `,"token_ids":[${piece.token}]` : '';
    return this.chunk(index, piece.text, logProbs ? lists.take() : 'null', `null${ids}`);
  }

  close({ index, finish }: Choice, rest: string): string {
    return this.chunk(index, rest, 'null', `"${finish}"`);
  }

  usage(usage: Usage): string {
    return `${this.start},"choices":[],"usage":${JSON.stringify(usage)}}\n\n`;
  }

  private chunk(index: number, text: string, logProbs: string, finish: string, more = ''): string {
    return `${this.choiceStart}${index},"text":${JSON.stringify(text)},"logprobs":${logProbs},"finish_reason":${finish}}]${more}}\n\n`;
  }
}
