/** What options of rollouts and credit make of a lesson, by hand where it can be written down. */
import type { Environment } from '@collm/envs';
import { describe, expect, it } from 'vitest';
import type { Unit } from '../src/algorithms/algorithm.js';
import { mean } from '../src/credit/statistics.js';
import type { Episode } from '../src/rollout/episode.js';
import { expectClose } from './arbitraries.js';
import { advantagesOf, play } from './fakes/lessons.js';
import { randomGame } from './fakes/random-game.js';
import { CC, DC, MAGRPO, MAREINFORCE, MARLOO } from './fakes/runs.js';

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

describe('Q(h, a)', () => {
  const q = { criticType: 'q', baselineSamples: 3 } as const;

  it('with V(h) as baseline, which learns the same target from the state', async () => {
    const { units } = await play({ ...CC, ...q, qBaseline: 'v' });
    for (const { policy, regression } of units) {
      const [action, state] = regression[0] ?? [];
      expect([action?.query.read, state?.query.read]).toEqual(['action', 'state']);
      expect(state?.targets).toEqual(action?.targets);
      const advantage = (action?.oldValues[0] as number) - (state?.oldValues[0] as number);
      for (const own of policy) expect(own.map((sample) => sample.advantage)).toEqual([advantage]);
    }
  });

  it.each(['mean', 'loo', 'counterfactual'] as const)(
    'less %s: learns of what was played, credits all samples',
    async (qBaseline) => {
      const { units } = await play({ ...CC, ...q, qBaseline });
      for (const { policy, regression } of units) {
        expect(regression[0]?.map(({ query }) => query.read)).toEqual(['action']);
        expect(policy.map((own) => own.length)).toEqual([3, 3]);
      }
    },
  );

  it('counterfactual: what teammates add to Q by themselves cancels', async () => {
    // The opinion of a team is the sum of those of its agents, so a joint critic knows no more than local ones.
    const joint = await play({ ...CC, ...q, qBaseline: 'counterfactual' });
    const local = await play({ ...DC, ...q, qBaseline: 'loo' });
    for (const agent of [0, 1]) expectClose(advantagesOf(joint, agent), advantagesOf(local, agent));
    const mixed = await play({ ...CC, ...q, qBaseline: 'loo' });
    expect(advantagesOf(mixed, 0)).not.toEqual(advantagesOf(joint, 0));
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
