/**
 * Compares groups of runs at equal environment steps: curves with intervals over seeds, the last values, areas under the
 * curves, samples to a target, and what the differences amount to. docs/reports.md has the formulas.
 */
import { RunError } from '../errors.js';
import {
  type BootstrapOptions,
  differenceInterval,
  type Interval,
  meanInterval,
  smallestPValue,
} from '../statistics/bootstrap.js';
import { mean, median } from '../statistics/descriptive.js';
import {
  areaUnderCurve,
  commonGrid,
  interpolateOnto,
  samplesToThreshold,
  valueAt,
} from '../statistics/learning-curve.js';
import { improvementOverTasks } from '../statistics/probability-of-improvement.js';
import type { RunGroup } from './group-runs.js';
import type { ComparedRun } from './load-run.js';

/** A mean over seeds with its interval; null with a single seed. */
export interface OverSeeds {
  readonly mean: number;
  readonly interval: Interval | null;
}

/** A point of a group's curve. */
export interface BandPoint extends OverSeeds {
  readonly envSteps: number;
}

/** One run at the common number of environment steps. */
export interface RunFigures {
  readonly run: ComparedRun;
  readonly last: number;
  /** Area under its curve divided by the environment steps it is over: the mean height. */
  readonly height: number;
  /** Environment steps until the target; null when it was not reached, or there is none. */
  readonly toTarget: number | null;
}

export interface GroupFigures {
  readonly name: string;
  readonly runs: readonly RunFigures[];
  readonly last: OverSeeds;
  readonly height: OverSeeds;
  /** How many runs reached the target, and the median over all of them; infinite where half or more did not. Null without target. */
  readonly target: { readonly reached: number; readonly median: number } | null;
  /** Where all of its runs have values. */
  readonly curve: readonly BandPoint[];
}

/** `first` against `second`, by the last values. */
export interface Difference {
  readonly first: string;
  readonly second: string;
  readonly difference: OverSeeds;
  /** P(a run of the first is higher than one of the second). */
  readonly improvement: OverSeeds;
  /** `fewSeeds`: no outcome could show anything; `open`: the interval of the difference holds 0. */
  readonly verdict: 'higher' | 'lower' | 'open' | 'fewSeeds';
}

export interface ComparedGroups {
  readonly metric: string;
  readonly confidence: number;
  readonly target: number | null;
  /** Environment steps that all curves cover. */
  readonly from: number;
  readonly to: number;
  readonly groups: readonly GroupFigures[];
  /** Every pair, in the order of the groups. */
  readonly differences: readonly Difference[];
}

export interface CompareOptions {
  readonly metric: string;
  /** In (0, 1). */
  readonly confidence: number;
  /** Value to reach; null when there is none. */
  readonly target: number | null;
}

/** Points of a curve at most, and resamples for each of their intervals. */
const MOST_POINTS = 120;
const CURVE_RESAMPLES = 2000;

/** @throws RunError when the runs have no environment steps in common */
export function compareGroups(groups: readonly RunGroup[], options: CompareOptions): ComparedGroups {
  const grid = commonGrid(groups.flatMap(({ runs }) => runs.map(({ curve }) => curve)));
  const [from, to] = [grid[0], grid.at(-1)];
  if (from === undefined || to === undefined) throw new RunError(nothingInCommon(groups, options.metric));
  const bootstrap = { confidence: options.confidence };
  const figures = groups.map((group) => groupFigures(group, { ...options, from, to }, bootstrap));
  const differences = figures.flatMap((first, index) =>
    figures.slice(index + 1).map((second) => differenceOf(first, second, bootstrap)),
  );
  return { ...options, from, to, groups: figures, differences };
}

function nothingInCommon(groups: readonly RunGroup[], metric: string): string {
  const runs = groups.flatMap((group) => group.runs);
  const spans = runs.map(({ name, curve }) => {
    const [first, last] = [curve[0]?.envSteps ?? 0, curve.at(-1)?.envSteps ?? 0];
    return `  - ${name}: ${first.toLocaleString('en-US')} to ${last.toLocaleString('en-US')}`;
  });
  return (
    `No number of environment steps has a value of ${metric} in all of these runs:\n${spans.join('\n')}\n` +
    'Compare runs of like length, or leave out the one that has only begun.'
  );
}

function groupFigures(
  { name, runs }: RunGroup,
  { from, to, target }: CompareOptions & { readonly from: number; readonly to: number },
  bootstrap: BootstrapOptions,
): GroupFigures {
  const figures = runs.map((run): RunFigures => {
    const last = valueAt(run.curve, to) as number;
    const area = areaUnderCurve(run.curve, from, to);
    return {
      run,
      last,
      height: area === null ? last : area / (to - from),
      toTarget: target === null ? null : samplesToThreshold(run.curve, target),
    };
  });
  const overSeeds = (values: readonly number[]): OverSeeds => ({
    mean: mean(values),
    interval: meanInterval([values], bootstrap),
  });
  return {
    ...{ name, runs: figures, curve: bandOf(runs, bootstrap) },
    last: overSeeds(figures.map(({ last }) => last)),
    height: overSeeds(figures.map(({ height }) => height)),
    target: target === null ? null : samplesOverSeeds(figures),
  };
}

/** A run that did not reach the target would have needed more than it had: it counts as infinite. */
function samplesOverSeeds(figures: readonly RunFigures[]): { reached: number; median: number } {
  const samples = figures.map(({ toTarget }) => toTarget ?? Number.POSITIVE_INFINITY);
  return { reached: samples.filter(Number.isFinite).length, median: median(samples) };
}

function bandOf(runs: readonly ComparedRun[], bootstrap: BootstrapOptions): BandPoint[] {
  const grid = commonGrid(
    runs.map(({ curve }) => curve),
    MOST_POINTS,
  );
  const curves = runs.map(({ curve }) => interpolateOnto(curve, grid) as number[]);
  return grid.map((envSteps, index) => {
    const values = curves.map((curve) => curve[index] as number);
    const interval = meanInterval([values], { ...bootstrap, resamples: CURVE_RESAMPLES });
    return { envSteps, mean: mean(values), interval };
  });
}

function differenceOf(first: GroupFigures, second: GroupFigures, bootstrap: BootstrapOptions): Difference {
  const [x, y] = [first, second].map(({ runs }) => runs.map(({ last }) => last)) as [number[], number[]];
  const difference = { mean: mean(x) - mean(y), interval: differenceInterval([x], [y], bootstrap) };
  const improvement = improvementOverTasks([x], [y], bootstrap);
  return {
    ...{ first: first.name, second: second.name, difference },
    improvement: { mean: improvement.probability, interval: improvement.interval },
    verdict: verdictOf(difference, x.length, y.length, bootstrap.confidence as number),
  };
}

function verdictOf(
  { interval }: OverSeeds,
  runsOfFirst: number,
  runsOfSecond: number,
  confidence: number,
): Difference['verdict'] {
  // The margin is for rounding: 1 - 0.95 is a little more than 0.05.
  const possible = smallestPValue(runsOfFirst, runsOfSecond) <= 1 - confidence + 1e-9;
  if (interval === null || !possible) return 'fewSeeds';
  if (interval.low <= 0 && interval.high >= 0) return 'open';
  return interval.low > 0 ? 'higher' : 'lower';
}

/** Seeds that each of two groups would need before any outcome can show a difference. */
export function seedsNeeded(confidence: number): number {
  let seeds = 2;
  while (smallestPValue(seeds, seeds) > 1 - confidence + 1e-9) seeds++;
  return seeds;
}
