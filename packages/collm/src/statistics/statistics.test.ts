import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bootstrapInterval,
  differenceInterval,
  meanInterval,
  smallestPValue,
  stratifiedMean,
} from './bootstrap.js';
import { interquartileMean, mean, median, quantile } from './descriptive.js';
import { improvementOverTasks, probabilityOfImprovement } from './probability-of-improvement.js';
import { seededIndices } from './random.js';

const scores = (least: number) =>
  fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: least, maxLength: 12 });

describe('means and quantiles', () => {
  it('are those computed by hand', () => {
    expect(mean([1, 2, 6])).toBe(3);
    expect(quantile([1, 2, 3, 4], 0.5)).toBe(2.5);
    expect(quantile([10, 20], 0.025)).toBeCloseTo(10.25, 12);
    expect(median([5, 1, 3])).toBe(3);
    expect(median([1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 2, 3])).toBe(3);
    expect(median([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY])).toBe(Number.POSITIVE_INFINITY);
    expect(median([])).toBeNaN();
  });

  it('leave out a quarter at each end for the interquartile mean', () => {
    expect(interquartileMean([100, 2, 3, -50])).toBe(2.5);
    expect(interquartileMean([1, 2, 3, 4, 5, 6, 7, 80])).toBe(4.5);
    // floor(5 / 4) = 1 at each end
    expect(interquartileMean([9, 1, 2, 3, 4])).toBe(3);
    expect(interquartileMean([1, 2, 6])).toBe(3);
  });

  it('keep the interquartile mean between the extremes, whatever the order', () => {
    fc.assert(
      fc.property(scores(1), (values) => {
        const iqm = interquartileMean(values);
        expect(iqm).toBeGreaterThanOrEqual(Math.min(...values) - 1e-9);
        expect(iqm).toBeLessThanOrEqual(Math.max(...values) + 1e-9);
        expect(interquartileMean([...values].reverse())).toBe(iqm);
      }),
    );
  });
});

describe('bootstrap intervals', () => {
  it('resample evenly, and alike for one seed', () => {
    const [first, again, other] = [seededIndices(7), seededIndices(7), seededIndices(8)];
    const drawn = Array.from({ length: 60_000 }, () => first(6));
    expect(Array.from({ length: 60_000 }, () => again(6))).toEqual(drawn);
    expect(Array.from({ length: 100 }, () => other(6))).not.toEqual(drawn.slice(0, 100));
    const counts = drawn.reduce(
      (sums, index) => sums.with(index, (sums[index] as number) + 1),
      new Array(6).fill(0),
    );
    // Five standard deviations of a count are 456.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(456);
  });

  it('have the quantiles of the exact distribution where there are two runs', () => {
    // Resampled means of [0, 1] are 0, 0.5 and 1 with probabilities 1/4, 1/2 and 1/4.
    expect(meanInterval([[0, 1]])).toEqual({ low: 0, high: 1 });
    expect(meanInterval([[0, 1]], { confidence: 0.4 })).toEqual({ low: 0.5, high: 0.5 });
  });

  it('come near to the normal approximation where there are many runs', () => {
    const runs = Array.from({ length: 400 }, (_, index) => index % 20);
    const interval = meanInterval([runs]);
    const half = 1.96 * Math.sqrt(33.25 / 400);
    expect(interval?.low).toBeCloseTo(9.5 - half, 1);
    expect(interval?.high).toBeCloseTo(9.5 + half, 1);
  });

  it('resample every task for itself, and count tasks alike', () => {
    // Without strata the two tasks would mix, and the interval would span half of their distance.
    const strata = [
      [0, 0, 0],
      [10, 10],
    ];
    expect(stratifiedMean(strata)).toBe(5);
    expect(meanInterval(strata)).toEqual({ low: 5, high: 5 });
  });

  it('are none where a group has a single run', () => {
    expect(meanInterval([[1]])).toBeNull();
    expect(meanInterval([[1, 2], [3]])).toBeNull();
    expect(meanInterval([])).toBeNull();
    expect(differenceInterval([[1, 2]], [[3]])).toBeNull();
    expect(differenceInterval([[1, 2]], [])).toBeNull();
  });

  it('of a difference turn around with the two methods', () => {
    expect(differenceInterval([[3, 3]], [[1, 1]])).toEqual({ low: 2, high: 2 });
    const [x, y] = [
      [1, 4, 2, 8],
      [0, 3, 3],
    ];
    const interval = differenceInterval([x], [y]);
    expect(interval?.low).toBeLessThan(mean(x) - mean(y));
    expect(interval?.high).toBeGreaterThan(mean(x) - mean(y));
  });

  it('hold the mean of the runs, widen with confidence and move with the scores', () => {
    fc.assert(
      fc.property(scores(2), fc.integer({ min: 0, max: 2 ** 32 - 1 }), (values, seed) => {
        const options = { resamples: 500, seed };
        const wide = meanInterval([values], { ...options, confidence: 0.99 });
        const narrow = meanInterval([values], { ...options, confidence: 0.5 });
        const moved = meanInterval([values.map((value) => value + 5)], { ...options, confidence: 0.99 });
        expect(wide?.low).toBeLessThanOrEqual(narrow?.low as number);
        expect(wide?.high).toBeGreaterThanOrEqual(narrow?.high as number);
        expect(wide?.low).toBeGreaterThanOrEqual(Math.min(...values) - 1e-9);
        expect(wide?.high).toBeLessThanOrEqual(Math.max(...values) + 1e-9);
        expect(moved?.low).toBeCloseTo((wide?.low as number) + 5, 8);
      }),
      { numRuns: 50 },
    );
  });

  it('take any statistic', () => {
    const pooled = (strata: readonly ArrayLike<number>[]) =>
      interquartileMean(strata.flatMap((group) => Array.from(group)));
    const strata = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    const interval = bootstrapInterval(strata, pooled, { resamples: 2000 });
    expect(interval?.low).toBeGreaterThanOrEqual(1);
    expect(interval?.low).toBeLessThan(3.5);
    expect(interval?.high).toBeGreaterThan(3.5);
    expect(interval?.high).toBeLessThanOrEqual(6);
  });
});

describe('the probability of improvement', () => {
  it('counts pairs, and ties half', () => {
    expect(probabilityOfImprovement([2, 3], [1, 0])).toBe(1);
    expect(probabilityOfImprovement([1], [2])).toBe(0);
    // Of the four pairs x is higher in one and even in two.
    expect(probabilityOfImprovement([1, 2], [1, 2])).toBe(0.5);
    expect(probabilityOfImprovement([1, 5], [1, 2, 3])).toBeCloseTo(3.5 / 6, 12);
  });

  it('adds up to 1 with its opposite', () => {
    fc.assert(
      fc.property(scores(1), scores(1), (x, y) => {
        expect(probabilityOfImprovement(x, y) + probabilityOfImprovement(y, x)).toBeCloseTo(1, 12);
      }),
    );
  });

  it('is the mean over tasks, with an interval', () => {
    const { probability, interval } = improvementOverTasks(
      [
        [2, 3],
        [1, 2],
      ],
      [
        [0, 1],
        [1, 2],
      ],
    );
    expect(probability).toBe(0.75);
    expect(interval?.low).toBe(0.5);
    expect(interval?.high).toBe(1);
    expect(improvementOverTasks([[1]], [[2, 3]])).toEqual({ probability: 0, interval: null });
    expect(() => improvementOverTasks([[1, 2]], [])).toThrow(/1 tasks of one method and 0 of the other/);
  });

  it('can be certain only where there are enough runs', () => {
    expect(smallestPValue(3, 3)).toBeCloseTo(0.1, 12);
    expect(smallestPValue(4, 4)).toBeCloseTo(2 / 70, 12);
    expect(smallestPValue(5, 3)).toBeCloseTo(2 / 56, 12);
    expect(smallestPValue(1, 1)).toBe(1);
  });
});
