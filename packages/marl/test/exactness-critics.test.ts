/**
 * The expected gradient of every method with a critic is the gradient of the expected return when the critic knows the
 * exact values (and for some of them whatever it says). How it is worked out, and the tolerance of 1e-10: see
 * exactness.test.ts. Advantages per token are single precision: there the tolerance is 1e-6.
 */
import { describe, expect, it } from 'vitest';
import type { AcOptions, CollmCcOptions, CollmDcOptions, PolicySample, ValueSample } from '../src/index.js';
import { critics, expectEqual, expectedGradient, setup } from './fakes/exact-setup.js';
import { creditedGradient, returnsToGo, teachHead, valuesOf, vectorOf } from './fakes/exact-values.js';
import { everyOutcome } from './fakes/outcomes.js';
import { AC, CC, DC } from './fakes/runs.js';
import { combine, distance, scale, squaredNorm, type Vector } from './fakes/vectors.js';

const SINGLE_PRECISION = 1e-6;

/** Values without any truth in them, in [-2, 2): a hash of what is asked for. */
const nonsense = (name: string): number =>
  ([...name].reduce((sum, c) => (31 * sum + c.charCodeAt(0)) % 9973, 7) / 9973) * 4 - 2;

/** With V_i(h_i) = E[V(h) | h_i] local critics give the same gradient as a joint one (spec 2.6). */
const methods: readonly (readonly [string, CollmCcOptions | CollmDcOptions])[] = [
  ['CoLLM-CC', CC],
  ['CoLLM-DC', DC],
];

describe.each(methods)('%s over three turns', (_, method) => {
  const made = setup({ numTurns: 3 });

  it.each([0, 0.5, 1])('exact V, λ = %d', async (gaeLambda) => {
    const algorithm = { ...method, gaeLambda };
    expectEqual(await expectedGradient(made, algorithm, await critics(made, algorithm)), made.exact);
  });

  it('any V with λ = 1: the critic is a baseline; with λ = 0 its errors bias the gradient', async () => {
    const wrong = await critics(made, method, nonsense);
    expectEqual(await expectedGradient(made, { ...method, gaeLambda: 1 }, wrong), made.exact);
    expect(distance(await expectedGradient(made, method, wrong), made.exact)).toBeGreaterThan(0.01);
  });

  it('γ < 1: the usual gradient, which leaves out the factor γ^t of turn t', async () => {
    const algorithm = { ...method, discount: 0.7, gaeLambda: 0.5 };
    const usual = creditedGradient(made.all, made.agents, (one, t) => returnsToGo(one, 0.7)[t] as number);
    expectEqual(await expectedGradient(made, algorithm, await critics(made, algorithm)), usual);
  });

  it.each([0, 0.5, 1])('episodes that end early (P3), λ = %d', async (gaeLambda) => {
    const stopping = setup({ numTurns: 3, earlyTerminationThreshold: 0.2 });
    const algorithm = { ...method, gaeLambda };
    const own = await critics(stopping, algorithm);
    const outcomes = await everyOutcome({ ...stopping, algorithm, critics: own });
    expect(new Set(outcomes.map(({ value }) => value.turns))).toEqual(new Set([1, 2, 3]));
    expectEqual(await expectedGradient(stopping, algorithm, own), stopping.exact);
  });
});

describe('CoLLM-DC with a value head on the agents', () => {
  const made = setup();
  it.each([0, 0.5, 1])('exact V, λ = %d', async (gaeLambda) => {
    for (const [i, agent] of made.agents.entries())
      await teachHead(agent, valuesOf(made.all, [i], made.game.numTurns));
    const algorithm = { ...DC, gaeLambda, useSeparateCritic: false };
    expectEqual(await expectedGradient(made, algorithm), made.exact);
  });
});

describe('AC, one agent', () => {
  const made = setup({ numAgents: 1, numTurns: 3 });
  it.each([0, 0.5, 1])('exact V, λ = %d', async (gaeLambda) => {
    const algorithm: AcOptions = { ...AC, gaeLambda };
    expectEqual(await expectedGradient(made, algorithm, await critics(made, algorithm)), made.exact);
  });
});

describe.each(methods)('%s with Q(h, a)', (_, method) => {
  const made = setup();
  const K = 2;

  it.each([
    ['v', 1],
    // The mean contains the value itself.
    ['mean', (K - 1) / K],
    ['loo', 1],
    ['counterfactual', 1],
  ] as const)('exact Q less the baseline %s: %d times the policy gradient', async (qBaseline, factor) => {
    const algorithm = { ...method, criticType: 'q', qBaseline, baselineSamples: K } as const;
    const actual = await expectedGradient(made, algorithm, await critics(made, algorithm));
    expectEqual(actual, scale(factor, made.exact));
  });

  it('the TD error of an exact Q gives no gradient at all (D2)', async () => {
    const algorithm = { ...method, criticType: 'q' } as const;
    const outcomes = await everyOutcome({ ...made, algorithm, critics: await critics(made, algorithm) });
    const terms = outcomes.flatMap(({ probability, value: { units } }) =>
      units.flatMap(({ policy, regression }) =>
        made.agents.map((agent, i): [number, Vector] => {
          // What is regressed first is Q of what was played: its error is r + γ Q(h', a') - Q(h, a).
          const [{ targets, oldValues }] = regression[regression.length === 1 ? 0 : i] as readonly [
            ValueSample,
          ];
          const [{ promptTokens, tokens }] = policy[i] as readonly [PolicySample];
          const score = vectorOf(agent.score(String.fromCharCode(...promptTokens), tokens));
          return [probability * ((targets[0] as number) - (oldValues[0] as number)), score];
        }),
      ),
    );
    expect(squaredNorm(combine(terms))).toBeLessThan(1e-20);
    expect(squaredNorm(made.exact)).toBeGreaterThan(1e-3);
  });
});

describe.each(methods)('%s with a value a token, responses of one or two tokens', (_, method) => {
  const made = setup({}, 2);

  it.each([0, 0.5, 1])('exact V(h, y_<k), λ = %d', async (gaeLambda) => {
    const algorithm = { ...method, valueLevel: 'token', gaeLambda } as const;
    const actual = await expectedGradient(made, algorithm, await critics(made, algorithm));
    expectEqual(actual, made.exact, SINGLE_PRECISION);
  });

  it('any values with λ = 1', async () => {
    const algorithm = { ...method, valueLevel: 'token', gaeLambda: 1 } as const;
    const actual = await expectedGradient(made, algorithm, await critics(made, algorithm, nonsense));
    expectEqual(actual, made.exact, SINGLE_PRECISION);
  });

  it('γ < 1 between turns, not between tokens', async () => {
    const algorithm = { ...method, valueLevel: 'token', discount: 0.7, gaeLambda: 0.5 } as const;
    const usual = creditedGradient(made.all, made.agents, (one, t) => returnsToGo(one, 0.7)[t] as number);
    const actual = await expectedGradient(made, algorithm, await critics(made, algorithm));
    expectEqual(actual, usual, SINGLE_PRECISION);
  });
});
