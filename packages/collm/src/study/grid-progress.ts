/** How far a study has come, by cell: what the live table shows. */

import type { Reading } from '../run-store/metrics-digest.js';
import { readDigest } from '../run-store/metrics-digest.js';
import { runPaths } from '../run-store/paths.js';
import { readMetrics } from '../run-store/records.js';
import type { Cell } from './grid.js';
import type { StudyPaths, TrialState } from './study-folder.js';
import type { PlannedTrial } from './trials.js';

/** One cell now. */
export interface CellProgress {
  readonly cell: Cell;
  readonly total: number;
  readonly done: number;
  readonly failed: number;
  /** Environment steps of the trials that run, in the order of their starts. */
  readonly running: readonly number[];
  /** Mean over finished trials of the task's metric at their ends; null where none has it. */
  readonly metric: number | null;
}

/** Counts what starts and ends. */
export class GridProgress {
  readonly #states = new Map<string, TrialState>();
  readonly #values = new Map<string, number>();
  readonly #running = new Map<string, { readonly trial: PlannedTrial; reading: Reading | null }>();

  constructor(
    private readonly trials: readonly PlannedTrial[],
    private readonly paths: StudyPaths,
  ) {}

  started(trial: PlannedTrial): void {
    this.#running.set(trial.id, { trial, reading: null });
  }

  /** Also of trials that have ended in an earlier session. */
  ended(trial: PlannedTrial, state: TrialState): void {
    this.#running.delete(trial.id);
    if (state.state === 'begun') return;
    this.#states.set(trial.id, state);
    const value = state.state === 'finished' ? this.#lastValue(trial, state) : undefined;
    if (value !== undefined) this.#values.set(trial.id, value);
  }

  /** The metric that a finished trial is compared by, at its end; undefined where it has none. */
  valueOf(trial: PlannedTrial): number | undefined {
    return this.#values.get(trial.id);
  }

  get done(): number {
    return this.#states.size;
  }

  get total(): number {
    return this.trials.length;
  }

  get failed(): number {
    return [...this.#states.values()].filter(({ state }) => state === 'failed').length;
  }

  /** Every cell, in the order of the grid. */
  cells(): CellProgress[] {
    return [...this.#byCell()].map(([, own]) => {
      const states = own.flatMap(({ id }) => this.#states.get(id) ?? []);
      const values = own.flatMap(({ id }) => this.#values.get(id) ?? []);
      return {
        cell: (own[0] as PlannedTrial).cell,
        total: own.length,
        done: states.length,
        failed: states.filter(({ state }) => state === 'failed').length,
        running: [...this.#running.values()]
          .filter(({ trial }) => trial.cell.id === own[0]?.cell.id)
          .map(({ trial }) => this.#envSteps(trial.id)),
        metric: values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length,
      };
    });
  }

  /**
   * Seconds that are left, if trials go on lasting what those of their cell, else of all cells, have lasted; null before
   * the first has ended.
   */
  secondsLeft(jobs: number): number | null {
    const seconds = (trials: readonly PlannedTrial[]): number | null => {
      const own = trials.flatMap(({ id }) => this.#states.get(id) ?? []);
      const lasted = own.filter(({ state }) => state === 'finished').map(({ wallSeconds }) => wallSeconds);
      return lasted.length === 0 ? null : lasted.reduce((sum, one) => sum + one, 0) / lasted.length;
    };
    const usual = seconds(this.trials);
    if (usual === null) return null;
    let left = 0;
    for (const [, own] of this.#byCell()) {
      const each = seconds(own) ?? usual;
      for (const { id, cell } of own) {
        if (this.#states.has(id)) continue;
        const played = this.#running.has(id) ? this.#envSteps(id) / cell.task.envSteps : 0;
        left += each * Math.max(0, 1 - played);
      }
    }
    return left / Math.max(1, Math.min(jobs, this.total - this.done));
  }

  #byCell(): Map<string, PlannedTrial[]> {
    const cells = new Map<string, PlannedTrial[]>();
    for (const trial of this.trials) cells.set(trial.cell.id, [...(cells.get(trial.cell.id) ?? []), trial]);
    return cells;
  }

  #envSteps(id: string): number {
    const running = this.#running.get(id);
    if (running === undefined || running.trial.protocol !== null) return 0;
    try {
      running.reading = readDigest(runPaths(this.paths.run(id)).metrics, running.reading);
    } catch {
      return 0; // not there yet
    }
    return running.reading.digest.envSteps;
  }

  #lastValue({ id, protocol, cell }: PlannedTrial, { evaluation }: TrialState): number | undefined {
    const { metric } = cell.task;
    if (protocol !== null) return evaluation?.[metric];
    return readMetrics(this.paths.run(id)).findLast(({ metrics }) => metrics[metric] !== undefined)?.metrics[
      metric
    ];
  }
}
