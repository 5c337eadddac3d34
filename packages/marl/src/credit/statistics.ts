/** Arithmetic mean; NaN for an empty list. */
export function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Population variance (divides by the count); NaN for an empty list. */
export function populationVariance(values: readonly number[]): number {
  const centre = mean(values);
  return mean(values.map((value) => (value - centre) ** 2));
}

/** Unbiased variance (divides by count - 1); 0 for fewer than two values. */
export function sampleVariance(values: readonly number[]): number {
  if (values.length < 2) return 0;
  return (populationVariance(values) * values.length) / (values.length - 1);
}

/** Standard error of the mean from the sample variance (divides by count - 1); 0 for fewer than two values. */
export function standardError(values: readonly number[]): number {
  if (values.length < 2) return 0;
  return Math.sqrt(populationVariance(values) / (values.length - 1));
}
