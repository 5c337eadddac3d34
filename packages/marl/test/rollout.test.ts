import { type Environment, withRewardSchedule } from '@collm/envs';
import { describe, expect, it } from 'vitest';
import { treeCost } from '../src/credit/env-steps.js';
import type { Actor } from '../src/messages.js';
import { type RolloutSettings, rollout } from '../src/rollout/rollout.js';
import { MarkerActor, markerEnvironment } from './fakes/marker-team.js';
import { matrixGame } from './fakes/matrix-game.js';
import { SoftmaxAgent } from './fakes/softmax-agent.js';

const SETTINGS: RolloutSettings = {
  seed: 7,
  phase: 'train',
  sampling: { temperature: 1, topK: null, topP: 1, maxNewTokens: 8, greedy: false },
  numGenerations: 1,
  jointMode: 'aligned',
  earlyTerminationThreshold: null,
};

const specsOf = (environment: Environment) =>
  environment.trainItems.map((item, episode) => ({ item, episode }));

/** The matrix game with the given processed rewards per turn. */
function payingGame(rewards: readonly number[], change: Partial<Environment> = {}): Environment {
  const base = markerEnvironment(2, rewards.length, false);
  return {
    ...base,
    step: async (state, responses) => {
      const { turn } = state as { turn: number };
      const result = await base.step({ turn }, responses);
      return { ...result, processedReward: rewards[turn] as number };
    },
    ...change,
  };
}

describe('shape of a rollout', () => {
  it.each([
    [2, 1, 4, 'aligned'],
    [2, 3, 3, 'aligned'],
    [3, 2, 2, 'cross'],
    [1, 2, 3, 'cross'],
  ] as const)('%i agents, G = %i, %i turns, %s: as many as P14 counts', async (n, g, turns, jointMode) => {
    const environment = markerEnvironment(n, turns, false);
    const actors = Array.from({ length: n }, (_, agent) => new MarkerActor(agent));
    const episodes = await rollout(environment, actors, specsOf(environment), {
      ...SETTINGS,
      numGenerations: g,
      jointMode,
    });
    const cost = treeCost(n, g, turns, jointMode);
    for (const episode of episodes) {
      expect(episode.nodes).toHaveLength(cost.nodes);
      expect(episode.transitions).toHaveLength(cost.envSteps);
    }
    // One call per agent and turn carries all live branches of all episodes.
    const branches = Array.from({ length: turns }, (_, turn) => episodes.length * cost.branching ** turn);
    for (const actor of actors) expect(actor.calls).toEqual(branches);
  });

  it('gives every response a key of its own, and the branch numbers do not depend on other branches', async () => {
    const environment = markerEnvironment(2, 3, false);
    const actors = [new MarkerActor(0), new MarkerActor(1)];
    await rollout(environment, actors, specsOf(environment), {
      ...SETTINGS,
      numGenerations: 2,
      jointMode: 'cross',
    });
    const keys = actors.flatMap((actor) => actor.requests.flatMap((request) => request.keys));
    expect(new Set(keys.map((key) => JSON.stringify(key))).size).toBe(keys.length);
  });

  it('runs the agents side by side', async () => {
    const order: string[] = [];
    const slow = (name: string): Actor => {
      const inner = new SoftmaxAgent();
      return {
        async act(requests, sampling) {
          order.push(`${name} starts`);
          await new Promise((resolve) => setTimeout(resolve, 5));
          order.push(`${name} ends`);
          return inner.act(requests, sampling);
        },
        dispose: () => {},
      };
    };
    const environment = matrixGame(2, 1);
    await rollout(environment, [slow('one'), slow('two')], specsOf(environment), SETTINGS);
    expect(order.slice(0, 2)).toEqual(['one starts', 'two starts']);
  });

  it('is the same whether episodes are played together, alone or in another order', async () => {
    const environment = matrixGame(2, 6);
    const specs = specsOf(environment);
    const settings = { ...SETTINGS, numGenerations: 2 };
    const team = () => [new SoftmaxAgent(), new SoftmaxAgent()];
    const together = await rollout(environment, team(), specs, settings);
    const reversed = await rollout(environment, team(), [...specs].reverse(), settings);
    expect(reversed.reverse()).toEqual(together);
    for (const [index, spec] of specs.entries()) {
      expect(await rollout(environment, team(), [spec], settings)).toEqual([together[index]]);
    }
  });
});

describe('how episodes end', () => {
  const play = (environment: Environment, settings: Partial<RolloutSettings>) =>
    rollout(environment, [new MarkerActor(0), new MarkerActor(1)], specsOf(environment).slice(0, 1), {
      ...SETTINGS,
      ...settings,
    });

  it('stops early strictly above the threshold (P3)', async () => {
    const environment = payingGame([0.5, 0.6, 0.7]);
    const [stopped] = await play(environment, { earlyTerminationThreshold: 0.5 });
    expect(stopped?.transitions.map(({ end }) => end)).toEqual([null, 'early']);
    const [full] = await play(environment, { earlyTerminationThreshold: null });
    expect(full?.transitions.map(({ end }) => end)).toEqual([null, null, 'horizon']);
  });

  it('stops a whole node on the mean of its joint samples', async () => {
    // Rewards 0 and 1 in turns at the root: mean 0.5.
    const base = markerEnvironment(2, 2, false);
    let scored = 0;
    const environment: Environment = {
      ...base,
      step: async (state, responses) => ({
        ...(await base.step(state as { turn: number }, responses)),
        processedReward: scored++ % 2,
      }),
    };
    const [below] = await play(environment, { numGenerations: 2, earlyTerminationThreshold: 0.5 });
    expect(below?.nodes).toHaveLength(3);
    const [above] = await play(environment, { numGenerations: 2, earlyTerminationThreshold: 0.49 });
    expect(above?.transitions.map(({ end }) => end)).toEqual(['early', 'early']);
  });

  it('judges late rewards by what the turn has earned, and pays the rest of a node that ends so', async () => {
    // Rewards of -1 and 0 in turns at every node, above -0.6 on average, which are paid at the end of three turns.
    let scored = 0;
    const base = markerEnvironment(2, 3, false);
    const dense: Environment = {
      ...base,
      step: async (state, responses) => ({
        ...(await base.step(state as { turn: number }, responses)),
        processedReward: (scored++ % 2) - 1,
      }),
    };
    const late = withRewardSchedule(dense, 'final');
    const rewards = async (earlyTerminationThreshold: number) => {
      const [episode] = await play(late, { numGenerations: 2, earlyTerminationThreshold });
      return episode?.transitions.map(({ end, result }) => [end, result.processedReward]);
    };
    expect(await rewards(-0.6)).toEqual([
      ['early', -1],
      ['early', 0],
    ]);
    // What has not been paid is 0, but ends nothing.
    const played = await rewards(-0.4);
    expect(played?.slice(0, 6)).toEqual(Array(6).fill([null, 0]));
    expect(played?.slice(6).map(([, reward]) => reward)).toEqual([-3, -2, -2, -1, -2, -1, -1, 0]);
  });

  it('follows the environment’s own end, but not its own threshold', async () => {
    const ending = (endedBy: 'threshold' | undefined): Environment => {
      const base = markerEnvironment(2, 3, false);
      return {
        ...base,
        step: async (state, responses) => ({
          ...(await base.step(state as { turn: number }, responses)),
          terminated: true,
          ...(endedBy ? { endedBy } : {}),
        }),
      };
    };
    const [own] = await play(ending(undefined), {});
    expect(own?.transitions.map(({ end }) => end)).toEqual(['environment']);
    const [threshold] = await play(ending('threshold'), {});
    expect(threshold?.transitions.map(({ end }) => end)).toEqual([null, null, 'horizon']);
  });

  it('observes after a horizon cut when asked to, never after an early stop', async () => {
    const environment = payingGame([0, 1]);
    const [cut] = await play(environment, { observeAfterHorizon: true });
    const last = cut?.transitions.at(-1)?.endHistory;
    expect(last).toMatchObject({ turn: 2, remainingTurns: 0 });
    expect(last?.agents.map((history) => history.past.length)).toEqual([2, 2]);
    const [early] = await play(environment, { observeAfterHorizon: true, earlyTerminationThreshold: 0.5 });
    expect(early?.transitions.map(({ end, endHistory }) => [end, endHistory])).toEqual([
      [null, null],
      ['early', null],
    ]);
    const [plain] = await play(environment, {});
    expect(plain?.transitions.at(-1)?.endHistory).toBeNull();
  });
});
