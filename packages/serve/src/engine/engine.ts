import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type {
  Candidate,
  EngineMeasure,
  EngineModel,
  EngineStart,
  FromEngine,
  OpenedModel,
  RowCounts,
  RowFailure,
  RowSpec,
  StepMessage,
  ToEngine,
} from './messages.js';

/** One row's part of what an engine tells. All are called on the HTTP thread. */
export interface RowListener {
  /** Its prompt has been computed, after it had waited so long. */
  onStart(queuedMs: number): void;
  onToken(token: number, logProb: number, top: Candidate[] | undefined): void;
  onEnd(finish: 'stop' | 'length'): void;
  onFail(failure: Omit<RowFailure, 'id'>): void;
}

/** Rows that belong to one request. */
export interface RowGroup {
  readonly rows: readonly { readonly spec: RowSpec; readonly listener: RowListener }[];
  /** Called once after each step that told something of the group's rows. */
  onStep(): void;
  /** One of the callbacks threw this: the group is to be given up, for others to live. Must not throw. */
  onBroken(error: unknown): void;
}

interface Entry {
  readonly listener: RowListener;
  readonly group: RowGroup;
}

export interface EngineOptions {
  readonly models: readonly EngineModel[];
  readonly maxBatch: number;
  readonly prefixBytes: number;
  readonly threads: number | null;
  /** Told how many tokens a model has made since the last time. */
  readonly onTokens?: (model: number, count: number) => void;
  /** Told how many steps began between each cancellation and the freeing of its rows. */
  readonly onCancelled?: (steps: number) => void;
  /** Told what went wrong with the thread, and whether it is started again. */
  readonly onCrash?: (error: Error, restarting: boolean) => void;
}

/** Workers run what was compiled, also where this file runs from source. */
const entry = fileURLToPath(new URL('../../dist/engine/worker-main.js', import.meta.url));

/** A thread that dies again so soon after its start would die for ever. */
const soon = 10_000;

/** Time for a step that is under way when an engine is closed, in milliseconds. */
const patience = 10_000;

const noRows: RowCounts = { running: 0, waiting: 0 };

const lost: Omit<RowFailure, 'id'> = {
  message: 'The engine of this model stopped while it was answering. Try again.',
  refused: false,
};

/**
 * One thread with the models that it decodes. Rows are handed over in one message a request, and what a step made
 * comes back in one message. A thread that dies fails the rows it had and is started again, once in ten seconds.
 */
export class Engine {
  private readonly entries = new Map<number, Entry>();
  private readonly steps = new Int32Array(new SharedArrayBuffer(4));
  private counts: readonly RowCounts[];
  private readonly measuring: ((measure: EngineMeasure | null) => void)[] = [];
  private opened: readonly OpenedModel[] = [];
  private worker: Worker | null = null;
  private startedAt = 0;
  private restarting = false;
  private nextId = 1;
  private closing: ((measure: EngineMeasure | null) => void) | null = null;

  private constructor(private readonly options: EngineOptions) {
    this.counts = options.models.map(() => noRows);
  }

  /** @throws Error with what the models cannot be opened for */
  static async open(options: EngineOptions): Promise<Engine> {
    const engine = new Engine(options);
    await engine.start();
    return engine;
  }

  /** `ready` takes rows, `starting` will, `dead` never again. */
  get state(): 'ready' | 'starting' | 'dead' {
    if (this.worker !== null) return 'ready';
    return this.restarting ? 'starting' : 'dead';
  }

  /** What is known of its models, in their order. */
  get models(): readonly OpenedModel[] {
    return this.opened;
  }

  /** Rows of a model, as of its latest step. */
  rowsOf(model: number): RowCounts {
    return this.counts[model] as RowCounts;
  }

  /** Hands over a group's rows; returns what `cancel` takes, in their order. */
  add(model: number, group: RowGroup): number[] {
    const rows = group.rows.map(({ spec, listener }) => {
      const id = this.nextId++;
      this.entries.set(id, { listener, group });
      return { ...spec, id };
    });
    this.send({ type: 'add', model, rows });
    return rows.map(({ id }) => id);
  }

  /** Frees rows before the next step begins; their listeners hear nothing more. Rows that have ended do not matter. */
  cancel(ids: readonly number[]): void {
    const known = ids.filter((id) => this.entries.delete(id));
    if (known.length === 0) return;
    this.send({ type: 'cancel', ids: known, steps: Atomics.load(this.steps, 0) });
  }

  /** What is alive on its thread; null while there is none. */
  async measure(): Promise<EngineMeasure | null> {
    if (this.worker === null) return null;
    return new Promise((resolve) => {
      this.measuring.push(resolve);
      this.send({ type: 'measure' });
    });
  }

  /** Ends the thread; rows that are left fail. Returns what was left alive there, null if it did not end by itself. */
  async close(): Promise<EngineMeasure | null> {
    const { worker } = this;
    if (worker === null || this.closing !== null) return null;
    const left = await new Promise<EngineMeasure | null>((resolve) => {
      const impatience = setTimeout(() => resolve(null), patience);
      this.closing = (measure) => {
        clearTimeout(impatience);
        resolve(measure);
      };
      worker.postMessage({ type: 'close' } satisfies ToEngine);
    });
    await worker.terminate();
    this.worker = null;
    this.failAll();
    return left;
  }

  private async start(): Promise<void> {
    if (!existsSync(entry)) throw new Error(`${entry} is missing. Compile it with "npm run setup".`);
    const { models, maxBatch, prefixBytes, threads } = this.options;
    const workerData: EngineStart = { models, maxBatch, prefixBytes, threads, steps: this.steps };
    const worker = new Worker(entry, { workerData, execArgv: [] });
    this.startedAt = performance.now();
    await new Promise<void>((resolve, reject) => {
      let thrown: Error | null = null;
      worker.on('message', (message: FromEngine) => {
        if (message.type === 'ready') {
          this.opened = message.models;
          this.worker = worker;
          resolve();
        } else if (message.type === 'unusable') reject(new Error(message.message));
        else this.take(message);
      });
      worker.on('error', (error) => {
        thrown = error;
      });
      worker.on('exit', (code) => {
        const error = thrown ?? new Error(`its thread ended with exit code ${code}`);
        reject(error);
        if (this.worker === worker) this.crashed(error);
      });
    });
  }

  private crashed(error: Error): void {
    this.worker = null;
    this.closing?.(null);
    this.failAll();
    if (this.closing !== null) return;
    this.restarting = performance.now() - this.startedAt > soon;
    this.options.onCrash?.(error, this.restarting);
    if (!this.restarting) return;
    this.start()
      .catch((cause: Error) => this.options.onCrash?.(cause, false))
      .finally(() => {
        this.restarting = false;
      });
  }

  private failAll(): void {
    const groups = new Set<RowGroup>();
    for (const [id, { listener, group }] of this.entries) {
      this.entries.delete(id);
      listener.onFail(lost);
      groups.add(group);
    }
    for (const group of groups) group.onStep();
    this.counts = this.counts.map(() => noRows);
    for (const resolve of this.measuring.splice(0)) resolve(null);
  }

  private send(message: ToEngine): void {
    this.worker?.postMessage(message);
  }

  private take(message: Exclude<FromEngine, { type: 'ready' | 'unusable' }>): void {
    switch (message.type) {
      case 'step':
        this.tell(message);
        break;
      case 'cancelled':
        this.counts = message.rows;
        this.options.onCancelled?.(message.steps);
        break;
      case 'measure':
        this.measuring.shift()?.(message);
        break;
      case 'closed':
        this.closing?.(message);
        break;
    }
  }

  /** What is told of rows that were cancelled meanwhile is dropped. */
  private tell(news: StepMessage): void {
    const { entries } = this;
    const told = new Set<RowGroup>();
    const hear = (id: number, say: (listener: RowListener) => void): void => {
      const found = entries.get(id);
      if (found === undefined) return;
      told.add(found.group);
      attempt(found.group, () => say(found.listener));
    };
    for (const { id, queuedMs } of news.started) hear(id, (listener) => listener.onStart(queuedMs));
    for (let i = 0; i < news.ids.length; i++) {
      const [token, logProb, top] = [news.tokens[i] as number, news.logProbs[i] as number, news.tops?.[i]];
      hear(news.ids[i] as number, (listener) => listener.onToken(token, logProb, top));
    }
    for (const { id, finish } of news.ended) {
      hear(id, (listener) => listener.onEnd(finish));
      entries.delete(id);
    }
    for (const { id, message, refused } of news.failed) {
      hear(id, (listener) => listener.onFail({ message, refused }));
      entries.delete(id);
    }
    this.counts = this.counts.with(news.model, news.rows);
    if (news.ids.length > 0) this.options.onTokens?.(news.model, news.ids.length);
    for (const group of told) attempt(group, () => group.onStep());
  }
}

function attempt(group: RowGroup, work: () => void): void {
  try {
    work();
  } catch (error) {
    group.onBroken(error);
  }
}
