/** What is reported of values: how well they explain their targets, and how well what really came. */
import type { Environment } from '@collm/envs';
import { describe, expect, it } from 'vitest';
import { populationVariance } from '../src/credit/statistics.js';
import type { Lesson, ValueQuery } from '../src/index.js';
import { advantagesOf, differentTeam, lessonOf, OpinionatedCritic, play } from './fakes/lessons.js';
import { randomGame } from './fakes/random-game.js';
import { CC, DC } from './fakes/runs.js';
import { TableCritic } from './fakes/table-critic.js';

const name = 'critic/return_explained_variance';

/** Discounted returns-to-go by chain and turn, of the rewards that `reward` picks. */
function returnsOf({ episodes }: Lesson, discount: number, reward: (turn: Turn) => number): number[] {
  return episodes.flatMap(({ transitions }) => {
    const returns: number[] = [];
    for (let t = transitions.length - 1; t >= 0; t--)
      returns[t] = reward(transitions[t]?.result as Turn) + discount * (returns[t + 1] ?? 0);
    return returns;
  });
}
type Turn = Lesson['episodes'][number]['transitions'][number]['result'];

const valuesOf = (lesson: Lesson) =>
  lesson.episodes.flatMap((episode) =>
    (lesson.credits.get(episode) ?? []).map(({ value }) => value as number),
  );

const explained = (returns: readonly number[], values: readonly number[]) =>
  1 - populationVariance(returns.map((g, i) => g - (values[i] as number))) / populationVariance(returns);

describe('the explained variance of returns', () => {
  const longer = randomGame({ numTurns: 3 });

  it('is that of discounted returns-to-go of the processed team rewards', async () => {
    const lesson = await play({ ...CC, discount: 0.8, gaeLambda: 0.3 }, longer);
    const returns = returnsOf(lesson, 0.8, ({ processedReward }) => processedReward);
    expect(returns).toHaveLength(18);
    expect(lesson.metrics[name]).toBeCloseTo(explained(returns, valuesOf(lesson)), 12);
  });

  it('does not depend on λ or on bootstrapping, as the explained variance of targets does', async () => {
    const figures = async (over: Partial<typeof CC>) => (await play({ ...CC, ...over }, longer)).metrics;
    const [td, gae, cut, whole] = await Promise.all([
      figures({ gaeLambda: 0 }),
      figures({ gaeLambda: 0.5 }),
      figures({ gaeLambda: 0, bootstrapOnHorizon: true }),
      figures({ gaeLambda: 1 }),
    ]);
    for (const other of [gae, cut, whole]) {
      expect(other[name]).toBe(td[name]);
      expect(other['critic/explained_variance']).not.toBe(td['critic/explained_variance']);
    }
    // With λ = 1 the targets are the returns.
    expect(whole['critic/explained_variance']).toBeCloseTo(whole[name] as number, 12);
  });

  it('is 1 for a critic that foresees everything but a constant, and 0 for one that sees nothing', async () => {
    const blind = await play(CC, longer);
    const returns = returnsOf(blind, 1, ({ processedReward }) => processedReward);
    class Prophet extends TableCritic {
      override async values(queries: readonly ValueQuery[]): Promise<number[][]> {
        expect(queries).toHaveLength(returns.length);
        return returns.map((value) => [value + 7]);
      }
    }
    const lesson = (critic: TableCritic) =>
      lessonOf({ algorithm: CC, environment: longer, agents: differentTeam(2), critics: [critic] });
    expect((await lesson(new Prophet())).metrics[name]).toBeCloseTo(1, 12);
    expect((await lesson(new TableCritic())).metrics[name]).toBe(0);
  });

  it("is of the agents' own rewards for critics of their own", async () => {
    const paid: Environment = {
      ...(longer as Environment),
      rewardShape: 'perAgent',
      step: (state, responses) => {
        const result = longer.step(state as never, responses);
        return { ...result, agentRewards: [result.processedReward ** 2, -3 * result.processedReward] };
      },
    };
    const lesson = await play({ ...DC, discount: 0.8, gaeLambda: 1 }, paid);
    for (const [agent, critic] of ['critic_1', 'critic_2'].entries()) {
      const returns = returnsOf(lesson, 0.8, ({ agentRewards }) => agentRewards?.[agent] as number);
      // The advantage of λ = 1 is the return less the value.
      const errors = advantagesOf(lesson, agent);
      const figure = 1 - populationVariance(errors) / populationVariance(returns);
      expect(lesson.metrics[`${critic}/return_explained_variance`]).toBeCloseTo(figure, 12);
    }
  });

  it('is reported for heads on agents as well', async () => {
    const lesson = await play({ ...DC, useSeparateCritic: false }, longer);
    expect(lesson.metrics).toHaveProperty('critic_2/return_explained_variance');
  });

  it.each([
    ['actions', { criticType: 'q' }],
    ['tokens', { valueLevel: 'token' }],
  ] as const)('is not reported for values of %s', async (_, over) => {
    const lesson = await play({ ...CC, ...over }, longer);
    expect(lesson.metrics).toHaveProperty('critic/explained_variance');
    expect(lesson.metrics).not.toHaveProperty(name);
  });

  it('is absent where all returns are equal', async () => {
    const flat: Environment = {
      ...(longer as Environment),
      step: (state, responses) => ({ ...longer.step(state as never, responses), processedReward: 0 }),
    };
    const lesson = await lessonOf({
      algorithm: CC,
      environment: flat,
      agents: differentTeam(2),
      critics: [new OpinionatedCritic()],
    });
    expect(lesson.metrics).not.toHaveProperty(name);
  });
});
