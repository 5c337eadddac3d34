import { describe, expect, it } from 'vitest';
import { SumToTarget } from '../../test/sum-to-target.js';
import { tasks } from '../tasks.js';
import { checkEnvironment } from './check-environment.js';

const failed = async (environment: unknown) => {
  const { findings, passed } = await checkEnvironment(environment, { stepTimeout: 500 });
  expect(passed).toBe(findings.every(({ failures }) => failures === 0));
  return Object.fromEntries(
    findings
      .filter(({ failures }) => failures > 0)
      .map(({ check, examples }) => [check, examples.join('\n')]),
  );
};
const good = new SumToTarget();
type Target = (typeof good.trainItems)[number];
type Round = ReturnType<typeof good.reset>;
/** The good environment with something changed; its methods see the changes. */
const broken = (changes: object) => Object.assign(new SumToTarget(), changes);
/** One whose results are changed. */
const results = (
  change: (result: ReturnType<typeof good.step>, state: Round, responses: readonly string[]) => unknown,
) =>
  broken({
    step: (state: Round, responses: readonly string[]) =>
      change(good.step(state, responses), state, responses),
  });

describe('checking an environment', () => {
  it('passes a good one, and tells how long it takes', async () => {
    const { passed, findings, notes, turns, turnTime } = await checkEnvironment(good);
    expect(findings.filter(({ failures }) => failures > 0)).toEqual([]);
    expect({ passed, notes }).toEqual({ passed: true, notes: [] });
    expect(turns).toBeGreaterThan(100);
    expect(turnTime).toBeGreaterThan(0);
  });

  // Those of the coding tasks run programs; their own tests play them.
  it.each(tasks.filter(({ domain }) => domain !== 'coding').map((task) => [task.name, task] as const))(
    'passes %s',
    async (_, task) => {
      const environment = task.open({});
      const { findings } = await checkEnvironment(environment, { episodes: 4 });
      expect(findings.filter(({ failures }) => failures > 0)).toEqual([]);
      await environment.dispose?.();
    },
  );

  it.each([null, 3, 'text', undefined, () => good])('refuses %s', async (value) => {
    expect(await failed(value)).toEqual({ interface: expect.stringMatching(/not an object/) });
  });

  it.each([
    ['numAgents', 0, /`numAgents` is 0, but must be a whole number/],
    ['numTurns', undefined, /`numTurns` is undefined/],
    ['rewardRange', [1, 0], /`rewardRange` is \[1,0\]/],
    ['earlyTerminationThreshold', undefined, /must be a number or null/],
    ['step', 'x', /`step` is "x", but must be a function/],
    ['roles', ['one'], /`roles`/],
  ])('finds a wrong %s', async (key, value, message) => {
    expect(await failed(broken({ [key]: value }))).toEqual({ interface: expect.stringMatching(message) });
  });

  it.each([
    [[], /empty/],
    [[{ sum: 1 }], /`trainItems\[0\].id` is undefined/],
    [
      [
        { id: 'a', sum: 1 },
        { id: 'a', sum: 2 },
      ],
      /`trainItems\[1\].id` is "a", as of an item before it/,
    ],
  ])('finds wrong items: %j', async (trainItems, message) => {
    expect(await failed(broken({ trainItems }))).toEqual({ items: expect.stringMatching(message) });
  });

  it.each([
    ['too few', (all: unknown[]) => all.slice(1), /1 observations for 2 agents/],
    ['none', () => undefined, /not a list/],
    [
      'no messages',
      (all: unknown[]) => [all[0], { messages: [], startsAfresh: true }],
      /agent 1 is shown no messages/,
    ],
    [
      'no role',
      () => Array(2).fill({ messages: [{ role: 'me', content: '' }], startsAfresh: true }),
      /is not {role/,
    ],
    [
      'nothing to answer',
      () => Array(2).fill({ messages: [{ role: 'assistant', content: '' }], startsAfresh: true }),
      /not of the role "user"/,
    ],
    [
      'no start',
      () => Array(2).fill({ messages: [{ role: 'user', content: '' }] }),
      /`startsAfresh` of agent 0/,
    ],
  ])('finds wrong observations: %s', async (_, change, message) => {
    const observe = (state: Round) => change(good.observe(state));
    expect(await failed(broken({ observe }))).toEqual({ observations: expect.stringMatching(message) });
  });

  it.each([
    ['reward', { reward: Number.NaN }, /`reward` is/],
    ['processedReward', { processedReward: '1' }, /`processedReward` is "1"/],
    ['components', { components: { closeness: 7 } }, /add up to 7/],
    ['metrics', { metrics: { a: null } }, /`metrics` is/],
    ['info', { info: { deep: [{ at: new Map() }] } }, /`info.deep.0.at` is nothing that JSON can hold/],
    ['agentRewards', { agentRewards: [1, 2] }, /`rewardShape` is not "perAgent"/],
    ['endedBy', { endedBy: 'boredom' }, /`endedBy` is "boredom"/],
    ['state', { state: undefined }, /no `state`/],
  ])('finds a wrong %s of a step', async (_, change, message) => {
    expect((await failed(results((result) => ({ ...result, ...change })))).results).toMatch(message);
  });

  it('finds missing rewards of agents', async () => {
    expect((await failed(broken({ rewardShape: 'perAgent' }))).results).toMatch(
      /`agentRewards` is undefined/,
    );
  });

  it('finds rewards out of range', async () => {
    expect(await failed(broken({ rewardRange: [0.5, 1] }))).toEqual({
      range: expect.stringMatching(/the reward is 0\.\d+, but `rewardRange` is 0.5 to 1/),
    });
  });

  it('finds texts that are not scored, and steps that never end', async () => {
    const throws = results((result, _, [first]) => {
      if (first === '') throw new Error('empty!');
      return result;
    });
    expect((await failed(throws)).anyText).toMatch(/step threw on "".*: empty!/);
    expect((await failed(results(() => new Promise(() => {})))).anyText).toMatch(/took longer than 0.5 s/);
  });

  it('finds states that are changed', async () => {
    const mutates = results((result, state) => {
      (state as { lastSum: number | null }).lastSum = result.metrics.distance as number;
      return result;
    });
    expect((await failed(mutates)).pure).toMatch(/step changed the state that it was given/);
    const shared: number[] = [];
    const shares = results((result) => {
      shared.push(result.reward);
      return { ...result, state: { ...result.state, shared } };
    });
    expect((await failed(shares)).pure).toMatch(/a second step from the same state changed the first one's/);
    let count = 0;
    const counts = results((result) => ({ ...result, metrics: { count: count++ } }));
    expect((await failed(counts)).pure).toMatch(
      /after another step from the same state, the result is another/,
    );
  });

  it('finds what chance decides beside the seed', async () => {
    let episode = 0;
    const reset = (target: Target) => ({ ...good.reset(target), episode: ++episode });
    const step = (state: Round & { episode: number }, responses: readonly string[]) => {
      const result = good.step(state, responses);
      return { ...result, state: { ...result.state, episode: state.episode } };
    };
    expect(Object.keys(await failed(broken({ reset, step })))).toEqual(['repeats']);
    let shown = 0;
    const observe = (state: Round) => good.observe({ ...state, lastSum: shown++ });
    expect((await failed(broken({ observe }))).repeats).toMatch(/observed again, the messages are others/);
  });

  it('finds episodes that do not end, and thresholds that are not kept', async () => {
    expect(await failed(results((result) => ({ ...result, terminated: false })))).toEqual({
      ends: expect.stringMatching(/`terminated` is false after the last of 3 turns/),
    });
    expect(await failed(broken({ earlyTerminationThreshold: 0 }))).toEqual({
      ends: expect.stringMatching(/above the threshold 0, but `terminated` is false/),
    });
  });

  it('finds one that takes any number of responses', async () => {
    const lenient = broken({
      step: (state: Round, responses: readonly string[]) =>
        good.step(state, [...responses, '', ''].slice(0, 2)),
    });
    expect(await failed(lenient)).toEqual({
      counts: expect.stringMatching(/step took 1 responses for 2 agents/),
    });
  });

  it('notes agents that see what others wrote', async () => {
    const observe = (state: Round & { all?: string }) =>
      good
        .observe(state)
        .map((one) => ({ ...one, messages: [{ role: 'user', content: state.all ?? 'start' }] }));
    const step = (state: Round, responses: readonly string[]) => {
      const result = good.step(state, responses);
      return { ...result, state: { ...result.state, all: responses.join(' ') } };
    };
    const { passed, notes } = await checkEnvironment(broken({ observe, step }));
    expect(passed).toBe(true);
    expect(notes[0]).toMatch(/agent \d is shown what agent \d wrote/);
  });
});
