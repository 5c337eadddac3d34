import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectClose, reward, rewards } from '../../test/arbitraries.js';
import { jointIndices, reduceOverTeammates } from './joint-samples.js';
import { mean } from './statistics.js';

/** Over a full cross node of n agents. */
const reduceCross = (
  returns: readonly number[],
  agent: number,
  n: number,
  g: number,
  reduce: 'mean' | 'sum',
) => reduceOverTeammates(returns, jointIndices(n, g, 'cross'), agent, g, reduce) as number[];

describe('joint samples and cross reduction (P7)', () => {
  it('lists cross samples row-major, last agent fastest', () => {
    expect(jointIndices(2, 2, 'aligned')).toEqual([
      [0, 0],
      [1, 1],
    ]);
    expect(jointIndices(2, 2, 'cross')).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
  });

  it('reduces by hand', () => {
    // Rows are agent 0's responses, columns agent 1's.
    const returns = [1, 2, 3, 6];
    expect(reduceCross(returns, 0, 2, 2, 'sum')).toEqual([3, 9]);
    expect(reduceCross(returns, 1, 2, 2, 'sum')).toEqual([4, 8]);
    expect(reduceCross(returns, 0, 2, 2, 'mean')).toEqual([1.5, 4.5]);
  });

  it('agrees with the tuples, and sum is G^(n-1) times mean', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 3 }),
        fc.infiniteStream(reward),
        (n, g, stream) => {
          const tuples = jointIndices(n, g, 'cross');
          const returns = tuples.map(() => stream.next().value as number);
          for (let agent = 0; agent < n; agent++) {
            const expected = Array.from({ length: g }, (_, response) =>
              mean(returns.filter((_, joint) => tuples[joint]?.[agent] === response)),
            );
            expectClose(reduceCross(returns, agent, n, g, 'mean'), expected);
            expectClose(
              reduceCross(returns, agent, n, g, 'sum'),
              expected.map((value) => value * g ** (n - 1)),
            );
          }
        },
      ),
    );
  });

  it('coincides with aligned for one agent', () => {
    fc.assert(
      fc.property(rewards(1, 5), (returns) => {
        expect(jointIndices(1, returns.length, 'cross')).toEqual(jointIndices(1, returns.length, 'aligned'));
        expectClose(reduceCross(returns, 0, 1, returns.length, 'mean'), returns);
      }),
    );
  });

  it('permuting the agents permutes the results', () => {
    fc.assert(
      fc.property(rewards(9, 9), (returns) => {
        // Swapping two agents with three responses each transposes the matrix of joint returns.
        const swapped = returns.map((_, joint) => returns[(joint % 3) * 3 + Math.floor(joint / 3)] as number);
        expectClose(reduceCross(swapped, 0, 2, 3, 'mean'), reduceCross(returns, 1, 2, 3, 'mean'));
        expectClose(reduceCross(swapped, 1, 2, 3, 'mean'), reduceCross(returns, 0, 2, 3, 'mean'));
      }),
    );
  });

  it('refuses the wrong number of returns', () => {
    expect(() => reduceOverTeammates([1, 2], jointIndices(2, 2, 'cross'), 0, 2, 'mean')).toThrow(
      /4 joint samples was given 2 returns/,
    );
  });

  it('reduces over the joint samples there are: none for a response that was not played on (D29)', () => {
    // Three responses each; only the tuples (0, 0), (2, 0) and (2, 1) were played on.
    const choices = [
      [0, 0],
      [2, 0],
      [2, 1],
    ];
    expect(reduceOverTeammates([1, 3, 7], choices, 0, 3, 'mean')).toEqual([1, null, 5]);
    expect(reduceOverTeammates([1, 3, 7], choices, 0, 3, 'sum')).toEqual([1, null, 10]);
    expect(reduceOverTeammates([1, 3, 7], choices, 1, 3, 'mean')).toEqual([2, 7, null]);
    expect(() => reduceOverTeammates([1], choices, 0, 3, 'mean')).toThrow(/3 joint samples was given 1/);
  });

  it('leaves aligned returns alone, for 1 to 8 agents', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), rewards(1, 5), (n, returns) => {
        const choices = jointIndices(n, returns.length, 'aligned');
        for (let agent = 0; agent < n; agent++) {
          for (const reduce of ['mean', 'sum'] as const)
            expect(reduceOverTeammates(returns, choices, agent, returns.length, reduce)).toEqual(returns);
        }
      }),
    );
  });
});
