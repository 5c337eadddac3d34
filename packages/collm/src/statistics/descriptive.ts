/** Means and quantiles. Nothing here knows of runs or agents. */

/** Arithmetic mean; NaN for an empty list. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index] as number;
  return sum / values.length;
}

/**
 * Quantile with linear interpolation between order statistics (type 7, the default of NumPy and R).
 *
 * @param sorted ascending, at least one value
 * @param share 0 to 1
 */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  // Infinities must not be taken from each other.
  return position === below || low === high ? low : low + (position - below) * (high - low);
}

/** Middle value, the mean of the two middle ones of an even count; infinities are fine. NaN for an empty list. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  return quantile(Float64Array.from(values).sort(), 0.5);
}

/**
 * Interquartile mean: the mean without the lowest and the highest quarter, floor(n / 4) values at each end. Less moved by
 * single runs than the mean, and less wasteful than the median (Agarwal et al. 2021, section 4.3; they pool the scores
 * of all runs and tasks, so do that before). With fewer than 4 values it is the mean; NaN for an empty list.
 */
export function interquartileMean(values: ArrayLike<number>): number {
  const sorted = Float64Array.from(values).sort();
  const cut = Math.floor(sorted.length / 4);
  return mean(sorted.subarray(cut, sorted.length - cut));
}
