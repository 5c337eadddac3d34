import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ValueNormaliser } from './value-normaliser.js';

const finite = fc.double({ min: -1e4, max: 1e4, noNaN: true });
const batches = fc.array(fc.array(finite, { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 10 });

function after(data: readonly (readonly number[])[], mode: 'none' | 'running' = 'running'): ValueNormaliser {
  const normaliser = new ValueNormaliser(mode);
  for (const batch of data) normaliser.observe(batch);
  return normaliser;
}

describe('a value normaliser', () => {
  it('has mean and variance of all targets and the start, however they came', () => {
    fc.assert(
      fc.property(batches, (data) => {
        // The start is one target of mean 0 and variance 1.
        const all = data.flat();
        const n = all.length + 1;
        const mean = all.reduce((sum, value) => sum + value, 0) / n;
        const squares = all.reduce((sum, value) => sum + (value - mean) ** 2, 0);
        const { mean: got, variance, count } = after(data).state();
        expect(count).toBe(n);
        expect(Math.abs(got - mean)).toBeLessThan(1e-8 * (1 + Math.abs(mean)));
        const expected = (squares + 1 + mean * mean) / n;
        expect(Math.abs(variance - expected)).toBeLessThan(1e-8 * expected);
      }),
    );
  });

  it('takes back what it did', () => {
    fc.assert(
      fc.property(batches, finite, (data, value) => {
        const normaliser = after(data);
        const there = normaliser.denormalise(normaliser.normalise(value));
        expect(Math.abs(there - value)).toBeLessThan(1e-7);
      }),
    );
  });

  it('forgets old targets once there are many', () => {
    const normaliser = after([new Array(50_000).fill(5)]);
    expect(normaliser.state()).toEqual({ count: 10_000, mean: 5, variance: 0 });
    normaliser.observe(new Array(5_000).fill(1));
    expect(normaliser.mean).toBe(3); // half of the memory is new
    expect(normaliser.std).toBe(2);
    expect(normaliser.state().count).toBe(10_000);
  });

  it('does not blow up targets that hardly vary', () => {
    const normaliser = after([new Array(50_000).fill(5)]);
    expect(normaliser.normalise(5.01)).toBeCloseTo(1, 8);
  });

  it('of mode none changes no number', () => {
    const normaliser = after([[1e6, -3, Number.NaN]], 'none');
    expect([normaliser.normalise(0.1), normaliser.denormalise(0.1)]).toEqual([0.1, 0.1]);
  });

  it('restores a state exactly, and refuses what is none', () => {
    const normaliser = after([[0.1, 0.2, 1 / 3]]);
    const other = new ValueNormaliser('running');
    other.restore(JSON.parse(JSON.stringify(normaliser.state())));
    expect(other.state()).toEqual(normaliser.state());
    for (const bad of [undefined, null, {}, { count: 1, mean: null, variance: 1 }])
      expect(() => other.restore(bad)).toThrow(/must be finite numbers/);
  });
});
