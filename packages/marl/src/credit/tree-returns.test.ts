import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectClose, rewards, unit } from '../../test/arbitraries.js';
import { treeReturns } from './tree-returns.js';

describe('tree returns (P6)', () => {
  it('adds the discounted mean of the children, by hand', () => {
    // Root samples 0 and 1; 2, 3 follow 0; 4, 5 follow 1; γ = 0.5.
    // R0 = 1 + 0.5 · mean(4, 8) = 4; R1 = 2 + 0.5 · mean(0, -2) = 1.5.
    expectClose(treeReturns([1, 2, 4, 8, 0, -2], [null, null, 0, 0, 1, 1], 0.5), [4, 1.5, 4, 8, 0, -2]);
  });

  it('takes the reward alone where a branch ended', () => {
    expectClose(treeReturns([1, 2, 6], [null, null, 1], 1), [1, 8, 6]);
  });

  it('is the discounted return-to-go in a chain', () => {
    expectClose(treeReturns([1, 2, 4], [null, 0, 1], 0.5), [3, 4, 4]);
  });

  it('refuses children listed before their parents', () => {
    expect(() => treeReturns([1, 2], [1, null], 1)).toThrow(/parents before/);
  });

  it('leaves out of every mean what was not played on (D29)', () => {
    // Joint samples 0 and 1 at the root, 1 was pruned; of 2 and 3 after 0, 2 was pruned; 4 and 5 follow 3. γ = 0.5.
    const rewards = [1, 2, 4, 8, 6, 10];
    const parents = [null, null, 0, 0, 3, 3];
    const pruned = [false, true, true, false, false, false];
    // R3 = 8 + 0.5 · mean(6, 10) = 12; R0 = 1 + 0.5 · 12 = 7; the pruned have their reward alone.
    expectClose(treeReturns(rewards, parents, 0.5, pruned), [7, 2, 4, 12, 6, 10]);
  });

  it('is the rewards themselves where γ = 0, and linear in them', () => {
    const parents = [null, null, 0, 0, 1, 3, 3];
    fc.assert(
      fc.property(rewards(7, 7), rewards(7, 7), unit, (first, second, discount) => {
        expectClose(treeReturns(first, parents, 0), first);
        const sum = first.map((value, index) => value + 2 * (second[index] as number));
        const returns = treeReturns(first, parents, discount);
        const others = treeReturns(second, parents, discount);
        expectClose(
          treeReturns(sum, parents, discount),
          returns.map((value, index) => value + 2 * (others[index] as number)),
        );
      }),
    );
  });
});
