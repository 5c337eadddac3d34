import fc from 'fast-check';
import { expect, it } from 'vitest';
import { planMicroBatches } from './micro-batches.js';

it('groups by length, longest first, within the budget', () => {
  // Sorted: 9, 4, 4, 3, 2, 1. Budget 12: 9 alone (2 x 9 > 12); 4, 4, 3 (3 x 4 = 12); 2, 1.
  expect(planMicroBatches([4, 1, 9, 3, 4, 2], 12)).toEqual([[2], [0, 4, 3], [5, 1]]);
});

it('leaves a sample above the budget alone instead of dropping it', () => {
  expect(planMicroBatches([50, 2], 10)).toEqual([[0], [1]]);
});

it('has no groups for no samples and refuses an empty budget', () => {
  expect(planMicroBatches([], 10)).toEqual([]);
  expect(() => planMicroBatches([1], 0)).toThrow(/above 0/);
});

it('is a partition, sorted, within budget, and closes a group only when the next sample does not fit', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(lengths, fc.integer({ min: 1, max: 400 }), (samples, budget) => {
      const groups = planMicroBatches(samples, budget);
      const flat = groups.flat();
      expect([...flat].sort((a, b) => a - b)).toEqual(samples.map((_, index) => index));
      const sorted = flat.map((index) => samples[index] as number);
      expect(sorted).toEqual([...samples].sort((a, b) => b - a));
      for (const [position, group] of groups.entries()) {
        const longest = Math.max(...group.map((index) => samples[index] as number));
        if (group.length > 1) expect(group.length * longest).toBeLessThanOrEqual(budget);
        if (position + 1 < groups.length) expect((group.length + 1) * longest).toBeGreaterThan(budget);
      }
    }),
  );
});
