/** Writes a run's metrics and episodes as they happen. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TrainerEvent } from '@collm/marl';
import { Journal } from '../run-store/journal.js';
import type { RunPaths } from '../run-store/paths.js';
import {
  type AttemptRecord,
  type LoggedEpisode,
  type MetricsRecord,
  readMetrics,
  scoreMetric,
} from '../run-store/records.js';

/** A sink of trainer events that fills metrics.jsonl and episodes.jsonl. */
export class RunFiles {
  readonly #metrics: Journal;
  readonly #episodes: Journal;
  readonly #scores = new Map<number, number>();

  /**
   * @param step finished steps that this attempt continues from
   * @param lost why there is this attempt, where a worker of the one before it died
   */
  constructor(
    paths: RunPaths,
    private readonly attempt: number,
    step: number,
    lost?: string,
  ) {
    this.#metrics = new Journal(paths.metrics);
    this.#episodes = new Journal(paths.episodes);
    const why = lost === undefined ? {} : { lost };
    const start: AttemptRecord = { kind: 'attempt', step, ...this.#stamp(), ...why };
    this.#metrics.append(start);
    this.#episodes.append(start);
    for (const record of readMetrics(paths.dir)) this.#note(record);
  }

  /** Evaluation return by step. */
  get scores(): ReadonlyMap<number, number> {
    return this.#scores;
  }

  readonly onEvent = (event: TrainerEvent): void => {
    if (event.type === 'episode') {
      const record: LoggedEpisode = { kind: 'episode', ...event.record, ...this.#stamp() };
      this.#episodes.append(record);
    } else if (event.type === 'step-finished' || event.type === 'evaluation-finished') {
      const record: MetricsRecord = {
        kind: event.type === 'step-finished' ? 'train' : 'eval',
        step: event.step,
        ...this.#stamp(),
        env_steps: event.envSteps,
        metrics: event.metrics,
      };
      this.#metrics.append(record);
      this.#note(record);
    }
  };

  /** Makes everything written so far durable. */
  sync(): void {
    this.#metrics.sync();
    this.#episodes.sync();
  }

  close(): void {
    this.#metrics.close();
    this.#episodes.close();
  }

  #stamp() {
    return { attempt: this.attempt, time: new Date().toISOString() };
  }

  #note(record: MetricsRecord): void {
    const score = record.metrics[scoreMetric];
    if (record.kind === 'eval' && score !== undefined) this.#scores.set(record.step, score);
  }
}

/** A plain-text log of one attempt, as a stream for `Progress`. */
export function attemptLog(paths: RunPaths, attempt: number) {
  const path = join(paths.logs, `attempt-${attempt}.log`);
  appendFileSync(path, '');
  return {
    write(text: string): void {
      appendFileSync(path, text.replace(/^/, `${new Date().toISOString()} `));
    },
  };
}
