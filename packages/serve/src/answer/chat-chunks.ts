import type { Choice, Piece } from '../completion/choice.js';
import type { Usage } from '../completion/completion.js';
import { type AnswerHead, type ChunkFormat, extensionsJson, headJson } from './answer-format.js';
import { chatEntry } from './logprobs.js';

/** `chat.completion.chunk`s, put together from pieces of JSON that are made once. */
export class ChatChunks implements ChunkFormat {
  private readonly start: string;
  private readonly choiceStart: string;

  constructor(private readonly head: AnswerHead) {
    this.start = `data: ${headJson(head, 'chat.completion.chunk')}`;
    const usage = head.plan.streamUsage ? ',"usage":null' : '';
    this.choiceStart = `${this.start}${usage},"choices":[{"index":`;
  }

  open({ index }: Choice): string {
    const delta =
      '"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null';
    return `${this.choiceStart}${index},${delta}}]${index === 0 ? extensionsJson(this.head) : ''}}\n\n`;
  }

  piece({ index }: Choice, piece: Piece): string {
    const { logProbs, tokenIds } = this.head.plan;
    if (piece.text === '' && !logProbs && !tokenIds) return '';
    const told = logProbs ? `{"content":[${chatEntry(this.head.texts, piece)}],"refusal":null}` : 'null';
    const ids = tokenIds ? `,"token_ids":[${piece.token}]` : '';
    const delta = `"delta":{"content":${JSON.stringify(piece.text)}}`;
    return `${this.choiceStart}${index},${delta},"logprobs":${told},"finish_reason":null${ids}}]}\n\n`;
  }

  close({ index, finish }: Choice, rest: string): string {
    const more = `${this.choiceStart}${index},"delta":{"content":${JSON.stringify(rest)}},"logprobs":null,"finish_reason":null}]}\n\n`;
    const end = `${this.choiceStart}${index},"delta":{},"logprobs":null,"finish_reason":"${finish}"}]}\n\n`;
    return rest === '' ? end : more + end;
  }

  usage(usage: Usage): string {
    return `${this.start},"choices":[],"usage":${JSON.stringify(usage)}}\n\n`;
  }
}
