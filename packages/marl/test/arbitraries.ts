/** Random inputs of property tests of credit assignment. */
import fc from 'fast-check';
import { expect } from 'vitest';

/** Without -0, which sums turn into 0. */
export const reward = fc.double({ min: -10, max: 10, noNaN: true }).map((value) => value + 0);

export const rewards = (minLength: number, maxLength = 8) => fc.array(reward, { minLength, maxLength });

/** In [0, 1]: discounts and λ. */
export const unit = fc.double({ min: 0, max: 1, noNaN: true });

/** To nine decimals, number by number. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual).toHaveLength(expected.length);
  Array.from(actual).forEach((value, index) => {
    expect(value).toBeCloseTo(expected[index] as number, 9);
  });
}
