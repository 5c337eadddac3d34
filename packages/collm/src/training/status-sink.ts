/** Keeps status.json (run-store/status.ts) up to date while a run goes on. */
import { hostname } from 'node:os';
import type { TrainerEvent } from '@collm/marl';
import { messageOf } from '../errors.js';
import { type TrainingState, writeStatus } from '../run-store/status.js';

/** Steps may be shorter than a write. */
const STEP_EVERY_MS = 1000;

/** A sink of trainer events. A file that cannot be written stops no run. */
export class StatusSink {
  #state: TrainingState = 'running';
  #written = Number.NEGATIVE_INFINITY;
  #later: NodeJS.Timeout | undefined;
  #failing = false;

  /**
   * @param say told when the file cannot be written
   */
  constructor(
    private readonly runDir: string,
    private step: number,
    private totalSteps: number,
    private readonly say: (line: string) => void,
  ) {
    this.#write();
  }

  readonly onEvent = (event: TrainerEvent): void => {
    switch (event.type) {
      case 'run-started':
      case 'run-resumed':
        this.#become('running', event.step);
        break;
      case 'run-paused':
        this.#become('paused', event.step);
        break;
      case 'step-finished':
        this.step = event.step;
        this.totalSteps = event.totalSteps ?? this.totalSteps;
        this.#writeSoon();
        break;
    }
  };

  /** The last word. */
  end(state: 'finished' | 'stopped' | 'failed', error?: string): void {
    this.#state = state;
    this.#write(error);
  }

  #become(state: TrainingState, step: number): void {
    this.#state = state;
    this.step = step;
    this.#write();
  }

  #writeSoon(): void {
    const wait = this.#written + STEP_EVERY_MS - performance.now();
    if (wait <= 0) this.#write();
    else this.#later ??= setTimeout(() => this.#write(), wait).unref();
  }

  #write(error?: string): void {
    clearTimeout(this.#later);
    this.#later = undefined;
    this.#written = performance.now();
    try {
      writeStatus(this.runDir, {
        state: this.#state,
        step: this.step,
        total_steps: this.totalSteps,
        pid: process.pid,
        host: hostname(),
        updated: new Date().toISOString(),
        ...(error === undefined ? {} : { error }),
      });
      this.#failing = false;
    } catch (cause) {
      if (!this.#failing) this.say(`status.json is not up to date: ${messageOf(cause)}`);
      this.#failing = true;
    }
  }
}
