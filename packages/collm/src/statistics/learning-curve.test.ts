import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  areaUnderCurve,
  commonGrid,
  interpolateOnto,
  type LearningCurve,
  samplesToThreshold,
  thinned,
  thresholdCrossing,
  valueAt,
} from './learning-curve.js';

const curve = (...points: readonly (readonly [number, number])[]): LearningCurve =>
  points.map(([envSteps, value]) => ({ envSteps, value }));

const rising = curve([0, 0], [10, 1], [30, 5]);

describe('learning curves', () => {
  it('are straight between their points and end where they end', () => {
    expect(valueAt(rising, 0)).toBe(0);
    expect(valueAt(rising, 5)).toBe(0.5);
    expect(valueAt(rising, 20)).toBe(3);
    expect(valueAt(rising, 30)).toBe(5);
    expect(valueAt(rising, 31)).toBeNull();
    expect(valueAt(curve([5, 1]), 4)).toBeNull();
    expect(interpolateOnto(rising, [0, 20, 40])).toEqual([0, 3, null]);
  });

  it('share the grid that all of them cover', () => {
    const late = curve([4, 1], [12, 2], [24, 3]);
    expect(commonGrid([rising, late])).toEqual([4, 10, 12, 24]);
    expect(commonGrid([rising, curve([40, 1])])).toEqual([]);
    expect(commonGrid([rising, []])).toEqual([]);
    expect(commonGrid([])).toEqual([]);
    expect(interpolateOnto(late, commonGrid([rising, late]))).toEqual([1, 1.75, 2, 3]);
  });

  it('are thinned evenly with both ends', () => {
    expect(
      thinned(
        Array.from({ length: 101 }, (_, index) => index),
        5,
      ),
    ).toEqual([0, 25, 50, 75, 100]);
    expect(thinned([1, 2], 5)).toEqual([1, 2]);
  });

  it('have areas of trapezoids', () => {
    // 10 · 0.5 + 20 · 3
    expect(areaUnderCurve(rising, 0, 30)).toBe(65);
    // From 5 to 20: 5 · 0.75 + 10 · 2
    expect(areaUnderCurve(rising, 5, 20)).toBe(23.75);
    expect(areaUnderCurve(rising, 0, 31)).toBeNull();
    expect(areaUnderCurve(rising, 10, 10)).toBeNull();
  });

  it('have areas that add up', () => {
    const steps = fc.uniqueArray(fc.integer({ min: 0, max: 1000 }), { minLength: 3, maxLength: 10 });
    fc.assert(
      fc.property(steps, fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 10 }), (places, values) => {
        const sorted = [...places].sort((a, b) => a - b);
        const any = sorted.map((envSteps, index) => ({ envSteps, value: values[index] as number }));
        const [from, middle, to] = [sorted[0], sorted[1], sorted.at(-1)] as [number, number, number];
        const parts = [areaUnderCurve(any, from, middle), areaUnderCurve(any, middle, to)] as number[];
        expect(areaUnderCurve(any, from, to)).toBeCloseTo((parts[0] as number) + (parts[1] as number), 6);
      }),
    );
  });

  it('reach a threshold at a point, not between', () => {
    expect(samplesToThreshold(rising, 0.9)).toBe(10);
    expect(samplesToThreshold(rising, 5)).toBe(30);
    expect(samplesToThreshold(rising, 5.1)).toBeNull();
  });

  it('cross a threshold between points, wherever these lie', () => {
    const noisy = curve([0, 0], [20, 4], [60, 2], [80, 6]);
    expect(thresholdCrossing(noisy, 1)).toBe(5);
    expect(thresholdCrossing(noisy, 4)).toBe(20);
    expect(thresholdCrossing(noisy, 5)).toBe(75);
    expect(thresholdCrossing(noisy, 6.1)).toBeNull();
    // It is there from the beginning.
    expect(thresholdCrossing(noisy, -1)).toBe(0);
    expect(thresholdCrossing([], 1)).toBeNull();
  });
});
