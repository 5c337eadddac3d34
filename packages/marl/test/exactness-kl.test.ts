/**
 * What a divergence from the reference adds to the expected gradient (P13, D7), worked out as in exactness.test.ts. The
 * reference's log-probs are single precision, so the tolerance is 1e-6.
 */
import { expect, it } from 'vitest';
import type { AlgorithmOptions } from '../src/index.js';
import { critics, expectEqual, expectedGradient, type Setup, setup } from './fakes/exact-setup.js';
import { vectorOf } from './fakes/exact-values.js';
import { CC, DC, MAREINFORCE } from './fakes/runs.js';
import { combine, distance, scale, type Vector } from './fakes/vectors.js';

const SINGLE_PRECISION = 1e-6;
const klCoef = 0.3;
const made = setup();

/** Σ_t Σ_i E_h ∇ KL(π_i(.|h_i,t) || uniform), histories as they are: ∂KL/∂z_a = p_a (log(p_a / ½) - KL). */
function klGradient({ all, agents }: Setup): Vector {
  return combine(
    all.flatMap(({ probability, turns }) =>
      turns.flatMap(({ histories }) =>
        agents.map((agent, i): [number, Vector] => {
          const place = histories[i] as string;
          const policy = agent.probabilities(place);
          const surprise = policy.map((p) => Math.log(2 * p));
          const kl = policy.reduce((sum, p, token) => sum + p * (surprise[token] as number), 0);
          const slopes = policy.map((p, token) => p * ((surprise[token] as number) - kl));
          return [probability, vectorOf(new Map([[place, slopes]]))];
        }),
      ),
    ),
  );
}

/** What the KL mode adds to the gradient of an algorithm that is otherwise exact. */
async function added(algorithm: AlgorithmOptions, klMode: 'rewardK1' | 'rewardK3'): Promise<Vector> {
  const own = 'gaeLambda' in algorithm ? await critics(made, algorithm) : [];
  const shaped = await expectedGradient(made, { ...algorithm, klMode, klCoef }, own);
  return combine([
    [1, shaped],
    [-1, made.exact],
  ]);
}

const chain = { ...MAREINFORCE, numGenerations: 1 };

it.each([chain, CC, DC])(
  '$name: k1 in the advantage is the gradient of the divergence of each turn',
  async (method) => {
    expectEqual(await added(method, 'rewardK1'), scale(-klCoef, klGradient(made)), SINGLE_PRECISION);
  },
);

it('k3 as a reward is not (D7)', async () => {
  const wanted = scale(-klCoef, klGradient(made));
  expect(distance(await added(chain, 'rewardK3'), wanted)).toBeGreaterThan(0.01);
});
