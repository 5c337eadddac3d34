import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectClose, rewards } from '../../test/arbitraries.js';
import { qAdvantages } from './q-baselines.js';

describe('advantages from Q values (spec 2.4)', () => {
  it('by hand', () => {
    // Mean 3; the others' means are 4, 3.5, 1.5.
    expectClose(qAdvantages([1, 2, 6], 'mean'), [-2, -1, 3]);
    expectClose(qAdvantages([1, 2, 6], 'loo'), [-3, -1.5, 4.5]);
    expectClose(qAdvantages([1, 2, 6], 'counterfactual'), [-3, -1.5, 4.5]);
  });

  it('the baseline of a value does not contain it, but for the mean, which is (K-1)/K of that', () => {
    fc.assert(
      fc.property(rewards(2), (values) => {
        const K = values.length;
        const total = values.reduce((sum, value) => sum + value, 0);
        const others = values.map((value) => value - (total - value) / (K - 1));
        expectClose(qAdvantages(values, 'loo'), others);
        expectClose(qAdvantages(values, 'counterfactual'), others);
        expectClose(
          qAdvantages(values, 'mean'),
          others.map((value) => ((K - 1) / K) * value),
        );
      }),
    );
  });

  it('refuses a value with nothing to compare it with', () => {
    expect(() => qAdvantages([1], 'loo')).toThrow(/at least two samples/);
  });
});
