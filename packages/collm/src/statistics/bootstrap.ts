/**
 * Percentile bootstrap intervals (Efron 1979), stratified over tasks as in Agarwal et al. 2021, "Deep Reinforcement
 * Learning at the Edge of the Statistical Precipice", section 4.1: within every task as many runs are drawn, with
 * replacement, as there are, and the statistic is computed again, many times; the interval holds the middle of what
 * comes out.
 *
 * Such intervals are too narrow when there are few runs: docs/reports.md has how often they hold the truth.
 */
import { mean, quantile } from './descriptive.js';
import { seededIndices } from './random.js';

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  /** How often to resample, >= 1. Default 10,000. */
  readonly resamples?: number;
  /** Share of the resampled statistics that the interval holds, in (0, 1). Default 0.95. */
  readonly confidence?: number;
  /** A whole number, 0 to 2^32 - 1. Equal seeds give equal intervals. Default 1. */
  readonly seed?: number;
}

/**
 * Scores by group: a group holds those of independent runs of one task. Groups are resampled each for itself
 * (stratified), so that every task counts alike however many runs it has.
 */
export type Strata = readonly (readonly number[])[];

/**
 * Percentile interval of any statistic of grouped scores.
 *
 * @param statistic of the resampled groups, which it must not keep: they are overwritten
 * @returns null when a group has fewer than 2 scores: nothing says how much such a group varies
 */
export function bootstrapInterval(
  strata: Strata,
  statistic: (strata: readonly ArrayLike<number>[]) => number,
  options: BootstrapOptions = {},
): Interval | null {
  if (strata.length === 0 || strata.some((group) => group.length < 2)) return null;
  const { resamples = 10_000, confidence = 0.95, seed = 1 } = options;
  const draw = seededIndices(seed);
  const sources = strata.map((group) => Float64Array.from(group));
  const resampled = sources.map((group) => new Float64Array(group.length));
  const statistics = new Float64Array(resamples);
  for (let round = 0; round < resamples; round++) {
    for (let index = 0; index < sources.length; index++) {
      const [source, group] = [sources[index] as Float64Array, resampled[index] as Float64Array];
      for (let at = 0; at < group.length; at++) group[at] = source[draw(source.length)] as number;
    }
    statistics[round] = statistic(resampled);
  }
  statistics.sort();
  const tail = (1 - confidence) / 2;
  return { low: quantile(statistics, tail), high: quantile(statistics, 1 - tail) };
}

/** Mean over tasks of the mean over their runs; every task counts alike. */
export function stratifiedMean(strata: readonly ArrayLike<number>[]): number {
  return meanOfMeans(strata, 0, strata.length);
}

/** Of the groups from the first place to before the last; without copies, as it is computed for every resample. */
function meanOfMeans(strata: readonly ArrayLike<number>[], from: number, to: number): number {
  let sum = 0;
  for (let index = from; index < to; index++) sum += mean(strata[index] as ArrayLike<number>);
  return sum / (to - from);
}

/** Interval of `stratifiedMean`; for runs of one task give one group. */
export function meanInterval(strata: Strata, options?: BootstrapOptions): Interval | null {
  return bootstrapInterval(strata, stratifiedMean, options);
}

/**
 * Interval of `stratifiedMean(x) - stratifiedMean(y)`; the runs of x and y are drawn independently.
 *
 * @param x groups of the one method by task
 * @param y those of the other
 */
export function differenceInterval(x: Strata, y: Strata, options?: BootstrapOptions): Interval | null {
  const difference = (strata: readonly ArrayLike<number>[]) =>
    meanOfMeans(strata, 0, x.length) - meanOfMeans(strata, x.length, strata.length);
  return x.length === 0 || y.length === 0 ? null : bootstrapInterval([...x, ...y], difference, options);
}

/**
 * Smallest two-sided p-value that a permutation test can give with so many runs: 2 / C(n + m, n), as all of one method
 * above all of the other is the clearest outcome there is. Where it is above 1 - confidence, no outcome supports a
 * statement at that confidence: 3 runs against 3 give 0.1, 4 against 4 give 0.029.
 */
export function smallestPValue(runsOfX: number, runsOfY: number): number {
  let ways = 1;
  for (let k = 1; k <= runsOfX; k++) ways = (ways * (runsOfY + k)) / k;
  return Math.min(1, 2 / ways);
}
