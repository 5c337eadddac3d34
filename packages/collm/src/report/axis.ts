/** Round marks of an axis and their labels. */

export interface Axis {
  readonly low: number;
  readonly high: number;
  /** Ascending, all from `low` to `high`. */
  readonly marks: readonly number[];
}

/** Beyond these the width of an axis would be no number any more. */
const LARGEST = 1e300;

/** An axis that holds all values, with about so many marks at 1, 2 or 5 times a power of ten. */
export function axisOver(values: readonly number[], about: number, options: { whole?: boolean } = {}): Axis {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    const within = Math.min(LARGEST, Math.max(-LARGEST, value));
    low = Math.min(low, within);
    high = Math.max(high, within);
  }
  if (values.length === 0) [low, high] = [0, 1];
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (high - low <= 1e-12 * size || size < 1 / LARGEST) {
    // One value alone stands in the middle.
    const around = size < 1 / LARGEST ? 1 : 0.5 * size;
    [low, high] = [low - around, high + around];
  }
  const power = 10 ** Math.ceil(Math.log10(high - low));
  const steps = [1, 0.5, 0.2, 0.1, 0.05, 0.02].map((share) => share * power);
  const step = steps.find((size) => (high - low) / size >= about - 1) ?? power / 50;
  const between = options.whole ? Math.max(1, step) : step;
  const first = Math.ceil(low / between - 1e-9);
  const last = Math.floor(high / between + 1e-9);
  const marks = Array.from(
    { length: Math.max(0, last - first + 1) },
    (_, index) => (first + index) * between,
  );
  return { low, high, marks };
}

/** As many digits as it takes, thousands apart: `0.0005`, `-0.2`, `12,000`. */
export function markLabel(value: number): string {
  if (value !== 0 && (Math.abs(value) < 1e-4 || Math.abs(value) >= 1e9)) return value.toExponential(1);
  return Number(value.toPrecision(6)).toLocaleString('en-US', { maximumSignificantDigits: 6 });
}
