import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { treeCost } from './env-steps.js';
import { groupAdvantages } from './group-advantages.js';
import { jointIndices, reduceCross } from './joint-samples.js';
import { normalise, normaliseWithin } from './normalisation.js';
import { expandRewards } from './reward-expansion.js';
import { mean, standardError } from './statistics.js';
import { generalisedAdvantages, temporalDifferences } from './temporal-difference.js';
import { treeReturns } from './tree-returns.js';

const reward = fc.double({ min: -10, max: 10, noNaN: true });
const rewards = (minLength: number, maxLength = 8) => fc.array(reward, { minLength, maxLength });
const unit = fc.double({ min: 0, max: 1, noNaN: true });

function expectClose(actual: readonly number[], expected: readonly number[]) {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, index) => {
    expect(value).toBeCloseTo(expected[index] as number, 9);
  });
}

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
});

describe('normalisation (P5)', () => {
  it('uses the population standard deviation', () => {
    // 2, 4, 4, 4, 5, 5, 7, 9 has mean 5 and population standard deviation 2.
    expectClose(normalise([2, 4, 4, 4, 5, 5, 7, 9]), [-1.5, -0.5, -0.5, -0.5, 0, 0, 1, 2]);
  });

  it('leaves sets of one or none alone', () => {
    expect(normalise([])).toEqual([]);
    expect(normalise([3])).toEqual([3]);
  });

  it('turns a constant set into exact zeros', () => {
    fc.assert(
      fc.property(reward, fc.integer({ min: 2, max: 9 }), (value, size) => {
        expect(normalise(new Array<number>(size).fill(value))).toEqual(new Array<number>(size).fill(0));
      }),
    );
  });

  it('turns two different values into plus and minus one', () => {
    fc.assert(
      fc.property(reward, fc.double({ min: 0.01, max: 10, noNaN: true }), (low, gap) => {
        expectClose(normalise([low, low + gap]), [-1, 1]);
      }),
    );
  });

  it('makes the four baselines one algorithm, which is why it is refused for them (D4)', () => {
    fc.assert(
      fc.property(rewards(2), (returns) => {
        fc.pre(Math.max(...returns) - Math.min(...returns) > 0.1);
        const expected = normalise(returns);
        for (const mode of ['mean', 'rloo', 'max'] as const) {
          expectClose(normalise(groupAdvantages(returns, mode)), expected);
        }
      }),
    );
  });

  it('is not changed by counting every transition once per agent', () => {
    fc.assert(
      fc.property(rewards(2), fc.integer({ min: 2, max: 4 }), (advantages, numAgents) => {
        fc.pre(Math.max(...advantages) - Math.min(...advantages) > 0.1);
        const copies = Array.from({ length: numAgents }, () => advantages).flat();
        expectClose(normalise(copies).slice(0, advantages.length), normalise(advantages));
      }),
    );
  });

  it('normalises each group by itself', () => {
    expectClose(normaliseWithin([1, 10, 3, 10, 8], [0, 1, 0, 1, 2]), [-1, 0, 1, 0, 8]);
  });
});

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
});

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
    expect(() => reduceCross([1, 2], 0, 2, 2, 'mean')).toThrow(/4 joint returns/);
  });
});

describe('temporal differences (P8) and GAE (P9)', () => {
  it('one-step TD by hand, with and without a bootstrap', () => {
    // γ = 0.5, V = 10, 20: targets 1 + 0.5·20 = 11 and 2 (+ 0.5·8 = 6).
    expect(temporalDifferences([1, 2], [10, 20], 0.5, null)).toEqual({
      targets: [11, 2],
      advantages: [1, -18],
    });
    expect(temporalDifferences([1, 2], [10, 20], 0.5, 8)).toEqual({ targets: [11, 6], advantages: [1, -14] });
  });

  it('GAE by hand', () => {
    // δ = 1, -18; A_0 = 1 + 0.5·0.5·(-18) = -3.5.
    const credit = generalisedAdvantages([1, 2], [10, 20], 0.5, 0.5, null);
    expectClose(credit.advantages, [-3.5, -18]);
    expectClose(credit.targets, [6.5, 2]);
  });

  const trajectory = fc
    .integer({ min: 1, max: 5 })
    .chain((turns) => fc.tuple(rewards(turns, turns), rewards(turns, turns), fc.option(reward), unit));

  it('is the discounted sum of TD errors, TD at λ = 0 and return minus V at λ = 1', () => {
    fc.assert(
      fc.property(trajectory, unit, ([r, values, bootstrap, discount], lambda) => {
        const errors = temporalDifferences(r, values, discount, bootstrap).advantages;
        const sums = r.map((_, turn) =>
          errors.slice(turn).reduce((sum, error, ahead) => sum + (discount * lambda) ** ahead * error, 0),
        );
        const credit = generalisedAdvantages(r, values, discount, lambda, bootstrap);
        expectClose(credit.advantages, sums);
        expectClose(
          credit.targets,
          credit.advantages.map((value, turn) => value + (values[turn] as number)),
        );
        expectClose(generalisedAdvantages(r, values, discount, 0, bootstrap).advantages, errors);

        const parents = [null, ...r.keys()].slice(0, r.length);
        const last = r.length - 1;
        const cut = r.map((value, turn) => (turn === last ? value + discount * (bootstrap ?? 0) : value));
        const monteCarlo = treeReturns(cut, parents, discount);
        expectClose(generalisedAdvantages(r, values, discount, 1, bootstrap).targets, monteCarlo);
      }),
    );
  });

  it('refuses a missing value', () => {
    expect(() => generalisedAdvantages([1, 2], [0], 1, 0, null)).toThrow(/2 rewards but 1 values/);
  });
});

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

describe('counting (P14)', () => {
  it('reproduces the published figures', () => {
    // Two agents, four responses, four turns: 680 responses against 8 of a chain (spec 2.6).
    expect(treeCost(2, 4, 4, 'aligned').responses).toBe(680);
    expect(treeCost(2, 1, 4, 'aligned')).toEqual({ branching: 1, nodes: 4, responses: 8, envSteps: 4 });
    // HouseBuild's MAGRPO: 2 + 4 + 8 + 16 env steps per item (spec 3.3).
    expect(treeCost(2, 2, 4, 'aligned').envSteps).toBe(30);
    expect(treeCost(2, 2, 2, 'cross')).toEqual({ branching: 4, nodes: 5, responses: 20, envSteps: 20 });
  });
});

describe('statistics', () => {
  it('standard error divides the sample deviation by the root of the count', () => {
    // Sample variance of 1, 2, 3, 4 is 5/3.
    expect(standardError([1, 2, 3, 4])).toBeCloseTo(Math.sqrt(5 / 3 / 4), 12);
    expect(standardError([3])).toBe(0);
  });
});
