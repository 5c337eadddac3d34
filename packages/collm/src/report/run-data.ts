/** What reports read of a run: its metrics, and where its episodes lie. Episodes are read one by one when they are shown. */
import { type EpisodeEntry, listEpisodes, readEpisode } from '../run-store/episodes.js';
import { type LoggedEpisode, type MetricsRecord, readMetrics } from '../run-store/records.js';

export interface RunData {
  readonly metrics: readonly MetricsRecord[];
  /** All that belong to a step, without their turns. */
  readonly episodes: readonly EpisodeEntry[];
  /** The whole episodes of entries, one at a time: a log may be larger than memory. */
  read(entries: readonly EpisodeEntry[]): Iterable<LoggedEpisode>;
}

/**
 * Reads the files of a run.
 *
 * @throws RunError when they are damaged
 */
export function readRunData(runDir: string): RunData {
  return {
    metrics: readMetrics(runDir),
    episodes: listEpisodes(runDir).filter(({ interrupted }) => interrupted !== true),
    *read(entries) {
      for (const entry of entries) yield readEpisode(runDir, entry);
    },
  };
}

/** Entries of evaluation episodes by step, steps ascending. */
export function evaluationsByStep(episodes: readonly EpisodeEntry[]): Map<number, EpisodeEntry[]> {
  const groups = new Map<number, EpisodeEntry[]>();
  for (const episode of episodes) {
    if (episode.phase !== 'evaluation') continue;
    const group = groups.get(episode.step);
    if (group) group.push(episode);
    else groups.set(episode.step, [episode]);
  }
  return new Map([...groups].sort(([a], [b]) => a - b));
}
