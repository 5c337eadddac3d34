/** What metrics.jsonl and episodes.jsonl hold, and how to read the one valid sequence out of several attempts. */
import type { EpisodeRecord, Metrics } from '@collm/marl';
import { readJournal } from './journal.js';
import { runPaths } from './paths.js';

/** The metric that makes a checkpoint the best one. */
export const scoreMetric = 'eval/return';

interface Stamp {
  /** Finished steps. */
  readonly step: number;
  /** Process that wrote it, from 1: every resume is a new attempt. */
  readonly attempt: number;
  /** ISO 8601, UTC. */
  readonly time: string;
}

/** First record of every attempt: it continues from `step`, so what was written above that is void. */
export interface AttemptRecord extends Stamp {
  readonly kind: 'attempt';
  /** Why there is this attempt, where a worker of the one before it died. */
  readonly lost?: string;
}

export interface MetricsRecord extends Stamp {
  /** `train`: one step. `eval`: one evaluation. */
  readonly kind: 'train' | 'eval';
  readonly env_steps: number;
  readonly metrics: Metrics;
}

export type LoggedEpisode = Stamp & { readonly kind: 'episode' } & EpisodeRecord;

/** Metrics of a run in order of steps, without what a resume discarded. */
export function readMetrics(runDir: string): MetricsRecord[] {
  const all = readJournal(runPaths(runDir).metrics) as (AttemptRecord | MetricsRecord)[];
  return validRecords<MetricsRecord>(all, ({ kind, step }) => [kind, step].join());
}

/** How often a run has been started again because a worker died. */
export function countRestarts(runDir: string): number {
  const all = readJournal(runPaths(runDir).metrics) as (AttemptRecord | MetricsRecord)[];
  return all.filter((record) => record.kind === 'attempt' && record.lost !== undefined).length;
}

/** Episodes of a run in order of steps, without what a resume discarded. For long runs see episodes.ts. */
export function readEpisodes(runDir: string): LoggedEpisode[] {
  const all = readJournal(runPaths(runDir).episodes) as (AttemptRecord | LoggedEpisode)[];
  return validRecords<LoggedEpisode>(all, episodeKey);
}

/** What tells an episode from all others of a run. One that was interrupted stays beside the one that was played again. */
export function episodeKey({
  phase,
  step,
  episode,
  attempt,
  interrupted,
}: Pick<LoggedEpisode, 'phase' | 'step' | 'episode' | 'attempt' | 'interrupted'>): string {
  return [phase, step, episode, interrupted ? attempt : ''].join();
}

/**
 * The last attempt wins: a resume voids all later steps, and a repeated record replaces the first. What was interrupted
 * is never void: it belongs to no step, and counts nowhere.
 */
export function validRecords<R extends { kind: string; step: number; interrupted?: true }>(
  all: Iterable<Pick<AttemptRecord, 'kind' | 'step'> | R>,
  keyOf: (record: R) => string,
): R[] {
  let valid = new Map<string, R>();
  for (const record of all) {
    if (record.kind === 'attempt') {
      valid = new Map([...valid].filter(([, known]) => known.interrupted || known.step <= record.step));
    } else {
      valid.set(keyOf(record as R), record as R);
    }
  }
  return [...valid.values()].sort((a, b) => a.step - b.step);
}
