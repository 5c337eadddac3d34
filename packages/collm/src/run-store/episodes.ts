/**
 * The episodes of a run whose log may be larger than memory: a list of where each one lies, from which any can be read.
 * The place of an episode in the list, from 1, is its number for people.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { RunError } from '../errors.js';
import { journalEntries } from './journal.js';
import { runPaths } from './paths.js';
import { type AttemptRecord, episodeKey, type LoggedEpisode, validRecords } from './records.js';

/** An episode without its turns. */
export interface EpisodeEntry
  extends Pick<
    LoggedEpisode,
    'kind' | 'phase' | 'step' | 'episode' | 'itemId' | 'return' | 'attempt' | 'interrupted'
  > {
  readonly failed: boolean;
  /** Bytes of the log that hold it. */
  readonly start: number;
  readonly end: number;
}

/** Every valid episode, as `readEpisodes` orders them. */
export function listEpisodes(runDir: string): EpisodeEntry[] {
  return validRecords(entries(runPaths(runDir).episodes), episodeKey);
}

function* entries(path: string): Generator<EpisodeEntry | Pick<AttemptRecord, 'kind' | 'step'>> {
  for (const { record, start, end } of journalEntries(path)) {
    const { kind, step, ...rest } = record as LoggedEpisode | AttemptRecord;
    if (kind === 'attempt') {
      yield { kind, step };
    } else {
      const { phase, episode, itemId, return: total, failure, attempt, interrupted } = rest as LoggedEpisode;
      const failed = failure !== undefined;
      const place = { phase, step, episode, attempt, ...(interrupted ? { interrupted } : {}) };
      yield { kind, ...place, itemId, return: total, failed, start, end };
    }
  }
}

/** The whole episode behind an entry. */
export function readEpisode(runDir: string, { start, end }: EpisodeEntry): LoggedEpisode {
  const bytes = Buffer.alloc(end - start);
  const handle = openSync(runPaths(runDir).episodes, 'r');
  try {
    readSync(handle, bytes, 0, bytes.length, start);
  } finally {
    closeSync(handle);
  }
  return JSON.parse(bytes.toString('utf8')) as LoggedEpisode;
}

/** The number of the episode that stands for a run: the first of the last evaluation, or the last of all. */
export function usualEpisode(
  episodes: readonly Pick<EpisodeEntry, 'phase' | 'step' | 'interrupted'>[],
): number {
  type Entry = (typeof episodes)[number];
  const evaluated = ({ phase, interrupted }: Entry) => phase === 'evaluation' && !interrupted;
  const last = episodes.findLast(evaluated);
  if (last === undefined) return episodes.length;
  return episodes.findIndex((entry) => evaluated(entry) && entry.step === last.step) + 1;
}

/**
 * The episode of a number, or the usual one when none is asked for.
 *
 * @param run the run as the user named it
 * @throws RunError when there is none
 */
export function chooseEpisode(
  runDir: string,
  { run, episode }: { readonly run: string; readonly episode: number | null },
): { episode: LoggedEpisode; number: number } {
  const all = listEpisodes(runDir);
  if (all.length === 0) {
    throw new RunError(
      `${run} has logged no episode yet. Train it first with \`collm train --resume ${run}\`.`,
    );
  }
  const number = episode ?? usualEpisode(all);
  const entry = all[number - 1];
  if (entry !== undefined) return { episode: readEpisode(runDir, entry), number };
  throw new RunError(
    `\`--episode ${number}\` is not there: ${run} has logged ${all.length} episodes, numbered from 1.`,
  );
}
