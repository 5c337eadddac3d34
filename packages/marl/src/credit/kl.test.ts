import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rewards } from '../../test/arbitraries.js';
import { klEstimate, klToGo } from './kl.js';

describe('estimates of a divergence from one response (P13)', () => {
  // d = reference - policy = 1, -2: k1 = -(1 - 2) = 1; k3 = (e - 2) + (e^-2 + 1).
  const policy = [-1, -1];
  const reference = [0, -3];

  it('by hand', () => {
    expect(klEstimate('k1', policy, reference)).toBe(1);
    expect(klEstimate('k3', policy, reference)).toBeCloseTo(Math.E - 2 + Math.exp(-2) + 1, 12);
  });

  it('are 0 for identical models, and k3 is never negative', () => {
    fc.assert(
      fc.property(rewards(0), rewards(8), (own, other) => {
        expect(Math.abs(klEstimate('k1', own, own))).toBe(0);
        expect(klEstimate('k3', own, own)).toBe(0);
        expect(klEstimate('k3', own, other)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('both have KL(policy || reference) as their mean over what the policy samples', () => {
    fc.assert(
      fc.property(rewards(4, 4), rewards(4, 4), (logits, others) => {
        const p = logSoftmax(logits);
        const q = logSoftmax(others);
        const mean = (value: (token: number) => number) =>
          p.reduce((sum, logProb, token) => sum + Math.exp(logProb) * value(token), 0);
        const exact = mean((token) => (p[token] as number) - (q[token] as number));
        for (const estimator of ['k1', 'k3'] as const) {
          const estimate = (token: number) =>
            klEstimate(estimator, [p[token] as number], [q[token] as number]);
          expect(mean(estimate)).toBeCloseTo(exact, 8);
        }
      }),
    );
  });

  it('to go: from each token to the end, all of k1 at the first', () => {
    expect([...klToGo(policy, reference)]).toEqual([1, 2]);
    expect(klToGo([], [])).toHaveLength(0);
  });
});

function logSoftmax(logits: readonly number[]): number[] {
  const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  return logits.map((logit) => logit - total);
}
