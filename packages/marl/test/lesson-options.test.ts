/** What options of rollouts and credit make of a lesson, by hand where it can be written down. */
import type { Environment } from '@collm/envs';
import { describe, expect, it } from 'vitest';
import type { Unit } from '../src/algorithms/algorithm.js';
import { createAlgorithm } from '../src/algorithms/create-algorithm.js';
import { klEstimate } from '../src/credit/kl.js';
import { mean } from '../src/credit/statistics.js';
import type { AlgorithmOptions, PolicySample } from '../src/index.js';
import { policyUpdate } from '../src/learner/settings.js';
import type { Episode } from '../src/rollout/episode.js';
import { seededHash } from '../src/seeded.js';
import { expectClose } from './arbitraries.js';
import { advantagesOf, lessonOf, samplesOf } from './fakes/lessons.js';
import { randomGame } from './fakes/random-game.js';
import { CC, DC, MAGRPO, MAREINFORCE, MARLOO } from './fakes/runs.js';
import { ScriptedAgent } from './fakes/scripted-agent.js';

/** Softmax agents with random logits, so that they differ from their reference, which is uniform. */
function differentTeam(n: number): ScriptedAgent[] {
  return Array.from({ length: n }, () => {
    const agent = new ScriptedAgent();
    agent.script = ({ episode, turn, agent: role, sample }) =>
      seededHash(1, 'items', episode, turn, role, sample) % 2;
    return agent;
  });
}

const play = (algorithm: AlgorithmOptions, environment: Environment = randomGame()) =>
  lessonOf({ algorithm, environment, agents: differentTeam(environment.numAgents) });

describe('rewards per agent (P2)', () => {
  /** Agent i earns the team's reward, and i + 1 more where it says "a" itself. */
  const perAgent: Environment = (() => {
    const game = randomGame();
    return {
      ...game,
      rewardShape: 'perAgent',
      step: (state, responses) => {
        const result = game.step(state as never, responses);
        const agentRewards = responses.map((text, i) => result.reward + (text === 'a' ? i + 1 : 0));
        return { ...result, agentRewards };
      },
    } as Environment;
  })();
  /** By hand, for chains. */
  const returnOf = ({ transitions }: Episode, turn: number, agent: number) =>
    transitions.slice(turn).reduce((sum, { result }) => sum + (result.agentRewards?.[agent] as number), 0);

  it('Monte Carlo methods credit an agent with its own', async () => {
    const { units } = await play({ ...MAREINFORCE, numGenerations: 1 }, perAgent);
    for (const { policy, episode, turn } of units) {
      policy.forEach(([sample], agent) => {
        expect(sample?.advantage).toBeCloseTo(returnOf(episode, turn, agent), 12);
      });
    }
  });

  it.each([true, false])(
    'CoLLM-DC too, and its value functions learn of it (separate critics: %s)',
    async (separate) => {
      const { units } = await play({ ...DC, gaeLambda: 1, useSeparateCritic: separate }, perAgent);
      for (const { policy, regression, episode, turn } of units) {
        policy.forEach(([sample], agent) => {
          const learned = separate ? regression[agent]?.[0] : sample?.value;
          expect(learned?.targets).toHaveLength(1);
          expect(learned?.targets[0]).toBeCloseTo(returnOf(episode, turn, agent), 12);
          const advantage = (learned?.targets[0] as number) - (learned?.oldValues[0] as number);
          expect(sample?.advantage).toBeCloseTo(advantage, 12);
        });
      }
    },
  );

  it('CoLLM-CC learns of the team’s, as if there were no others', async () => {
    const own = await play({ ...CC, gaeLambda: 1 }, perAgent);
    const team = await play({ ...CC, gaeLambda: 1 });
    expect(own.units.map(({ regression }) => regression)).toEqual(
      team.units.map(({ regression }) => regression),
    );
    expect(own.units.map(({ policy }) => policy)).toEqual(team.units.map(({ policy }) => policy));
  });
});

it('a value head learns of what was played, not of the samples of a baseline', async () => {
  const algorithm = {
    ...DC,
    useSeparateCritic: false,
    criticType: 'q',
    qBaseline: 'loo',
    baselineSamples: 3,
  } as const;
  const { units } = await play(algorithm);
  for (const { policy } of units)
    for (const own of policy)
      expect(own.map(({ value }) => value?.read)).toEqual(['action', undefined, undefined]);
});

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
    const options = { ...CC, valueLevel: 'token' } as const;
    const plain = await off(options);
    const shaped = await play({ ...options, klMode: 'rewardK1', klCoef: 0.3 });
    const wanted = samplesOf(plain, 0).map(
      (one) => ((one.advantage as Float32Array)[0] as number) - 0.3 * klOf(one, 'k1'),
    );
    advantagesOf(shaped, 0).forEach((value, index) => {
      expect(value).toBeCloseTo(wanted[index] as number, 6);
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
      expect(policyUpdate(createAlgorithm({ ...method, klMode: 'lossK3', klCoef: 0.3 }), 1, 1).kl).toEqual({
        estimator: 'k3',
        coef: 0.3,
      });
      expect(policyUpdate(createAlgorithm({ ...method, klMode: 'rewardK1' }), 1, 1).kl).toBeNull();
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

it.each([CC, DC, MAGRPO, MARLOO])(
  'advantageClip, $name: cuts what is larger, and nothing else',
  async (method) => {
    const plain = await play(method);
    const cut = await play({ ...method, advantageClip: 0.25 });
    const wanted = advantagesOf(plain, 0).map((value) => Math.max(-0.25, Math.min(0.25, value)));
    expect(advantagesOf(cut, 0)).toEqual(wanted);
    expect(wanted).toContain(0.25);
    expect(wanted.some((value) => Math.abs(value) < 0.25)).toBe(true);
  },
);

describe('branchesPerNode (D29)', () => {
  const G = 4;
  const options = { numGenerations: G, branchesPerNode: 2 } as const;

  it('all joint samples are scored, and those played on make the returns and the baseline', async () => {
    const { episodes, units, credits } = await play({ ...MAGRPO, ...options });
    for (const episode of episodes) {
      // 4 at the root, 2 of them played on, 4 after each.
      expect(episode.transitions.map(({ turn }) => turn)).toEqual([
        0,
        0,
        0,
        0,
        ...new Array<number>(8).fill(1),
      ]);
      expect(episode.transitions.filter(({ end }) => end === 'pruned')).toHaveLength(2);
      const [root] = units.filter((unit) => unit.episode === episode && unit.turn === 0) as [Unit];
      const kept = [0, 1, 2, 3].filter((j) => episode.transitions[j]?.end === null);
      const returns = kept.map((j) => {
        const children = episode.transitions.filter(({ parent }) => parent === j);
        const rewards = children.map(({ result }) => result.processedReward);
        return (episode.transitions[j]?.result.processedReward as number) + mean(rewards);
      });
      for (const own of root.policy)
        expectClose(
          own.map(({ advantage }) => advantage as number),
          returns.map((value) => value - mean(returns)),
        );
      expect(credits.get(episode)?.map((credit) => credit?.advantages !== undefined)).toEqual(
        episode.transitions.map(({ end }) => end !== 'pruned'),
      );
    }
  });

  it.each([
    ['path', [G, G]],
    ['equal', [G, 2 * G]],
  ] as const)(
    'weights by %s: all members of a node together weigh %s per turn',
    async (nodeWeighting, wanted) => {
      const { episodes, units } = await play({ ...MAGRPO, ...options, nodeWeighting });
      for (const episode of episodes) {
        const weights = [0, 1].map((turn) =>
          units
            .filter((unit) => unit.episode === episode && unit.turn === turn)
            .flatMap(({ policy }) => policy[0] ?? [])
            .reduce((sum, { weight }) => sum + weight, 0),
        );
        expect(weights).toEqual(wanted);
      }
    },
  );

  it('cross: a response that no kept joint sample contains is not trained on', async () => {
    const { units } = await play({
      ...MAREINFORCE,
      numGenerations: 3,
      branchesPerNode: 1,
      jointMode: 'cross',
    });
    for (const { turn, policy } of units) {
      for (const own of policy) {
        expect(own).toHaveLength(turn === 0 ? 1 : 3);
        expect(own.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(3, 12);
      }
    }
  });
});
