import type { Environment } from '@collm/envs';
import { describe, expect, it } from 'vitest';
import { NonFiniteError, RolloutError } from '../src/errors.js';
import type { Actor } from '../src/messages.js';
import { checkFailureRate } from '../src/rollout/failures.js';
import { rollout } from '../src/rollout/rollout.js';
import { MarkerActor, markerEnvironment } from './fakes/marker-team.js';

const SETTINGS = {
  seed: 7,
  phase: 'train',
  sampling: { temperature: 1, topK: null, topP: 1, maxNewTokens: 8, greedy: false },
  numGenerations: 1,
  jointMode: 'aligned',
  earlyTerminationThreshold: null,
} as const;

const specsOf = (environment: Environment) =>
  environment.trainItems.map((item, episode) => ({ item, episode }));

/** Two agents, two items x and y, two turns. */
function game(change: (base: Environment) => Partial<Environment>): Environment {
  const base = markerEnvironment(2, 2, false) as Environment;
  return { ...base, ...change(base) };
}

const play = (
  environment: Environment,
  actors: readonly Actor[] = [new MarkerActor(0), new MarkerActor(1)],
) => rollout(environment, actors, specsOf(environment), SETTINGS);

/** An environment whose every step gives other rewards. */
const paying = (rewards: object, change: Partial<Environment> = {}) =>
  game((base) => ({
    step: async (state, responses) => ({ ...(await base.step(state, responses)), ...rewards }),
    ...change,
  }));

describe('an environment that fails ends its episode and no other', () => {
  it('a step that throws: names turn, episode and item, and keeps what was played', async () => {
    const cause = new Error('no such block');
    const environment = game((base) => ({
      reset: (item) => ({ ...(base.reset(item, 0) as object), id: item.id }),
      step: async (state, responses) => {
        const { turn, id } = state as { turn: number; id: string };
        if (turn === 1 && id === 'y') throw cause;
        const result = await base.step(state, responses);
        return { ...result, state: { ...(result.state as object), id } };
      },
    }));
    const [whole, broken] = await play(environment);
    expect(whole).toMatchObject({ failure: null });
    expect(whole?.transitions).toHaveLength(2);
    expect(broken?.transitions).toHaveLength(1);
    expect(broken?.failure).toBeInstanceOf(RolloutError);
    expect(broken?.failure).toMatchObject({
      source: 'environment',
      place: { turn: 1, episode: 1, itemIds: ['y'] },
      cause,
      message: 'The environment failed to step: no such block (train, turn 1, episode 1, item y)',
    });
  });

  it.each<[string, Environment, RegExp]>([
    [
      'a reward that is not a number',
      paying({ processedReward: Number.NaN }),
      /processed NaN.*turn 0, episode 0, item x/,
    ],
    ['an infinite reward', paying({ reward: Number.POSITIVE_INFINITY }), /reward Infinity.*must be finite/],
    [
      'rewards per agent that nobody announced',
      paying({ agentRewards: [1, 2] }),
      /2 rewards per agent, but its rewardShape is team; set it to perAgent/,
    ],
    [
      'rewards per agent that are not there',
      paying({}, { rewardShape: 'perAgent' }),
      /rewardShape is perAgent, but it gave no rewards for 2 agents/,
    ],
    [
      'too many of them',
      paying({ agentRewards: [1, 2, 3] }, { rewardShape: 'perAgent' }),
      /gave 3 rewards for 2 agents \(train, turn 0, episode 0, item x\)/,
    ],
    [
      'one of them not a number',
      paying({ agentRewards: [1, Number.NaN] }, { rewardShape: 'perAgent' }),
      /\[1, NaN\]; all must be finite/,
    ],
    ['too few observations', game(() => ({ observe: () => [] })), /0 observations for 2 agents/],
    [
      'a reset that throws',
      game(() => ({
        reset: () => {
          throw new Error('no world');
        },
      })),
      /failed to reset: no world/,
    ],
  ])('%s', async (_, environment, message) => {
    for (const episode of await play(environment)) expect(episode.failure).toBeInstanceOf(RolloutError);
    expect((await play(environment))[0]?.failure?.message).toMatch(message);
  });

  it('in a tree the failure of one branch ends all of them', async () => {
    let steps = 0;
    const environment = game((base) => ({
      step: async (state, responses) => {
        // The third joint sample of the second turn, whichever node it is of.
        if ((state as { turn: number }).turn === 1 && steps++ === 2) throw new Error('gone');
        return base.step(state, responses);
      },
    }));
    const actors = [new MarkerActor(0), new MarkerActor(1)];
    const episodes = await rollout(environment, actors, specsOf(environment), {
      ...SETTINGS,
      numGenerations: 2,
    });
    expect(episodes.map(({ failure }) => failure === null)).toEqual([false, true]);
    expect(episodes[1]?.transitions).toHaveLength(6);
  });

  it('is an error only above the rate that is allowed, or when nothing is left', async () => {
    const failed = (await play(paying({ reward: Number.NaN }))).slice(0, 1);
    const whole = await play(paying({}));
    expect(() => checkFailureRate([...failed, ...whole], 0.4)).not.toThrow();
    expect(() => checkFailureRate([...failed, ...whole], 0.3)).toThrow(
      /1 of 3 episodes failed, and max_failure_rate is 0.3. The first: .*reward NaN.*\(train, turn 0, episode 0, item x\)$/,
    );
    expect(() => checkFailureRate(failed, 1)).toThrow(/1 of 1 episodes failed/);
    expect(() => checkFailureRate(whole, 0)).not.toThrow();
  });
});

describe('an agent that fails ends the rollout', () => {
  const fails = (actors: readonly Actor[]) =>
    play(paying({}), actors).then(
      () => expect.unreachable('the rollout should have failed'),
      (error: unknown) => error,
    );

  it('one that throws, and the other one is waited for', async () => {
    let finished = false;
    const patient: Actor = {
      async act(requests) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        finished = true;
        return new MarkerActor(0).act(requests);
      },
      dispose: () => {},
    };
    const broken: Actor = { act: () => Promise.reject(new Error('out of memory')), dispose: () => {} };
    const error = await fails([patient, broken]);
    expect(error).toMatchObject({ source: 'agent', place: { turn: 0, agent: 1, itemIds: ['x', 'y'] } });
    expect(finished).toBe(true);
  });

  it('and tells every actor once that it is over, as one that ends well does', async () => {
    const ended: string[] = [];
    const told = (name: string, act: Actor['act']): Actor => ({
      act,
      endRollout: () => void ended.push(name),
      dispose: () => {},
    });
    const well = new MarkerActor(0);
    const shared = told('shared', (requests) => well.act(requests));
    await play(paying({}), [shared, shared]);
    expect(ended).toEqual(['shared']);
    await fails([shared, told('broken', () => Promise.reject(new Error('out of memory')))]);
    expect(ended).toEqual(['shared', 'shared', 'broken']);
  });

  it('too few responses, log-probs that do not match or are not finite', async () => {
    const answering = (change: (actor: MarkerActor) => Actor['act']): Actor => {
      const inner = new MarkerActor(1);
      return { act: change(inner), dispose: () => {} };
    };
    const short = answering((inner) => async (requests) => (await inner.act(requests)).slice(1));
    expect(String(await fails([new MarkerActor(0), short]))).toMatch(/2 x 1 responses but gave 1/);
    const altered = (logProbs: Float32Array) =>
      answering(
        (inner) => async (requests) =>
          (await inner.act(requests)).map((own) => own.map((response) => ({ ...response, logProbs }))),
      );
    const unequal = await fails([new MarkerActor(0), altered(new Float32Array(2))]);
    expect(String(unequal)).toMatch(/1 tokens came with 2 log-probs/);
    const infinite = await fails([new MarkerActor(0), altered(Float32Array.of(-Infinity))]);
    expect(infinite).toBeInstanceOf(NonFiniteError);
    expect(infinite).toMatchObject({ agent: 1, turns: [0], itemIds: ['x'] });
  });
});
