import type { ApiError } from '../api-error.js';
import type { Choice, Piece } from '../completion/choice.js';
import type { Completion, CompletionSink } from '../completion/completion.js';
import type { ChunkFormat, WholeFormat } from './answer-format.js';
import type { SseStream } from './sse-stream.js';

/** Told once: with the JSON text of a whole answer, with null when a stream is complete, or with an error. */
export type Finish = (outcome: string | ApiError | null) => void;

/** Sends every piece as it comes. */
export class StreamSink implements CompletionSink {
  private readonly opened = new Set<Choice>();

  constructor(
    private readonly completion: () => Completion,
    private readonly format: ChunkFormat,
    private readonly stream: SseStream,
    private readonly finish: Finish,
  ) {}

  add(choice: Choice, piece: Piece): void {
    this.begin(choice);
    this.stream.add(this.format.piece(choice, piece));
  }

  close(choice: Choice, rest: string): void {
    this.begin(choice);
    this.stream.add(this.format.close(choice, rest));
  }

  flush(): void {
    this.stream.flush();
  }

  end(error: ApiError | null): void {
    const { stream, format } = this;
    if (error !== null && !stream.open) {
      this.finish(error);
      return;
    }
    if (error !== null) stream.add(`data: ${JSON.stringify(error.body())}\n\n`);
    else {
      const { plan, usage } = this.completion();
      if (plan.streamUsage) stream.add(format.usage(usage));
      stream.add('data: [DONE]\n\n');
    }
    stream.end();
    this.finish(null);
  }

  private begin(choice: Choice): void {
    if (this.opened.has(choice)) return;
    this.opened.add(choice);
    this.stream.add(this.format.open(choice));
  }
}

/** Gathers the pieces. */
export class WholeSink implements CompletionSink {
  constructor(
    private readonly completion: () => Completion,
    private readonly format: WholeFormat,
    private readonly finish: Finish,
  ) {}

  add(choice: Choice, piece: Piece): void {
    this.format.piece(choice, piece);
  }

  close(choice: Choice, rest: string): void {
    this.format.close(choice, rest);
  }

  flush(): void {}

  end(error: ApiError | null): void {
    this.finish(error ?? this.format.done(this.completion().usage));
  }
}
