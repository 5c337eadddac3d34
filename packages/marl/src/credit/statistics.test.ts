import { describe, expect, it } from 'vitest';
import { standardError } from './statistics.js';

describe('statistics', () => {
  it('standard error divides the sample deviation by the root of the count', () => {
    // Sample variance of 1, 2, 3, 4 is 5/3.
    expect(standardError([1, 2, 3, 4])).toBeCloseTo(Math.sqrt(5 / 3 / 4), 12);
    expect(standardError([3])).toBe(0);
  });
});
