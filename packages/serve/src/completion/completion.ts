import { type ApiError, badRequest, serverError, unavailable } from '../api-error.js';
import type { RowFailure } from '../engine/messages.js';
import type { ModelMetrics } from '../metrics.js';
import { Choice, type Piece } from './choice.js';
import type { CompletionPlan } from './plan.js';

/** Who makes an answer of what comes. */
export interface CompletionSink {
  /** A token of a choice. */
  add(choice: Choice, piece: Piece): void;
  /** A choice is complete with this text after its last piece. */
  close(choice: Choice, rest: string): void;
  /** All news of a decoding step have been told, and there is more to come. */
  flush(): void;
  /** Nothing follows. null: all choices are complete. */
  end(error: ApiError | null): void;
}

/** Token counts as OpenAI's API tells them. */
export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

/** Why a completion is given up. */
export type AbortReason = 'client' | 'unread';

/** The rows of one request, from their start to the last end. */
export class Completion {
  readonly choices: readonly Choice[];
  private ids: number[] = [];
  private open: number;
  private ended = false;
  private firstTokenAt = 0;

  /**
   * @param receivedAt when the request came, by `performance.now()`
   * @param onEnd told once, however it ends
   */
  constructor(
    readonly plan: CompletionPlan,
    private readonly metrics: ModelMetrics,
    private readonly receivedAt: number,
    private readonly onEnd: () => void,
  ) {
    const { tokenizer } = plan.model;
    this.choices = plan.rows.map((_, index) => new Choice(index, tokenizer, plan.stops));
    this.open = this.choices.length;
  }

  get usage(): Usage {
    const prompt = this.plan.prompts.reduce((sum, { length }) => sum + length, 0);
    const made = this.choices.reduce((sum, { tokens }) => sum + tokens.length, 0);
    return { prompt_tokens: prompt, completion_tokens: made, total_tokens: prompt + made };
  }

  /** @throws ApiError 429 or 503 when the model takes no more rows */
  start(sink: CompletionSink): void {
    const { model, rows } = this.plan;
    model.hold(rows.length);
    this.metrics.promptTokens.inc(this.usage.prompt_tokens);
    this.ids = model.engine.add(model.index, {
      rows: rows.map((spec, i) => ({ spec, listener: this.listener(this.choices[i] as Choice, sink) })),
      onStep: () => {
        if (this.ended) return;
        if (this.open > 0) {
          sink.flush();
          return;
        }
        this.over();
        sink.end(null);
      },
      onBroken: (error) => this.fail(sink, { message: String(error), refused: false }),
    });
  }

  /** Nobody wants the answer any more: frees the rows. */
  abort(reason: AbortReason): void {
    if (this.ended) return;
    this.metrics.aborted(reason);
    this.free();
    this.over();
  }

  /** Ends all choices with what they have; with nothing yet, says that the server stops. */
  cut(sink: CompletionSink): void {
    if (this.ended) return;
    this.free();
    this.over();
    if (this.firstTokenAt === 0) {
      sink.end(unavailable('The server stopped before this request had its turn.', 'draining'));
      return;
    }
    for (const choice of this.choices) if (choice.finish === null) sink.close(choice, choice.end('length'));
    sink.end(null);
  }

  private listener(choice: Choice, sink: CompletionSink) {
    let firstAt = 0;
    const close = (finish: 'stop' | 'length') => {
      const rest = choice.end(finish);
      if (choice.tokens.length > 1)
        this.metrics.perToken.observe((performance.now() - firstAt) / 1000 / (choice.tokens.length - 1));
      this.open--;
      sink.close(choice, rest);
    };
    return {
      onStart: (queuedMs: number) => this.metrics.queued.observe(queuedMs / 1000),
      onToken: (token: number, logProb: number, top: Piece['top']) => {
        if (choice.finish !== null) return;
        if (firstAt === 0) firstAt = this.first();
        sink.add(choice, choice.push(token, logProb, top));
        if (choice.finish === null) return;
        // The engine knows no text, so it does not know that a stop string has ended the row.
        this.plan.model.engine.cancel([this.ids[choice.index] as number]);
        close('stop');
      },
      onEnd: close,
      onFail: (failure: Omit<RowFailure, 'id'>) => this.fail(sink, failure),
    };
  }

  private first(): number {
    const now = performance.now();
    if (this.firstTokenAt === 0) {
      this.firstTokenAt = now;
      this.metrics.firstToken.observe((now - this.receivedAt) / 1000);
    }
    return now;
  }

  private fail(sink: CompletionSink, { message, refused }: Omit<RowFailure, 'id'>): void {
    if (this.ended) return;
    this.free();
    this.over();
    sink.end(refused ? badRequest(message) : serverError(message));
  }

  private free(): void {
    this.plan.model.engine.cancel(this.ids);
  }

  private over(): void {
    this.ended = true;
    this.plan.model.release(this.choices.length);
    this.onEnd();
  }
}
