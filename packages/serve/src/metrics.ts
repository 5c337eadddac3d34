/** What a server tells Prometheus. Every server has a registry of its own. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { AbortReason } from './completion/completion.js';
import type { Engine } from './engine/engine.js';
import type { LiveModel } from './live-model.js';

/** Metrics of one model, bound to its name. */
export interface ModelMetrics {
  readonly promptTokens: { inc(count: number): void };
  readonly queued: { observe(seconds: number): void };
  readonly firstToken: { observe(seconds: number): void };
  readonly perToken: { observe(seconds: number): void };
  aborted(reason: AbortReason): void;
}

const waits = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export class ServerMetrics {
  readonly registry = new Registry();
  readonly requests: Counter<'route' | 'model' | 'status'>;
  readonly cancelSteps: Histogram;
  private readonly generated: Counter<'model'>;
  private readonly prompted: Counter<'model'>;
  private readonly abortedRequests: Counter<'model' | 'reason'>;
  private readonly queued: Histogram<'model'>;
  private readonly firstToken: Histogram<'model'>;
  private readonly perToken: Histogram<'model'>;

  /** @param live models and engines, once they are open */
  constructor(live: () => { readonly models: readonly LiveModel[]; readonly engines: readonly Engine[] }) {
    const registers = [this.registry];
    const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
      new Counter<Label>({ name, help, labelNames, registers });
    const seconds = (name: string, help: string) =>
      new Histogram({ name, help, labelNames: ['model'], buckets: waits, registers });
    this.requests = counter(
      'collm_requests_total',
      'Requests that were answered, 499 where the client left.',
      ['route', 'model', 'status'],
    );
    this.prompted = counter('collm_prompt_tokens_total', 'Tokens of prompts.', ['model']);
    this.generated = counter('collm_generated_tokens_total', 'Tokens that were generated.', ['model']);
    this.abortedRequests = counter(
      'collm_aborted_total',
      'Requests given up on: client (it left), unread (it did not read).',
      ['model', 'reason'],
    );
    this.queued = seconds('collm_queue_seconds', 'Time that a row waited for a place.');
    this.firstToken = seconds('collm_first_token_seconds', 'Time from a request to its first token.');
    this.perToken = seconds('collm_token_seconds', 'Mean time per further token of a response.');
    this.cancelSteps = new Histogram({
      name: 'collm_cancel_steps',
      help: 'Decoding steps that began before rows were freed that an aborted request or a stop string had ended.',
      buckets: [0, 1, 2, 4],
      registers,
    });
    for (const kind of ['running', 'waiting'] as const)
      new Gauge({
        name: `collm_rows_${kind}`,
        help: `Rows that are ${kind}.`,
        labelNames: ['model'],
        registers,
        collect() {
          for (const { id, engine, index } of live().models)
            this.set({ model: id }, engine.rowsOf(index)[kind]);
        },
      });
    new Gauge({
      name: 'collm_engine_tensors',
      help: 'Tensors alive in the engines.',
      registers,
      async collect() {
        const measures = await Promise.all(live().engines.map((engine) => engine.measure()));
        this.set(measures.reduce((sum, measure) => sum + (measure?.tensors ?? 0), 0));
      },
    });
    new Gauge({
      name: 'process_resident_memory_bytes',
      help: 'Memory of the process.',
      registers,
      collect() {
        this.set(process.memoryUsage.rss());
      },
    });
  }

  ofModel(model: string): ModelMetrics {
    const labels = { model };
    return {
      promptTokens: this.prompted.labels(labels),
      queued: this.queued.labels(labels),
      firstToken: this.firstToken.labels(labels),
      perToken: this.perToken.labels(labels),
      aborted: (reason) => this.abortedRequests.inc({ model, reason }),
    };
  }

  /** Counts what a step has made. */
  countTokens(model: string, count: number): void {
    this.generated.inc({ model }, count);
  }
}
