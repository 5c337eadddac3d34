import type { Choice, Piece } from '../completion/choice.js';
import type { Usage } from '../completion/completion.js';
import { type AnswerHead, extensionsJson, headJson, type WholeFormat } from './answer-format.js';
import { chatEntry } from './logprobs.js';

/** A `chat.completion`. */
export class ChatAnswer implements WholeFormat {
  private readonly made: { text: string; entries: string[] }[];

  constructor(private readonly head: AnswerHead) {
    this.made = head.plan.rows.map(() => ({ text: '', entries: [] }));
  }

  piece({ index }: Choice, piece: Piece): void {
    const made = this.made[index] as (typeof this.made)[number];
    made.text += piece.text;
    if (this.head.plan.logProbs) made.entries.push(chatEntry(this.head.texts, piece));
  }

  close(choice: Choice, rest: string): void {
    const { tokenIds, logProbs } = this.head.plan;
    const made = this.made[choice.index] as (typeof this.made)[number];
    const message = JSON.stringify({ role: 'assistant', content: made.text + rest, refusal: null });
    const told = logProbs ? `{"content":[${made.entries.join()}],"refusal":null}` : 'null';
    const ids = tokenIds ? `,"token_ids":${JSON.stringify(choice.tokens)}` : '';
    made.text = `{"index":${choice.index},"message":${message},"logprobs":${told},"finish_reason":"${choice.finish}"${ids}}`;
  }

  done(usage: Usage): string {
    const choices = this.made.map(({ text }) => text).join();
    return `${headJson(this.head, 'chat.completion')},"choices":[${choices}],"usage":${JSON.stringify(usage)}${extensionsJson(this.head)}}`;
  }
}
