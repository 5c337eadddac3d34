/** Before and after training, from the evaluation episodes that a run has logged. */
import type { Picture } from '@collm/envs';
import type { Interval } from '../statistics/bootstrap.js';
import { changeInterval, type Estimate, type Evaluated, estimate, gatherEvaluation } from './evaluated.js';
import { type Figure, figures } from './figures.js';
import { evaluationsByStep, type RunData } from './run-data.js';

/** Items whose pictures a comparison keeps. */
const MOST_PICTURES = 12;

export interface ComparedFigure extends Figure {
  readonly before: Estimate;
  readonly after: Estimate;
  /** after - before. */
  readonly gain: number;
  /** 95 % interval of the gain; null when there is a single episode. */
  readonly interval: Interval | null;
  /** What the interval shows; `open` when it holds 0, or there is none. */
  readonly verdict: 'better' | 'worse' | 'open';
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
  /** The first episode of every item, at its last turn; of so many items at most. */
  readonly pictures: readonly ComparedPicture[];
  /** Episodes of the two evaluations that failed: they are in no figure. */
  readonly failed: number;
}

/** The first evaluation against the last; null unless there are two. */
export function compareEnds({ episodes, read }: Pick<RunData, 'episodes' | 'read'>): Comparison | null {
  const bySteps = [...evaluationsByStep(episodes)];
  const [first, last] = [bySteps[0], bySteps.at(-1)];
  if (first === undefined || last === undefined || first === last) return null;
  const [before, after] = [first, last].map(([step, entries]) =>
    gatherEvaluation(step, read(entries), MOST_PICTURES),
  ) as [Evaluated, Evaluated];
  return compareEvaluations(before, after);
}

/** Two evaluations of one team. */
function compareEvaluations(before: Evaluated, after: Evaluated): Comparison {
  return {
    beforeStep: before.step,
    afterStep: after.step,
    figures: figures.flatMap((figure) => compare(figure, before, after) ?? []),
    pictures: [...before.pictures].flatMap(([itemId, picture]) => {
      const later = after.pictures.get(itemId);
      return later === undefined ? [] : { itemId, before: picture, after: later };
    }),
    failed: before.failed + after.failed,
  };
}

function compare(figure: Figure, old: Evaluated, fresh: Evaluated): ComparedFigure | null {
  const before = estimate(old, figure.name);
  const after = estimate(fresh, figure.name);
  if (before === null || after === null) return null;
  const gain = after.mean - before.mean;
  const interval = changeInterval(old, fresh, figure.name);
  return { ...figure, before, after, gain, interval, verdict: verdictOf(figure, interval) };
}

function verdictOf({ better }: Figure, interval: Interval | null): ComparedFigure['verdict'] {
  if (interval === null || (interval.low <= 0 && interval.high >= 0)) return 'open';
  return interval.low > 0 === (better === 'higher') ? 'better' : 'worse';
}
