/** Which episodes of a run `collm samples` shows. */
import { RunError } from '../../errors.js';
import { counted } from '../../format.js';
import { type EpisodeEntry, usualEpisode } from '../../run-store/episodes.js';

export interface SampleChoice {
  /** By return. */
  readonly rank: 'best' | 'worst' | null;
  readonly step: number | null;
  readonly item: string | null;
  readonly phase: 'train' | 'evaluation' | null;
  readonly failed: boolean;
  /** Its number in the log, from 1. */
  readonly episode: number | null;
  /** At most so many; null leaves it to what else was asked for. */
  readonly limit: number | null;
}

export interface NumberedEntry {
  readonly number: number;
  readonly entry: EpisodeEntry;
}

const USUAL_LIMIT = 3;

/**
 * The episodes to show, and how many fit what was asked for. Without any wish it is the one that stands for the run; a rank
 * alone gives one.
 *
 * @param shown the run as the user would type it
 * @throws RunError when there is none
 */
export function chooseSamples(
  entries: readonly EpisodeEntry[],
  choice: SampleChoice,
  shown: string,
): { chosen: NumberedEntry[]; fitting: number } {
  if (entries.length === 0) {
    throw new RunError(
      `${shown} has logged no episode yet. Train it with \`collm train --resume ${shown}\`.`,
    );
  }
  const { rank, limit } = choice;
  const fitting = fittingOf(entries, choice);
  if (fitting.length === 0) throw new RunError(nothingFits(entries, choice, shown));
  if (rank !== null) {
    const sign = rank === 'best' ? -1 : 1;
    fitting.sort((a, b) => sign * (a.entry.return - b.entry.return));
  }
  return { chosen: fitting.slice(0, limit ?? (rank === null ? USUAL_LIMIT : 1)), fitting: fitting.length };
}

function fittingOf(entries: readonly EpisodeEntry[], choice: SampleChoice): NumberedEntry[] {
  const { step, item, phase, failed, rank } = choice;
  const wished = [step, item, phase, rank, choice.limit].some((wish) => wish !== null) || failed;
  const number = choice.episode ?? (wished ? null : usualEpisode(entries));
  const numbered = entries.map((entry, index) => ({ number: index + 1, entry }));
  if (number !== null) return numbered.slice(number - 1, number);
  return numbered.filter(
    ({ entry }) =>
      (step === null || entry.step === step) &&
      (item === null || entry.itemId === item) &&
      (phase === null || entry.phase === phase) &&
      // Returns of broken episodes say nothing.
      (failed ? entry.failed : rank === null || !entry.failed),
  );
}

function nothingFits(entries: readonly EpisodeEntry[], choice: SampleChoice, shown: string): string {
  const { step, item, failed, episode } = choice;
  const all = `${shown} has logged ${counted(entries.length, 'episode')}`;
  if (episode !== null) return `\`--episode ${episode}\` is not there: ${all}, numbered from 1.`;
  if (failed && !entries.some((entry) => entry.failed)) return `${all}, and none has failed.`;
  const items = [...new Set(entries.map(({ itemId }) => itemId))];
  if (item !== null && !items.includes(item)) {
    return `\`--item ${item}\` is not there: ${all}, of items such as ${items.slice(0, 5).join(', ')}.`;
  }
  const steps = [...new Set(entries.map((entry) => entry.step))];
  if (step !== null && !steps.includes(step)) {
    const near = steps.sort((a, b) => Math.abs(a - step) - Math.abs(b - step)).slice(0, 5);
    return `\`--step ${step}\` is not there: ${all}, the nearest of steps ${near.sort((a, b) => a - b).join(', ')}.`;
  }
  return `${all}, but none to which all of that applies.`;
}
