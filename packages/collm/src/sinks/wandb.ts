/** `tracking.wandb`: metrics for Weights & Biases, sent while training or written for `wandb sync`. */
import { randomBytes } from 'node:crypto';
import type { TrainerEvent } from '@collm/marl';
import type { OpenedRun } from '../run-store/run-folder.js';
import { flatSettings, type Outcome, type Tracker } from './tracker.js';

/** A run as W&B knows it. */
export interface WandbRun {
  /** Of W&B, unique within the project. */
  readonly id: string;
  readonly name: string;
  readonly project: string;
  /** null: that of the key. */
  readonly entity: string | null;
  readonly group: string;
  readonly tags: readonly string[];
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  /** Milliseconds since 1970. */
  readonly started: number;
}

/** One row of the history: metrics by name, and `_step`, `_timestamp`, `_runtime`. */
export type WandbRow = Readonly<Record<string, number>>;

/** Where rows go. Never waits for anything but in `close`. */
export interface WandbTransport {
  row(row: WandbRow): void;
  /** @param summary the last value of every metric */
  close(exitCode: number, summary: WandbRow): Promise<void> | void;
}

/**
 * Gathers what belongs to one step into one row, because W&B takes each step once and in order. For the same reason every
 * attempt at a run is a run of its own there, in one group: steps that a resume plays again cannot be taken back.
 */
export class Wandb implements Tracker {
  readonly #transport: WandbTransport;
  readonly #started: number;
  #step = 0;
  #row: Record<string, number> = {};
  #summary: Record<string, number> = {};

  constructor(run: WandbRun, open: (run: WandbRun) => WandbTransport) {
    this.#started = run.started;
    this.#transport = open(run);
  }

  readonly onEvent = (event: TrainerEvent): void => {
    if (event.type !== 'step-finished' && event.type !== 'evaluation-finished') return;
    if (event.step !== this.#step) this.#send();
    this.#step = event.step;
    Object.assign(this.#row, event.metrics);
  };

  close(outcome: Outcome): Promise<void> | void {
    this.#send();
    // What was stopped on request has not failed.
    return this.#transport.close(outcome === 'failed' ? 1 : 0, this.#summary);
  }

  #send(): void {
    if (Object.keys(this.#row).length === 0) return;
    const now = Date.now();
    const row = {
      ...this.#row,
      _step: this.#step,
      _timestamp: now / 1000,
      _runtime: (now - this.#started) / 1000,
    };
    Object.assign(this.#summary, row);
    this.#row = {};
    this.#transport.row(row);
  }
}

/** What W&B is told of one attempt at a run. */
export function wandbRun({ meta, config }: OpenedRun, attempt: number): WandbRun {
  const wandb = config.tracking.wandb ?? { project: 'collm', entity: null, group: null, tags: [] };
  return {
    id: randomBytes(5).toString('hex'),
    name: attempt === 1 ? meta.name : `${meta.name}, attempt ${attempt}`,
    project: wandb.project,
    entity: wandb.entity,
    group: wandb.group ?? meta.name,
    tags: wandb.tags,
    settings: flatSettings(config),
    started: Date.now(),
  };
}
