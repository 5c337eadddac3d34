/**
 * Compares groups of runs at equal environment steps: curves with intervals over seeds, the last values, areas under the
 * curves, samples to a target, and what the differences amount to. docs/reports.md has the formulas.
 */
import { RunError } from '../errors.js';
import type { BootstrapOptions } from '../statistics/bootstrap.js';
import { median } from '../statistics/descriptive.js';
import { areaUnderCurve, commonGrid, samplesToThreshold, valueAt } from '../statistics/learning-curve.js';
import {
  type BandPoint,
  differenceOverSeeds,
  meanCurve,
  type OverSeeds,
  overSeeds,
  type PairDifference,
} from '../statistics/over-seeds.js';
import type { RunGroup } from './group-runs.js';
import type { ComparedRun } from './load-run.js';

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

export interface ComparedGroups {
  readonly metric: string;
  readonly confidence: number;
  readonly target: number | null;
  /** Environment steps that all curves cover. */
  readonly from: number;
  readonly to: number;
  readonly groups: readonly GroupFigures[];
  /** Every pair by its last values, in the order of the groups. */
  readonly differences: readonly PairDifference[];
}

export interface CompareOptions {
  readonly metric: string;
  /** In (0, 1). */
  readonly confidence: number;
  /** Value to reach; null when there is none. */
  readonly target: number | null;
}

/** Points of a curve at most. */
const MOST_POINTS = 120;

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
  const curves = runs.map(({ curve }) => curve);
  return {
    ...{ name, runs: figures, curve: meanCurve(curves, commonGrid(curves, MOST_POINTS), bootstrap) },
    last: overSeeds(
      figures.map(({ last }) => last),
      bootstrap,
    ),
    height: overSeeds(
      figures.map(({ height }) => height),
      bootstrap,
    ),
    target: target === null ? null : samplesOverSeeds(figures),
  };
}

/** A run that did not reach the target would have needed more than it had: it counts as infinite. */
function samplesOverSeeds(figures: readonly RunFigures[]): { reached: number; median: number } {
  const samples = figures.map(({ toTarget }) => toTarget ?? Number.POSITIVE_INFINITY);
  return { reached: samples.filter(Number.isFinite).length, median: median(samples) };
}

function differenceOf(
  first: GroupFigures,
  second: GroupFigures,
  bootstrap: BootstrapOptions,
): PairDifference {
  const [x, y] = [first, second].map(({ runs }) => runs.map(({ last }) => last)) as [number[], number[]];
  return { first: first.name, second: second.name, ...differenceOverSeeds(x, y, bootstrap) };
}
