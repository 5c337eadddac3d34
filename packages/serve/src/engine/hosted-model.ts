import {
  ContinuousBatch,
  type Decoder,
  loadAdapter,
  ModelError,
  openBase,
  PrefixCache,
  type StreamRow,
  type StreamToken,
} from '@collm/lm';
import type { EngineModel, OpenedModel, RowCounts, RowSpec, StepMessage } from './messages.js';

export interface HostedModelOptions {
  /** Place among the engine's models. */
  readonly index: number;
  /** Rows decoded side by side. */
  readonly maxBatch: number;
  /** Memory of the keys and values that requests leave to those that continue them; 0: they leave none. */
  readonly prefixBytes: number;
  readonly post: (message: StepMessage) => void;
}

interface Row {
  readonly stream: StreamRow;
  readonly added: number;
  started: boolean;
}

type Draft = { -readonly [Key in keyof StepMessage]: StepMessage[Key] };

/** A model on its engine's thread: requests join and leave its batch at every step. */
export class HostedModel {
  readonly opened: OpenedModel;
  private readonly rows = new Map<number, Row>();
  private readonly batch: ContinuousBatch;
  private readonly owned: readonly Disposable[];
  private news: Draft;
  private stepStarted = 0;

  /** @throws ModelError or TorchError naming the file at fault */
  constructor(
    source: EngineModel,
    private readonly options: HostedModelOptions,
  ) {
    const { decoder, owned } = open(source);
    const { maxBatch: maxRows, prefixBytes } = options;
    const prefixes = prefixBytes > 0 ? new PrefixCache(prefixBytes) : undefined;
    this.batch = new ContinuousBatch(decoder, { maxRows, ...(prefixes === undefined ? {} : { prefixes }) });
    this.owned = [this.batch, ...(prefixes === undefined ? [] : [prefixes]), ...owned];
    const { maxPositions: context, vocabSize } = decoder.config;
    this.opened = { context, vocabSize, dtype: decoder.dtype };
    this.news = this.noNews();
  }

  get counts(): RowCounts {
    return { running: this.batch.running, waiting: this.batch.waiting };
  }

  /** Whether a step would do something. */
  get busy(): boolean {
    return this.batch.running + this.batch.waiting > 0;
  }

  /** Adds a row; it waits until the next step. */
  add(spec: RowSpec & { readonly id: number }): void {
    const { id } = spec;
    const row = (): Row => this.rows.get(id) as Row;
    try {
      const stream = this.batch.add({
        ...spec,
        onToken: (token) => this.note(id, row(), token),
        onEnd: (finish) => {
          this.rows.delete(id);
          this.news.ended.push({ id, finish });
        },
        // It was let in, so what goes wrong now is the model's fault, and no request's.
        onError: (error) => this.fail(id, error, false),
      });
      this.rows.set(id, { stream, added: performance.now(), started: false });
    } catch (error) {
      this.fail(id, error, error instanceof ModelError);
      this.tell();
    }
  }

  /** Frees rows at once; those that have ended meanwhile are gone already. */
  cancel(ids: readonly number[]): void {
    for (const id of ids) {
      const row = this.rows.get(id);
      if (row === undefined) continue;
      this.rows.delete(id);
      this.batch.cancel(row.stream);
    }
  }

  /** Lets waiting rows in, and makes one token of every other row. */
  step(): void {
    this.stepStarted = performance.now();
    this.batch.step();
    this.tell();
  }

  dispose(): void {
    for (const one of this.owned) one[Symbol.dispose]();
  }

  private note(id: number, row: Row, { token, logProb, top }: StreamToken): void {
    const { news } = this;
    news.ids.push(id);
    news.tokens.push(token);
    news.logProbs.push(logProb);
    if (top !== undefined) {
      news.tops ??= [];
      news.tops[news.ids.length - 1] = top;
    }
    if (row.started) return;
    row.started = true;
    news.started.push({ id, queuedMs: this.stepStarted - row.added });
    // The rest of the step takes its time; a first token need not wait for it.
    this.tell();
  }

  private fail(id: number, error: unknown, refused: boolean): void {
    this.rows.delete(id);
    const message = error instanceof Error ? error.message : String(error);
    this.news.failed.push({ id, message, refused });
  }

  private tell(): void {
    const { news } = this;
    this.news = this.noNews();
    news.rows = this.counts;
    this.options.post(news);
  }

  private noNews(): Draft {
    return {
      type: 'step',
      model: this.options.index,
      ids: [],
      tokens: [],
      logProbs: [],
      tops: null,
      started: [],
      ended: [],
      failed: [],
      rows: { running: 0, waiting: 0 },
    };
  }
}

/** Models of one folder share its weights, each seen through an adapter of its own. */
function open({ model, adapter, device, dtype }: EngineModel): { decoder: Decoder; owned: Disposable[] } {
  const base = openBase(model, { device, ...(dtype === null ? {} : { dtype }) });
  if (adapter === null) return { decoder: base.decoder, owned: [base] };
  try {
    const lora = loadAdapter(adapter, base.decoder);
    return { decoder: base.decoder.withAdapter(lora), owned: [lora, base] };
  } catch (error) {
    base.dispose();
    throw error;
  }
}
