/** Figures of a method over its seeds: means, bands and differences, each with its bootstrap interval. */
import {
  type BootstrapOptions,
  differenceInterval,
  type Interval,
  meanInterval,
  smallestPValue,
} from './bootstrap.js';
import { mean } from './descriptive.js';
import { interpolateOnto, type LearningCurve } from './learning-curve.js';
import { improvementOverTasks } from './probability-of-improvement.js';

/** A mean over seeds with its interval; null with a single seed. */
export interface OverSeeds {
  readonly mean: number;
  readonly interval: Interval | null;
}

/** A point of a mean curve. */
export interface BandPoint extends OverSeeds {
  readonly envSteps: number;
}

/** The values of one method against those of another. */
export interface SeedDifference {
  /** Mean of the first less mean of the second. */
  readonly difference: OverSeeds;
  /** P(a run of the first is higher than one of the second). */
  readonly improvement: OverSeeds;
  /** `fewSeeds`: no outcome could show anything; `open`: the interval of the difference holds 0. */
  readonly verdict: 'higher' | 'lower' | 'open' | 'fewSeeds';
}

/** Such a difference of two methods, or groups of runs, by their names. */
export interface PairDifference extends SeedDifference {
  readonly first: string;
  readonly second: string;
}

/** The share that an interval holds where nothing else is said. */
const CONFIDENCE = 0.95;
/** Resamples for each interval of a band, of which there are many. */
const BAND_RESAMPLES = 2000;

/** @param values one per seed, at least one */
export function overSeeds(values: readonly number[], options?: BootstrapOptions): OverSeeds {
  return { mean: mean(values), interval: meanInterval([values], options) };
}

/**
 * The mean of several curves.
 *
 * @param grid environment steps, ascending, all within every curve, such as `commonGrid` has them
 */
export function meanCurve(
  curves: readonly LearningCurve[],
  grid: readonly number[],
  options?: BootstrapOptions,
): BandPoint[] {
  const columns = curves.map((curve) => interpolateOnto(curve, grid) as number[]);
  return grid.map((envSteps, index) => {
    const values = columns.map((column) => column[index] as number);
    return { envSteps, ...overSeeds(values, { resamples: BAND_RESAMPLES, ...options }) };
  });
}

/** @param x values of the first, one per seed, at least one; `y` those of the second */
export function differenceOverSeeds(
  x: readonly number[],
  y: readonly number[],
  options: BootstrapOptions = {},
): SeedDifference {
  const difference = { mean: mean(x) - mean(y), interval: differenceInterval([x], [y], options) };
  const { probability, interval } = improvementOverTasks([x], [y], options);
  return {
    difference,
    improvement: { mean: probability, interval },
    verdict: verdictOf(difference, enoughSeeds(x.length, y.length, options.confidence)),
  };
}

function verdictOf({ interval }: OverSeeds, enough: boolean): SeedDifference['verdict'] {
  if (interval === null || !enough) return 'fewSeeds';
  if (interval.low <= 0 && interval.high >= 0) return 'open';
  return interval.low > 0 ? 'higher' : 'lower';
}

/** Whether the clearest outcome of so many runs would show a difference. */
export function enoughSeeds(ofFirst: number, ofSecond: number, confidence = CONFIDENCE): boolean {
  // The margin is for rounding: 1 - 0.95 is a little more than 0.05.
  return smallestPValue(ofFirst, ofSecond) <= 1 - confidence + 1e-9;
}

/** Seeds that each of two groups would need before any outcome can show a difference. */
export function seedsNeeded(confidence = CONFIDENCE): number {
  let seeds = 2;
  while (!enoughSeeds(seeds, seeds, confidence)) seeds++;
  return seeds;
}
