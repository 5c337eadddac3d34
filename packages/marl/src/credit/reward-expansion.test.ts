import { describe, expect, it } from 'vitest';
import { expandRewards } from './reward-expansion.js';

describe('reward expansion (P2)', () => {
  it('reads the length', () => {
    expect(expandRewards([5], 2, 3)).toEqual([
      [5, 5, 5],
      [5, 5, 5],
    ]);
    expect(expandRewards([1, 2, 3], 2, 3)).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect(expandRewards([1, 2], 2, 3)).toEqual([
      [1, 1, 1],
      [2, 2, 2],
    ]);
  });

  it('wants to be told when agents and samples are equally many', () => {
    expect(() => expandRewards([1, 2], 2, 2)).toThrow(/Say which/);
    expect(expandRewards([1, 2], 2, 2, 'perSample')).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(expandRewards([1, 2], 2, 2, 'perAgent')).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(expandRewards([4], 1, 1)).toEqual([[4]]);
  });

  it('refuses other lengths', () => {
    expect(() => expandRewards([1, 2, 3, 4], 2, 3)).toThrow(/fit neither/);
    expect(() => expandRewards([1, 2], 2, 3, 'team')).toThrow(/has 1 numbers/);
  });
});
