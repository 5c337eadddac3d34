/** Gradients as sparse vectors over all logits of all agents; what is absent is 0. */
export type Vector = ReadonlyMap<string, number>;

/** A value of something random, and how likely it is. */
export interface Chance<T> {
  readonly probability: number;
  readonly value: T;
}

/** Σ c_k v_k */
export function combine(terms: Iterable<readonly [coefficient: number, vector: Vector]>): Vector {
  const sum = new Map<string, number>();
  for (const [coefficient, vector] of terms)
    for (const [key, value] of vector) sum.set(key, (sum.get(key) ?? 0) + coefficient * value);
  return sum;
}

export const scale = (factor: number, vector: Vector): Vector => combine([[factor, vector]]);

export const squaredNorm = (vector: Vector): number =>
  [...vector.values()].reduce((sum, value) => sum + value * value, 0);

/** |a - b|∞ */
export function distance(a: Vector, b: Vector): number {
  const difference = combine([
    [1, a],
    [-1, b],
  ]);
  return Math.max(0, ...[...difference.values()].map(Math.abs));
}

/** E[v] */
export const expectation = (chances: readonly Chance<Vector>[]): Vector =>
  combine(chances.map(({ probability, value }) => [probability, value]));

/** E|v - E v|², the sum of the variances of all components. */
export function totalVariance(chances: readonly Chance<Vector>[]): number {
  const squares = chances.reduce((sum, { probability, value }) => sum + probability * squaredNorm(value), 0);
  return squares - squaredNorm(expectation(chances));
}

/** E[x] */
export const mean = (chances: readonly Chance<number>[]): number =>
  chances.reduce((sum, { probability, value }) => sum + probability * value, 0);

/** E(x - E x)² */
export function variance(chances: readonly Chance<number>[]): number {
  const centre = mean(chances);
  return chances.reduce((sum, { probability, value }) => sum + probability * (value - centre) ** 2, 0);
}
