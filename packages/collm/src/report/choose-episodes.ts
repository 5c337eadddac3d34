/** Which episodes a report shows: extremes and the middle of the last evaluation, what failed, and one of training. */
import type { EpisodeEntry } from '../run-store/episodes.js';
import { evaluationsByStep } from './run-data.js';

export interface ChosenEpisode {
  /** Why it was chosen. */
  readonly why: string;
  readonly entry: EpisodeEntry;
}

const MOST_FAILED = 3;

/**
 * Best, median and worst of the last evaluation by return; up to three that failed, the latest first; and the median of
 * the last training step, which has values and advantages. None is chosen twice.
 */
export function chooseEpisodes(episodes: readonly EpisodeEntry[]): ChosenEpisode[] {
  const evaluation = ranked([...evaluationsByStep(episodes).values()].at(-1) ?? []);
  const train = episodes.filter(({ phase }) => phase === 'train');
  const last = train.at(-1)?.step;
  const training = ranked(train.filter(({ step }) => step === last));
  const wanted: [string, EpisodeEntry | undefined][] = [
    ['Best of the last evaluation', evaluation[0]],
    ['Median of the last evaluation', evaluation[(evaluation.length - 1) >> 1]],
    ['Worst of the last evaluation', evaluation.at(-1)],
    ...episodes
      .filter(({ failed }) => failed)
      .slice(-MOST_FAILED)
      .reverse()
      .map((entry): [string, EpisodeEntry] => ['Failed', entry]),
    ['Median of the last training step', training[(training.length - 1) >> 1]],
  ];
  const chosen = new Map<EpisodeEntry, ChosenEpisode>();
  for (const [why, entry] of wanted) {
    if (entry !== undefined && !chosen.has(entry)) chosen.set(entry, { why, entry });
  }
  return [...chosen.values()];
}

/** Those that did not fail, highest return first. */
function ranked(episodes: readonly EpisodeEntry[]): EpisodeEntry[] {
  return episodes.filter(({ failed }) => !failed).sort((a, b) => b.return - a.return);
}
