import { describe, expect, it } from 'vitest';
import { PythonRandom } from './python-random.js';

const draws = (seed: number, low: number, high: number, count: number) => {
  const random = new PythonRandom(seed);
  return Array.from({ length: count }, () => random.randint(low, high));
};

describe("Python's generator", () => {
  // Recorded from random.Random(seed).randint(low, high).
  it.each([
    [42, 1, 3, [3, 1, 1, 3, 2, 1, 1, 1, 3, 1]],
    [0, 1, 3, [2, 2, 1, 2, 3, 2, 2, 2, 2, 2]],
    [-42, 1, 3, [3, 1, 1, 3]],
    [2 ** 40 + 7, -5, 1000, [623, 760, 829, 955, 962]],
    [7, 0, 2 ** 31 - 1, [1390851128]],
  ])('seed %i, from %i to %i', (seed, low, high, expected) => {
    expect(draws(seed, low, high, expected.length)).toEqual(expected);
  });

  it('goes on beyond one round of its state', () => {
    const [, ...others] = draws(7, 0, 99, 2001);
    expect(draws(7, 0, 2 ** 31 - 1, 1)).toEqual([1390851128]);
    const random = new PythonRandom(7);
    random.randint(0, 2 ** 31 - 1);
    const sum = Array.from({ length: 2000 }, () => random.randint(0, 99)).reduce((a, b) => a + b);
    expect(sum).toBe(95402);
    expect(new Set(others).size).toBe(100);
  });

  it('draws the only number of a range of one', () => {
    expect(draws(1, 5, 5, 3)).toEqual([5, 5, 5]);
  });

  it('gives other numbers for another list of seeds', () => {
    const many = (...seeds: number[]) => {
      const random = new PythonRandom(...seeds);
      return Array.from({ length: 20 }, () => random.randint(0, 1000));
    };
    expect(many(42, 1)).toEqual(many(42, 1));
    expect(many(42, 1)).not.toEqual(many(42, 2));
    expect(many(42, 1)).not.toEqual(many(42));
  });
});
