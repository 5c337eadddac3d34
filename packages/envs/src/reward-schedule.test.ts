import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SumToTarget } from '../test/sum-to-target.js';
import { checkEnvironment } from './check/check-environment.js';
import type { Environment, Item, StepResult } from './env.js';
import { HouseBuild } from './minecraft/house-build/house-build.js';
import { StrBuild } from './minecraft/str-build/str-build.js';
import { type RewardSchedule, type ScheduledState, withRewardSchedule } from './reward-schedule.js';
import { taskNamed } from './tasks.js';

type Result = StepResult<{ turn: number }>;

/** Pays what its list says, and each agent a share of it; ends early above the threshold. */
function listed(rewards: readonly number[], threshold: number | null = null, isAsync = false) {
  const numTurns = rewards.length;
  const environment: Environment<Item, { turn: number }> = {
    name: 'listed',
    numAgents: 2,
    numTurns,
    earlyTerminationThreshold: threshold,
    rewardShape: 'perAgent',
    rewardRange: [-1, 2],
    trainItems: [{ id: 'only' }],
    evalItems: [],
    reset: () => ({ turn: 1 }),
    observe: () => [0, 1].map(() => ({ messages: [{ role: 'user', content: 'go' }], startsAfresh: true })),
    step({ turn }) {
      const reward = rewards[turn - 1] ?? 0;
      const processedReward = reward - 0.5;
      const over = threshold !== null && processedReward > threshold;
      const endedBy = turn >= numTurns ? 'last_turn' : over ? 'threshold' : null;
      const result: Result = {
        state: { turn: turn + 1 },
        reward,
        processedReward,
        agentRewards: [processedReward, 2 * processedReward],
        components: { first: reward / 4, second: (3 * reward) / 4 },
        metrics: { own: reward },
        terminated: endedBy !== null,
        endedBy,
        info: {},
      };
      return isAsync ? Promise.resolve(result) : result;
    },
  };
  return environment;
}

/** The results of an episode, played to its end, or on after ends by the threshold. */
async function play(environment: Environment<Item, unknown>, goesOn = false): Promise<StepResult<unknown>[]> {
  const results: StepResult<unknown>[] = [];
  let state = environment.reset({ id: 'only' }, 1);
  for (;;) {
    const result = await environment.step(state, ['a', 'b']);
    results.push(result);
    state = result.state;
    if (result.endedBy === 'last_turn' || (result.terminated && !goesOn)) return results;
  }
}

const paid = (results: readonly StepResult<unknown>[]) => results.map(({ reward }) => reward);
const numbersOf = ({ reward, processedReward, agentRewards = [], components }: StepResult<unknown>) => [
  reward,
  processedReward,
  ...agentRewards,
  components.first ?? Number.NaN,
  components.second ?? Number.NaN,
];
const totals = (results: readonly StepResult<unknown>[]) =>
  results
    .map(numbersOf)
    .reduce((sums, numbers) => sums.map((sum, index) => sum + (numbers[index] as number)), Array(6).fill(0));

describe('a reward schedule', () => {
  it('is nothing for every turn, and where there is one turn', () => {
    const dense = listed([1, 2]);
    expect(withRewardSchedule(dense, 'every_turn')).toBe(dense);
    const single = listed([1]);
    expect(withRewardSchedule(single, 'final')).toBe(single);
  });

  it.each<[RewardSchedule, number[], [number, number]]>([
    ['every_second_turn', [0, 3, 0, 7, 5], [-2, 4]],
    ['final', [0, 0, 0, 0, 15], [-5, 10]],
  ])('%s pays when it should, all at once', async (schedule, expected, range) => {
    for (const isAsync of [false, true]) {
      const sparse = withRewardSchedule(listed([1, 2, 3, 4, 5], null, isAsync), schedule);
      const results = await play(sparse as Environment);
      expect(paid(results)).toEqual(expected);
      expect(results.map(({ turnReward }) => turnReward)).toEqual([0.5, 1.5, 2.5, 3.5, 4.5]);
      expect(results.map(({ metrics }) => metrics.own)).toEqual([1, 2, 3, 4, 5]);
      expect(sparse.rewardRange).toEqual(range);
    }
  });

  it('keeps the sums of all rewards, ends where the dense one ends, and on after the threshold too', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: -8, max: 16 }), { minLength: 1, maxLength: 8 }),
        fc.constantFrom<RewardSchedule>('every_second_turn', 'final'),
        fc.option(fc.integer({ min: -8, max: 16 })),
        fc.boolean(),
        async (eighths, schedule, threshold, goesOn) => {
          const rewards = eighths.map((eighth) => eighth / 8); // sums of these are exact
          const dense = listed(rewards, threshold === null ? null : threshold / 8);
          const sparse = withRewardSchedule(dense, schedule) as Environment;
          const [usual, late] = [await play(dense as Environment, goesOn), await play(sparse, goesOn)];
          expect(late.map(({ endedBy }) => endedBy)).toEqual(usual.map(({ endedBy }) => endedBy));
          expect(totals(late)).toEqual(totals(usual));
          const [low, high] = sparse.rewardRange;
          for (const { reward, components } of late) {
            expect(reward >= low && reward <= high).toBe(true);
            expect((components.first as number) + (components.second as number)).toBe(reward);
          }
        },
      ),
    );
  });

  it('judges the threshold on the turn alone, and pays what is left at that end', async () => {
    // Together the first three turns exceed 1 at once, but none of them alone before the third.
    const results = await play(withRewardSchedule(listed([1, 1, 1.75, 1], 1), 'final') as Environment);
    expect(paid(results)).toEqual([0, 0, 3.75]);
    expect(results.at(-1)?.endedBy).toBe('threshold');
  });

  it('says what is due if a learner ends the episode earlier', async () => {
    const results = await play(withRewardSchedule(listed([1, 2, 3, 4]), 'every_second_turn') as Environment);
    expect(results.map(({ ifEnded }) => ifEnded?.reward)).toEqual([1, undefined, 3, undefined]);
    expect(results[2]?.ifEnded).toEqual({
      reward: 3,
      processedReward: 2.5,
      agentRewards: [2.5, 5],
      components: { first: 0.75, second: 2.25 },
    });
  });

  it('leaves states alone: branches of one state do not see each other', async () => {
    const sparse = withRewardSchedule(new SumToTarget(), 'final') as unknown as Environment<
      Item,
      ScheduledState<unknown>
    >;
    const start = sparse.reset(sparse.trainItems[0] as Item, 1);
    const after = await sparse.step(start, ['4', '0']);
    const [left, right] = [
      await sparse.step(after.state, ['4', '0']),
      await sparse.step(after.state, ['0', '0']),
    ];
    expect(after.state.pending?.reward).toBe(1);
    expect([left.state.pending?.reward, right.state.pending?.reward]).toEqual([2, 1.2]);
  });

  it.each<[string, Environment]>([
    ['str_build', new StrBuild({ trainSplit: '[:2]' }) as unknown as Environment],
    ['house_build', new HouseBuild({ spider: { redraw: true } }) as unknown as Environment],
    ['an environment without optional parts', new SumToTarget() as unknown as Environment],
  ])('keeps what the interface promises, of %s', async (_, dense) => {
    for (const schedule of ['every_second_turn', 'final'] as const) {
      const sparse = withRewardSchedule(dense, schedule);
      const { findings } = await checkEnvironment(sparse, { episodes: 4 });
      expect(findings.filter(({ failures }) => failures > 0)).toEqual([]);
    }
  });
});

describe('the optional parts of an environment under a schedule', () => {
  const dense = new HouseBuild();
  const sparse = withRewardSchedule(dense as unknown as Environment, 'final') as Environment<
    Item,
    ScheduledState<ReturnType<HouseBuild['reset']>>
  >;

  it('are those that it has without', () => {
    const hooks = ['picture', 'readItem', 'singleModel', 'describeState', 'dispose', 'protocols'] as const;
    for (const bare of [dense, new SumToTarget()] as unknown as Environment[]) {
      const wrapped = withRewardSchedule(bare, 'final');
      for (const hook of hooks) expect([hook, typeof wrapped[hook]]).toEqual([hook, typeof bare[hook]]);
    }
    expect([sparse.roles, sparse.dataReport]).toEqual([dense.roles, dense.dataReport]);
  });

  it('work on the state within', async () => {
    const item = dense.trainItems[0] as Item;
    const state = (await sparse.step(sparse.reset(item, 1), ['/kill', ''])).state;
    expect(sparse.picture?.(state)).toEqual(dense.picture(state.inner));
    expect(sparse.observe(state)).toEqual(dense.observe(state.inner));
    const others = ['/kill', '/kill'];
    expect(sparse.protocols?.pipeline(state, 1, others)).toEqual(
      dense.protocols.pipeline(state.inner, 1, others),
    );
    const single = sparse.singleModel?.() as Environment;
    expect([single.numAgents, single.rewardRange]).toEqual([1, [0, 4]]);
  });
});

describe('the setting', () => {
  it('wraps what a task opens, and is checked', () => {
    const task = taskNamed('str_build');
    const range = (rewardSchedule?: string) => task?.open({ rewardSchedule, numTurns: 8 }).rewardRange;
    expect([range(), range('every_second_turn'), range('final')]).toEqual([
      [-3, 2],
      [-6, 4],
      [-24, 16],
    ]);
    expect(() => range('never')).toThrow(/`rewardSchedule` is "never": .*every_second_turn/);
  });
});
