import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rewards } from '../../test/arbitraries.js';
import { nextFactor } from './sequential-factor.js';

describe('the factor of sequential updates (P16)', () => {
  const wide = [1e-12, 1e12] as const;

  it('is multiplied by how much likelier a response has become, over all its tokens', () => {
    // e^(0.2 - 0.5) = 0.741 of 2.
    expect(nextFactor(2, [-0.8, -1.5], [-1, -1], wide)).toBeCloseTo(2 * Math.exp(-0.3), 12);
    expect(nextFactor(2, [], [], wide)).toBe(2);
  });

  it('is cut to its range, and the log-ratio to ±20 before', () => {
    expect(nextFactor(1, [0], [-1], [0.1, 2])).toBe(2);
    expect(nextFactor(1, [-5], [-1], [0.1, 2])).toBe(0.1);
    expect(nextFactor(1, [0], [-100], wide)).toBeCloseTo(Math.exp(20), 3);
    expect(nextFactor(1, [-1e4], [0], wide)).toBeCloseTo(Math.exp(-20), 15);
  });

  it('without a cut it is the product of the ratios, in any order of the agents', () => {
    fc.assert(
      fc.property(fc.array(rewards(1, 3), { minLength: 2, maxLength: 4 }), (logRatios) => {
        const small = logRatios.map((own) => own.map((value) => value / 10));
        const product = (order: readonly number[][]) =>
          order.reduce(
            (factor, own) =>
              nextFactor(
                factor,
                own,
                own.map(() => 0),
                wide,
              ),
            1,
          );
        const sum = small.flat().reduce((total, value) => total + value, 0);
        expect(Math.log(product(small))).toBeCloseTo(sum, 9);
        expect(product([...small].reverse())).toBeCloseTo(product(small), 6);
      }),
    );
  });
});
