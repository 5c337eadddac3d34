import { expect, it } from 'vitest';
import { BatchPython } from '../../../test/batch-python.js';
import { sharedSandbox } from '../../../test/sandbox.js';
import { seededRandom } from '../../seeded-random.js';
import { Mbpp } from '../tasks.js';
import {
  drawShare,
  drawWholeShare,
  type Share,
  shareCode,
  type TinyProblem,
  tinyItem,
  tinyProblemOf,
  tinyProblems,
  wholeCode,
} from './problems.js';

const python = new BatchPython(sharedSandbox());
const env = new Mbpp({ dataset: 'tiny', feedback: 'plain' }, undefined, python);
const items = [...env.evalItems, ...env.trainItems];

/** Every way to share the work that makes a program of its own, as long as main is no wrapper. */
const shares: readonly Share[] = (['first', 'second', 'both'] as const).flatMap((helper) => [
  ...(['first', 'second'] as const).flatMap((main) =>
    [true, false].map((before) => ({ helper, main, before, wrapper: false })),
  ),
  { helper, main: 'nothing', before: false, wrapper: false },
]);

/** The three ways to share that add up. */
const fits = ({ helper, main, before }: Share) =>
  (helper === 'first' && main === 'second' && !before) ||
  (helper === 'second' && main === 'first' && before) ||
  (helper === 'both' && main === 'nothing');

const rewardOf = async (problem: TinyProblem, responses: readonly string[]) =>
  (await env.step(env.reset(tinyItem(problem)), responses)).reward;

it('are 39 in the default slices, always the same, all different, and their own item tells the problem', () => {
  expect([env.evalItems.length, env.trainItems.length]).toEqual([15, 24]);
  expect(env.dataReport.source).toBe('tiny');
  expect(new Set(items.map(({ prompt }) => prompt)).size).toBe(39);
  expect(new Set(tinyProblems().map(({ record }) => record.prompt)).size).toBe(tinyProblems().length);
  expect(new Mbpp({ dataset: 'tiny' }, undefined, python).trainItems).toEqual(env.trainItems);
  expect(items[0]?.prompt).toBe('def f(x):\n """Write a function to triple, then add 3."""\n');
  for (const item of items) expect(tinyProblemOf(item)?.record.prompt).toBe(item.prompt);
  for (const item of items) expect(item.tests.length).toBe(3);
});

/** The rewards of shares, problem by problem; some at a time, since the sandbox has its limit for a batch. */
async function rewardsOf(problems: readonly TinyProblem[], of: readonly Share[]): Promise<number[][]> {
  const rewards: number[][] = [];
  for (let from = 0; from < problems.length; from += 8) {
    const some = problems
      .slice(from, from + 8)
      .map((problem) => Promise.all(of.map((share) => rewardOf(problem, shareCode(problem, share)))));
    rewards.push(...(await Promise.all(some)));
  }
  return rewards;
}

const problems = items.map((item) => tinyProblemOf(item) as TinyProblem);

it('are won by the ways to share that add up', async () => {
  const rewards = await rewardsOf(problems, shares.filter(fits));
  for (const [index, row] of rewards.entries()) {
    expect(row, problems[index]?.record.prompt).toEqual([4, 4, 3]);
  }
}, 120_000);

it('pass no test with any other', async () => {
  const some = problems.filter((_, index) => index % 4 === 0);
  const wrong = shares.filter((share) => !fits(share));
  expect(wrong.length).toBe(12);
  expect(new Set((await rewardsOf(some, wrong)).flat())).toEqual(new Set([1.5]));
}, 120_000);

it('pay less where main is a wrapper', async () => {
  const wrappers = shares.filter(fits).map((share) => ({ ...share, wrapper: true }));
  const rewards = await rewardsOf(problems.slice(0, 8), wrappers);
  expect(new Set(rewards.flat())).toEqual(new Set([3]));
}, 120_000);

it('can be solved by a single model', async () => {
  const single = env.singleModel();
  for (const item of items.slice(0, 4)) {
    const problem = tinyProblemOf(item) as TinyProblem;
    const rewards = (['both', 'swapped', 'first', 'second'] as const).map(async (share) => {
      const { reward } = await single.step(single.reset(item), [wholeCode(problem, share)]);
      return reward;
    });
    expect(await Promise.all(rewards)).toEqual([2.1, 1.1, 1.1, 1.1]);
  }
});

it('are won by chance now and then, whatever either programmer chooses', () => {
  const random = seededRandom(1);
  const drawn = Array.from({ length: 4000 }, () => drawShare(random));
  const rate = (of: readonly Share[]) => of.filter(fits).length / of.length;
  // A helper that does one step fits one main function in four, one that does both none.
  expect(rate(drawn)).toBeGreaterThan(0.14);
  expect(rate(drawn)).toBeLessThan(0.19);
  for (const [helper, chance] of [
    ['first', 0.25],
    ['second', 0.25],
    ['both', 0],
  ] as const) {
    expect(rate(drawn.filter((share) => share.helper === helper))).toBeCloseTo(chance, 1);
  }
  const whole = Array.from({ length: 400 }, () => drawWholeShare(random));
  expect(new Set(whole)).toEqual(new Set(['first', 'second', 'both', 'swapped']));
});
