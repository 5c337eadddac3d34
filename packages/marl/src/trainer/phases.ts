import { setImmediate as nextTick } from 'node:timers/promises';
import type { Progress } from '../algorithms/algorithm.js';
import { StopRequested } from '../errors.js';
import type { EventSink, Phase } from '../events.js';

/**
 * Runs the phases of one step: tells the sinks, measures them, gives the event loop a turn in between
 * (so that Ctrl+C and the display live), and ends a step on a stop request while nothing has changed yet.
 */
export class Phases {
  /** Seconds by phase so far; phases that ran side by side count from the first start to the last end. */
  readonly seconds = new Map<Phase, number>();
  readonly #running = new Map<Phase, { count: number; since: number }>();
  #committed = false;

  constructor(
    private readonly step: number,
    private readonly emit: EventSink,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /** The last chance for a stop request; from now on it waits for the end of the step. */
  commit(): void {
    this.#checkStop();
    this.#committed = true;
  }

  async run<T>(phase: Phase, work: (progress: Progress) => Promise<T>, agent?: number): Promise<T> {
    await nextTick();
    this.#checkStop();
    const place = { phase, step: this.step, ...(agent === undefined ? {} : { agent }) };
    const started = performance.now();
    this.#enter(phase, started);
    this.emit({ type: 'phase-started', ...place });
    try {
      return await work((done, total) => this.emit({ type: 'phase-progress', ...place, done, total }));
    } finally {
      const ended = performance.now();
      this.#leave(phase, ended);
      this.emit({ type: 'phase-finished', ...place, seconds: (ended - started) / 1000 });
    }
  }

  #checkStop(): void {
    if (!this.#committed && this.signal?.aborted) throw new StopRequested();
  }

  #enter(phase: Phase, now: number): void {
    const running = this.#running.get(phase);
    if (running) running.count += 1;
    else this.#running.set(phase, { count: 1, since: now });
  }

  #leave(phase: Phase, now: number): void {
    const running = this.#running.get(phase);
    if (!running) return;
    running.count -= 1;
    if (running.count > 0) return;
    this.#running.delete(phase);
    this.seconds.set(phase, (this.seconds.get(phase) ?? 0) + (now - running.since) / 1000);
  }
}
