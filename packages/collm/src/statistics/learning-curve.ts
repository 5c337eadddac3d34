/** Figures of learning curves over environment steps, and curves of several runs on one grid. */

/** A point of a learning curve. */
export interface CurvePoint {
  /** Joint transitions scored since the start of training, >= 0: the budget to compare methods at. */
  readonly envSteps: number;
  readonly value: number;
}

/** Points with ascending `envSteps`, none twice. */
export type LearningCurve = readonly CurvePoint[];

/** Points in any order; of several at one number of environment steps the last counts. */
export function learningCurve(points: readonly CurvePoint[]): LearningCurve {
  const values = new Map(points.map(({ envSteps, value }) => [envSteps, value]));
  return [...values]
    .map(([envSteps, value]) => ({ envSteps, value }))
    .sort((a, b) => a.envSteps - b.envSteps);
}

/** The curve at a number of environment steps, linear between its points; null outside of them. */
export function valueAt(curve: LearningCurve, envSteps: number): number | null {
  const next = curve.findIndex((point) => point.envSteps >= envSteps);
  const above = curve[next];
  if (above === undefined) return null;
  if (above.envSteps === envSteps) return above.value;
  const below = curve[next - 1];
  if (below === undefined) return null;
  const share = (envSteps - below.envSteps) / (above.envSteps - below.envSteps);
  return below.value + share * (above.value - below.value);
}

/** The curve at every place of a grid; null where it has not begun or is over. */
export function interpolateOnto(curve: LearningCurve, grid: readonly number[]): (number | null)[] {
  return grid.map((envSteps) => valueAt(curve, envSteps));
}

/**
 * Environment steps that all curves cover: every point of any of them from the latest start to the earliest end, and
 * evenly chosen ones with both ends where these are more than `most`. Empty when the curves have nothing in common.
 */
export function commonGrid(curves: readonly LearningCurve[], most = 400): number[] {
  if (curves.length === 0 || curves.some((curve) => curve.length === 0)) return [];
  const from = Math.max(...curves.map((curve) => (curve[0] as CurvePoint).envSteps));
  const to = Math.min(...curves.map((curve) => (curve.at(-1) as CurvePoint).envSteps));
  const places = new Set(curves.flatMap((curve) => curve.map(({ envSteps }) => envSteps)));
  const grid = [...places.add(from).add(to)]
    .filter((place) => place >= from && place <= to)
    .sort((a, b) => a - b);
  return thinned(grid, most);
}

/** At most so many of a list, evenly chosen, with both ends. */
export function thinned<Value>(values: readonly Value[], most: number): Value[] {
  if (values.length <= most) return [...values];
  return Array.from(
    { length: most },
    (_, index) => values[Math.round((index * (values.length - 1)) / (most - 1))] as Value,
  );
}

/**
 * Area under a curve by the trapezoid rule, in units of its values times environment steps. Divided by `to - from` it is
 * the mean height. Null when the curve does not cover the range, or the range is empty.
 */
export function areaUnderCurve(curve: LearningCurve, from: number, to: number): number | null {
  const [first, last] = [valueAt(curve, from), valueAt(curve, to)];
  if (first === null || last === null || !(from < to)) return null;
  const inside = curve.filter(({ envSteps }) => envSteps > from && envSteps < to);
  const points = [{ envSteps: from, value: first }, ...inside, { envSteps: to, value: last }];
  let area = 0;
  for (let index = 1; index < points.length; index++) {
    const [left, right] = [points[index - 1] as CurvePoint, points[index] as CurvePoint];
    area += ((left.value + right.value) / 2) * (right.envSteps - left.envSteps);
  }
  return area;
}

/**
 * Environment steps at the first point that reaches a threshold; null when none does. Not interpolated: what lies
 * between two evaluations was not measured.
 */
export function samplesToThreshold(curve: LearningCurve, threshold: number): number | null {
  return curve.find(({ value }) => value >= threshold)?.envSteps ?? null;
}

/**
 * Environment steps at which a curve, straight between its points, first reaches a threshold; null when it never does.
 * Unlike `samplesToThreshold` it does not depend on where evaluations happen to lie: methods whose steps are of other sizes
 * are evaluated at other places.
 */
export function thresholdCrossing(curve: LearningCurve, threshold: number): number | null {
  const at = curve.findIndex(({ value }) => value >= threshold);
  const [below, above] = [curve[at - 1], curve[at]];
  if (above === undefined) return null;
  if (below === undefined) return above.envSteps;
  const share = (threshold - below.value) / (above.value - below.value);
  return below.envSteps + share * (above.envSteps - below.envSteps);
}
