import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectClose, reward, rewards, unit } from '../../test/arbitraries.js';
import { generalisedAdvantages, tokenAdvantages } from './temporal-difference.js';
import { treeReturns } from './tree-returns.js';

describe('temporal differences (P8) and GAE (P9)', () => {
  it('one-step TD by hand, with and without a bootstrap', () => {
    // γ = 0.5, V = 10, 20: targets 1 + 0.5·20 = 11 and 2 (+ 0.5·8 = 6).
    expect(generalisedAdvantages([1, 2], [10, 20], 0.5, 0, null)).toEqual({
      targets: [11, 2],
      advantages: [1, -18],
    });
    expect(generalisedAdvantages([1, 2], [10, 20], 0.5, 0, 8)).toEqual({
      targets: [11, 6],
      advantages: [1, -14],
    });
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
        const next = [...values.slice(1), bootstrap ?? 0];
        const errors = r.map((own, t) => own + discount * (next[t] as number) - (values[t] as number));
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

describe('GAE over tokens (spec section 5)', () => {
  // Three turns of two, no and one tokens; γ = 0.5. An empty response leaves its reward, a turn later, to the token
  // before it: the last token of turn 0 earns 1 + 0.5 · 2 = 2 and is two turns, 0.25, away from the next value.
  const turns = [1, 2, 4];
  const values = [[1, 2], [], [3]];

  it('λ = 0, by hand', () => {
    const { targets, advantages } = tokenAdvantages(turns, values, 0.5, 0, null);
    // Within a response nothing is paid and nothing discounted: the target is the value of the next token.
    expect(targets).toEqual([[2, 2 + 0.25 * 3], [], [4]]);
    expect(advantages).toEqual([[1, 0.75], [], [1]]);
  });

  it('λ = 0.5, by hand', () => {
    const { targets, advantages } = tokenAdvantages(turns, values, 0.5, 0.5, null);
    // 2 + 0.25 (3 + 4)/2 = 2.875; (2 + 2.875)/2 = 2.4375.
    expect(targets).toEqual([[2.4375, 2.875], [], [4]]);
    expect(advantages).toEqual([[1.4375, 0.875], [], [1]]);
  });

  it('bootstraps from after the last turn when told to', () => {
    expect(tokenAdvantages([1], [[5, 6]], 0.5, 0, 8).targets).toEqual([[6, 1 + 0.5 * 8]]);
  });

  it('a reward before the first token belongs to no token', () => {
    expect(tokenAdvantages([7, 1], [[], [2]], 1, 1, null)).toEqual({
      targets: [[], [1]],
      advantages: [[], [-1]],
    });
  });

  const responses = fc
    .integer({ min: 1, max: 4 })
    .chain((count) =>
      fc.tuple(rewards(count, count), fc.array(rewards(1, 3), { minLength: count, maxLength: count })),
    );

  it('is GAE over turns where every response has one token', () => {
    fc.assert(
      fc.property(responses, unit, unit, ([r, lists], discount, lambda) => {
        const first = lists.map((own) => own[0] as number);
        const credit = tokenAdvantages(
          r,
          first.map((value) => [value]),
          discount,
          lambda,
          null,
        );
        const wanted = generalisedAdvantages(r, first, discount, lambda, null);
        expectClose(credit.targets.flat(), wanted.targets);
        expectClose(credit.advantages.flat(), wanted.advantages);
      }),
    );
  });

  it('λ = 1: every token of a response has the return from its turn on as target', () => {
    fc.assert(
      fc.property(responses, unit, ([r, lists], discount) => {
        const parents = [null, ...r.keys()].slice(0, r.length);
        const returns = treeReturns(r, parents, discount);
        const { targets } = tokenAdvantages(r, lists, discount, 1, null);
        targets.forEach((own, turn) => {
          expectClose(
            own,
            own.map(() => returns[turn] as number),
          );
        });
      }),
    );
  });

  it('refuses a missing turn', () => {
    expect(() => tokenAdvantages([1, 2], [[0]], 1, 0, null)).toThrow(
      /2 rewards but the token values of 1 turns/,
    );
  });
});
