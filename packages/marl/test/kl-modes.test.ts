/** Where a divergence from the reference enters a lesson (P13, D7). */
import { describe, expect, it } from 'vitest';
import { createAlgorithm } from '../src/algorithms/create-algorithm.js';
import { klEstimate } from '../src/credit/kl.js';
import type { AlgorithmOptions, PolicySample } from '../src/index.js';
import { policyUpdate } from '../src/learner/settings.js';
import { expectClose } from './arbitraries.js';
import { advantagesOf, differentTeam, lessonOf, play, samplesOf } from './fakes/lessons.js';
import { randomGame } from './fakes/random-game.js';
import { CC, DC, MAGRPO, MAREINFORCE, MARLOO } from './fakes/runs.js';

/** At which samples were drawn. */
const unscaled = { temperature: 1 };

describe('divergence from the reference', () => {
  const klOf = (sample: PolicySample, estimator: 'k1' | 'k3') =>
    klEstimate(estimator, sample.oldLogProbs, Float32Array.of(Math.log(0.5)));
  const off = (algorithm: AlgorithmOptions) => play({ ...algorithm, klMode: 'off' });

  it.each([CC, DC, MAGRPO, MARLOO])(
    'rewardK1, $name: off the advantage, after normalising; targets are as before',
    async (method) => {
      const options = { ...method, advantageNormalization: 'batch', advantageClip: 0.9 } as const;
      const plain = await off(options);
      const shaped = await play({ ...options, klMode: 'rewardK1', klCoef: 0.3 });
      for (const agent of [0, 1]) {
        const wanted = samplesOf(plain, agent).map(
          (one) => (one.advantage as number) - 0.3 * klOf(one, 'k1'),
        );
        expectClose(advantagesOf(shaped, agent), wanted);
        expect(advantagesOf(shaped, agent)).not.toEqual(advantagesOf(plain, agent));
      }
      expect(shaped.units.map(({ regression }) => regression)).toEqual(
        plain.units.map(({ regression }) => regression),
      );
    },
  );

  it('rewardK1 with a value a token: each token carries the k1 of what it can still change', async () => {
    const options = { ...CC, valueLevel: 'token', klCoef: 0.3 } as const;
    const parts = { environment: randomGame(), agents: differentTeam(2, 2) };
    const plain = await lessonOf({ ...parts, algorithm: options });
    const shaped = await lessonOf({ ...parts, algorithm: { ...options, klMode: 'rewardK1' } });
    const before = samplesOf(plain, 0).map(({ advantage }) => advantage as Float32Array);
    expect(new Set(before.map(({ length }) => length))).toEqual(new Set([1, 2]));
    samplesOf(shaped, 0).forEach(({ advantage, oldLogProbs }, index) => {
      oldLogProbs.forEach((_, k) => {
        const k1 = [...oldLogProbs].slice(k).reduce((sum, logProb) => sum + logProb - Math.log(0.5), 0);
        const own = before[index]?.[k] as number;
        expect((advantage as Float32Array)[k]).toBeCloseTo(own - 0.3 * k1, 5);
      });
    });
  });

  it.each([CC, DC, MAGRPO, MARLOO])(
    'lossK3, $name: samples carry the reference; credit is as before',
    async (method) => {
      const plain = await off(method);
      const loss = await play({ ...method, klMode: 'lossK3' });
      for (const agent of [0, 1]) {
        expect(advantagesOf(loss, agent)).toEqual(advantagesOf(plain, agent));
        for (const { referenceLogProbs } of samplesOf(loss, agent))
          expect(referenceLogProbs).toEqual(Float32Array.of(Math.log(0.5)));
        for (const sample of samplesOf(plain, agent)) expect(sample).not.toHaveProperty('referenceLogProbs');
      }
      expect(
        policyUpdate(createAlgorithm({ ...method, klMode: 'lossK3', klCoef: 0.3 }), unscaled, 1).kl,
      ).toEqual({
        estimator: 'k3',
        coef: 0.3,
      });
      expect(policyUpdate(createAlgorithm({ ...method, klMode: 'rewardK1' }), unscaled, 1).kl).toBeNull();
    },
  );

  it.each(['off', 'lossExact'] as const)('%s asks no reference for log-probs', async (klMode) => {
    const agents = differentTeam(2);
    let asked = 0;
    for (const agent of agents)
      agent.logProbs = async () => {
        asked += 1;
        return [];
      };
    for (const method of [CC, MAGRPO])
      await lessonOf({ algorithm: { ...method, klMode }, environment: randomGame(), agents });
    expect(asked).toBe(0);
  });

  it('rewardK3, Monte Carlo: off the return of that turn, and of no earlier one', async () => {
    const options = { ...MAREINFORCE, numGenerations: 2 };
    const plain = await off(options);
    const shaped = await play({ ...options, klMode: 'rewardK3', klCoef: 0.3 });
    for (const agent of [0, 1]) {
      const wanted = samplesOf(plain, agent).map((one) => (one.advantage as number) - 0.3 * klOf(one, 'k3'));
      expectClose(advantagesOf(shaped, agent), wanted);
    }
  });

  it('rewardK3, CoLLM-DC: the reward of that turn for this agent, and so part of its critic’s target', async () => {
    const { units } = await play({ ...DC, klMode: 'rewardK3', klCoef: 0.3 });
    const plain = await off(DC);
    units.forEach(({ policy, regression }, index) => {
      policy.forEach(([sample], agent) => {
        const before = plain.units[index]?.regression[agent]?.[0]?.targets[0] as number;
        expect(regression[agent]?.[0]?.targets[0]).toBeCloseTo(
          before - 0.3 * klOf(sample as PolicySample, 'k3'),
          12,
        );
      });
    });
  });
});
