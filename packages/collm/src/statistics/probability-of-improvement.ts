/** How likely one method's run is better than the other's (Agarwal et al. 2021, section 4.3, "probability of improvement"). */
import { type BootstrapOptions, bootstrapInterval, type Interval, type Strata } from './bootstrap.js';

/**
 * P(X > Y) of one task: the share of pairs of a run of x and a run of y in which x is higher, ties counting half. It is
 * the Mann-Whitney statistic U / (n m). 0.5: no difference; NaN when either list is empty.
 */
export function probabilityOfImprovement(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let wins = 0;
  for (let i = 0; i < x.length; i++) {
    const own = x[i] as number;
    for (let j = 0; j < y.length; j++) {
      const other = y[j] as number;
      if (own > other) wins += 1;
      else if (own === other) wins += 0.5;
    }
  }
  return wins / (x.length * y.length);
}

/**
 * The mean over tasks of P(X > Y), with the interval of a stratified bootstrap; `interval` is null where a task has a
 * single run of either method.
 *
 * @param x groups of the one method by task
 * @param y groups of the other, in the same order of tasks
 * @throws RangeError when they are not of equally many tasks
 */
export function improvementOverTasks(
  x: Strata,
  y: Strata,
  options?: BootstrapOptions,
): { readonly probability: number; readonly interval: Interval | null } {
  if (x.length !== y.length || x.length === 0) {
    throw new RangeError(
      `There are ${x.length} tasks of one method and ${y.length} of the other. Give both the same.`,
    );
  }
  const statistic = (strata: readonly ArrayLike<number>[]) => {
    let sum = 0;
    for (let task = 0; task < x.length; task++) {
      sum += probabilityOfImprovement(
        strata[task] as ArrayLike<number>,
        strata[x.length + task] as ArrayLike<number>,
      );
    }
    return sum / x.length;
  };
  const all = [...x, ...y];
  return { probability: statistic(all), interval: bootstrapInterval(all, statistic, options) };
}
