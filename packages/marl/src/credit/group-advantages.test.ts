import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectClose, reward, rewards } from '../../test/arbitraries.js';
import { groupAdvantages } from './group-advantages.js';

const modes = fc.constantFrom('raw', 'mean', 'rloo', 'max');

describe('group advantages (P4)', () => {
  // Returns 1, 2, 6: mean 3; the others' means are 4, 3.5, 1.5; the best is 6.
  it.each([
    ['raw', [1, 2, 6]],
    ['mean', [-2, -1, 3]],
    ['rloo', [-3, -1.5, 4.5]],
    ['max', [-5, -4, 0]],
  ] as const)('%s, by hand', (mode, expected) => {
    expectClose(groupAdvantages([1, 2, 6], mode), expected);
  });

  it('has nothing to compare one return with', () => {
    expect(groupAdvantages([7], 'mean')).toEqual([0]);
    expect(groupAdvantages([7], 'rloo')).toEqual([0]);
    expect(groupAdvantages([7], 'max')).toEqual([0]);
    expect(groupAdvantages([7], 'raw')).toEqual([7]);
  });

  it('mean mode sums to 0, max mode is never positive and once exactly 0', () => {
    fc.assert(
      fc.property(rewards(2), (returns) => {
        const sum = groupAdvantages(returns, 'mean').reduce((total, value) => total + value, 0);
        expect(sum).toBeCloseTo(0, 9);
        const fromBest = groupAdvantages(returns, 'max');
        expect(Math.max(...fromBest)).toBe(0);
      }),
    );
  });

  it('leave-one-out is G/(G-1) times mean mode, and the return minus the mean of the others', () => {
    fc.assert(
      fc.property(rewards(2), (returns) => {
        const size = returns.length;
        const total = returns.reduce((sum, value) => sum + value, 0);
        const leaveOneOut = groupAdvantages(returns, 'rloo');
        expectClose(
          leaveOneOut,
          groupAdvantages(returns, 'mean').map((value) => (value * size) / (size - 1)),
        );
        expectClose(
          leaveOneOut,
          returns.map((value) => value - (total - value) / (size - 1)),
        );
      }),
    );
  });

  it('permuting the returns permutes the advantages', () => {
    fc.assert(
      fc.property(rewards(2), modes, (returns, mode) => {
        const reversed = groupAdvantages([...returns].reverse(), mode);
        expectClose(reversed, groupAdvantages(returns, mode).reverse());
      }),
    );
  });

  it('only raw sees a constant that is added to all returns', () => {
    fc.assert(
      fc.property(rewards(2), reward, modes, (returns, constant, mode) => {
        const shifted = groupAdvantages(
          returns.map((value) => value + constant),
          mode,
        );
        const before = groupAdvantages(returns, mode);
        expectClose(shifted, mode === 'raw' ? before.map((value) => value + constant) : before);
      }),
    );
  });
});
