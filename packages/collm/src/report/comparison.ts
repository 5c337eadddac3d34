/** Before and after training, from the evaluation episodes that a run has logged. */
import type { Picture } from '@collm/envs';
import type { TurnRecord } from '@collm/marl';
import type { LoggedEpisode } from '../run-store/records.js';

/** A mean with its standard error over episodes. */
export interface Estimate {
  readonly mean: number;
  /** 0 when there is a single episode. */
  readonly standardError: number;
  readonly episodes: number;
}

/** A figure that reports show, in the order of their tables; those that a run's task does not have are left out. */
export interface Figure {
  /** `return`, or a metric of the environment. */
  readonly name: string;
  readonly label: string;
  /** Whether more or less of it is better. */
  readonly better: 'higher' | 'lower';
}

export const figures: readonly Figure[] = [
  { name: 'return', label: 'return', better: 'higher' },
  { name: 'coverage', label: 'coverage', better: 'higher' },
  { name: 'iou', label: 'IoU', better: 'higher' },
  { name: 'adj_ratio', label: 'same-texture ratio', better: 'lower' },
  { name: 'match', label: 'matching cells', better: 'higher' },
  { name: 'hp', label: 'HP (%)', better: 'higher' },
  { name: 'test_pass_rate', label: 'tests passed', better: 'higher' },
  { name: 'correct', label: 'all tests passed', better: 'higher' },
  { name: 'bonus_reward', label: 'cooperation', better: 'higher' },
  { name: 'structure_reward', label: 'structure', better: 'higher' },
  { name: 'length_reward', label: 'length', better: 'higher' },
  { name: 'diversity_reward', label: 'vocabulary', better: 'higher' },
  { name: 'style_reward', label: 'style', better: 'higher' },
];

export interface ComparedFigure extends Figure {
  readonly before: Estimate;
  readonly after: Estimate;
  /** after - before. */
  readonly gain: number;
  /** The gain over the standard error of the difference; null when that is 0. */
  readonly gainInErrors: number | null;
}

export interface ComparedPicture {
  readonly itemId: string;
  readonly before: Picture;
  readonly after: Picture;
}

export interface Comparison {
  /** Finished steps of the two evaluations. */
  readonly beforeStep: number;
  readonly afterStep: number;
  readonly figures: readonly ComparedFigure[];
  /** The first episode of every item, at its last turn. */
  readonly pictures: readonly ComparedPicture[];
}

/** The first evaluation against the last; null unless there are two. */
export function compareEnds(episodes: readonly LoggedEpisode[]): Comparison | null {
  const bySteps = evaluationsByStep(episodes);
  const steps = [...bySteps.keys()];
  const [beforeStep, afterStep] = [steps[0], steps.at(-1)];
  if (beforeStep === undefined || afterStep === undefined || beforeStep === afterStep) return null;
  const before = bySteps.get(beforeStep) as LoggedEpisode[];
  const after = bySteps.get(afterStep) as LoggedEpisode[];
  return {
    beforeStep,
    afterStep,
    figures: figures.flatMap((figure) => compare(figure, before, after) ?? []),
    pictures: comparePictures(before, after),
  };
}

/** Evaluation episodes by step, steps ascending, without those that were played again. */
export function evaluationsByStep(episodes: readonly LoggedEpisode[]): Map<number, LoggedEpisode[]> {
  const groups = new Map<number, LoggedEpisode[]>();
  for (const episode of episodes) {
    if (episode.phase !== 'evaluation' || episode.interrupted) continue;
    const group = groups.get(episode.step);
    if (group) group.push(episode);
    else groups.set(episode.step, [episode]);
  }
  return new Map([...groups].sort(([a], [b]) => a - b));
}

/** Mean and standard error of a figure over the episodes that did not fail; null when none has it. */
export function estimate(episodes: readonly LoggedEpisode[], name: string): Estimate | null {
  const values = episodes.flatMap((episode) => figureOf(episode, name) ?? []);
  if (values.length === 0) return null;
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const standardError = count === 1 ? 0 : Math.sqrt(squares / (count - 1) / count);
  return { mean, standardError, episodes: count };
}

function figureOf(episode: LoggedEpisode, name: string): number | undefined {
  if (episode.failure !== undefined) return undefined;
  return name === 'return' ? episode.return : episode.turns.at(-1)?.metrics[name];
}

function compare(
  figure: Figure,
  beforeEpisodes: readonly LoggedEpisode[],
  afterEpisodes: readonly LoggedEpisode[],
): ComparedFigure | null {
  const before = estimate(beforeEpisodes, figure.name);
  const after = estimate(afterEpisodes, figure.name);
  if (before === null || after === null) return null;
  const gain = after.mean - before.mean;
  const error = Math.hypot(before.standardError, after.standardError);
  return { ...figure, before, after, gain, gainInErrors: error === 0 ? null : gain / error };
}

function comparePictures(
  before: readonly LoggedEpisode[],
  after: readonly LoggedEpisode[],
): ComparedPicture[] {
  const firsts = firstPictures(after);
  return [...firstPictures(before)].flatMap(([itemId, picture]) => {
    const later = firsts.get(itemId);
    return later === undefined ? [] : { itemId, before: picture, after: later };
  });
}

function firstPictures(episodes: readonly LoggedEpisode[]): Map<string, Picture> {
  const pictures = new Map<string, Picture>();
  for (const { itemId, turns } of [...episodes].sort((a, b) => a.episode - b.episode)) {
    const picture = (turns.at(-1) as TurnRecord | undefined)?.picture;
    if (picture !== undefined && !pictures.has(itemId)) pictures.set(itemId, picture);
  }
  return pictures;
}
