import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectClose, reward, rewards } from '../../test/arbitraries.js';
import { groupAdvantages } from './group-advantages.js';
import { meanAdvantage, normalise, normaliseWithin, scaleAdvantages } from './normalisation.js';

describe('normalisation (P5)', () => {
  it('uses the population standard deviation', () => {
    // 2, 4, 4, 4, 5, 5, 7, 9 has mean 5 and population standard deviation 2.
    expectClose(normalise([2, 4, 4, 4, 5, 5, 7, 9]), [-1.5, -0.5, -0.5, -0.5, 0, 0, 1, 2]);
  });

  it('leaves sets of one or none alone', () => {
    expect(normalise([])).toEqual([]);
    expect(normalise([3])).toEqual([3]);
  });

  it('turns a constant set into exact zeros', () => {
    fc.assert(
      fc.property(reward, fc.integer({ min: 2, max: 9 }), (value, size) => {
        expect(normalise(new Array<number>(size).fill(value))).toEqual(new Array<number>(size).fill(0));
      }),
    );
  });

  it('turns two different values into plus and minus one', () => {
    fc.assert(
      fc.property(reward, fc.double({ min: 0.01, max: 10, noNaN: true }), (low, gap) => {
        expectClose(normalise([low, low + gap]), [-1, 1]);
      }),
    );
  });

  it('makes the four baselines one algorithm, which is why it is refused for them (D4)', () => {
    fc.assert(
      fc.property(rewards(2), (returns) => {
        fc.pre(Math.max(...returns) - Math.min(...returns) > 0.1);
        const expected = normalise(returns);
        for (const mode of ['mean', 'rloo', 'max'] as const) {
          expectClose(normalise(groupAdvantages(returns, mode)), expected);
        }
      }),
    );
  });

  it('is not changed by counting every transition once per agent', () => {
    fc.assert(
      fc.property(rewards(2), fc.integer({ min: 2, max: 4 }), (advantages, numAgents) => {
        fc.pre(Math.max(...advantages) - Math.min(...advantages) > 0.1);
        const copies = Array.from({ length: numAgents }, () => advantages).flat();
        expectClose(normalise(copies).slice(0, advantages.length), normalise(advantages));
      }),
    );
  });

  it('normalises each group by itself', () => {
    expectClose(normaliseWithin([1, 10, 3, 10, 8], [0, 1, 0, 1, 2]), [-1, 0, 1, 0, 8]);
  });

  it('cuts after normalising', () => {
    // Mean 0, standard deviation 5: -1.4, -0.2, 0.2, 1.4.
    expectClose(scaleAdvantages([-7, -1, 1, 7], [0, 0, 0, 0], 1) as number[], [-1, -0.2, 0.2, 1]);
    expect(scaleAdvantages([-7, -1, 1, 7], null, 2)).toEqual([-2, -1, 1, 2]);
    expect(scaleAdvantages([-7, -1, 1, 7], null, null)).toEqual([-7, -1, 1, 7]);
  });

  it('counts advantages per token token by token, and an empty response not at all', () => {
    const tokens = [Float32Array.of(1, 3), Float32Array.of(), Float32Array.of(5), Float32Array.of(10, 30)];
    // 1, 3, 5 have mean 3 and variance 8/3; 10 and 30 are a group of their own.
    const edge = 2 / Math.sqrt(8 / 3);
    const [first, empty, second, other] = scaleAdvantages(tokens, [0, 0, 0, 1], null) as Float32Array[];
    expect(first?.[0]).toBeCloseTo(-edge, 6);
    expect(first?.[1]).toBeCloseTo(0, 6);
    expect(second?.[0]).toBeCloseTo(edge, 6);
    expect(empty).toHaveLength(0);
    expect([...(other ?? [])]).toEqual([-1, 1]);
  });

  it('the advantage of a response is the mean over its tokens, 0 without any', () => {
    expect(meanAdvantage(3)).toBe(3);
    expect(meanAdvantage(Float32Array.of(1, 4))).toBe(2.5);
    expect(meanAdvantage(Float32Array.of())).toBe(0);
  });
});
