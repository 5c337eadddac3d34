import type { Choice, Piece } from '../completion/choice.js';
import type { Usage } from '../completion/completion.js';
import { type AnswerHead, extensionsJson, headJson, type WholeFormat } from './answer-format.js';
import { TextLogProbs } from './logprobs.js';

/** A `text_completion`. */
export class TextAnswer implements WholeFormat {
  private readonly made: { text: string; readonly lists: TextLogProbs }[];

  /** @param echo text that each choice begins with */
  constructor(
    private readonly head: AnswerHead,
    echo: readonly string[],
  ) {
    this.made = echo.map((text) => ({ text, lists: new TextLogProbs(head.texts, text.length) }));
  }

  piece({ index }: Choice, piece: Piece): void {
    const { logProbs, model } = this.head.plan;
    const made = this.made[index] as (typeof this.made)[number];
    made.text += piece.text;
    if (logProbs) made.lists.add(piece, model.tokenizer.isSpecial(piece.token));
  }

  close(choice: Choice, rest: string): void {
    const { tokenIds, logProbs } = this.head.plan;
    const made = this.made[choice.index] as (typeof this.made)[number];
    const told = logProbs ? made.lists.take() : 'null';
    const ids = tokenIds ? `,"token_ids":${JSON.stringify(choice.tokens)}` : '';
    made.text = `{"index":${choice.index},"text":${JSON.stringify(made.text + rest)},"logprobs":${told},"finish_reason":"${choice.finish}"${ids}}`;
  }

  done(usage: Usage): string {
    const choices = this.made.map(({ text }) => text).join();
    return `${headJson(this.head, 'text_completion')},"choices":[${choices}],"usage":${JSON.stringify(usage)}${extensionsJson(this.head)}}`;
  }
}
