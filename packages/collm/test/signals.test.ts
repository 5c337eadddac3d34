/** studies/why/signals.mjs: a coordination game whose optimum can be had without seeing the other's word. */
import { fileURLToPath } from 'node:url';
import {
  checkEnvironment,
  type Environment,
  type Item,
  type StepResult,
  withRewardSchedule,
} from '@collm/envs';
import { describe, expect, it } from 'vitest';
import { openOwnEnvironment } from '../src/own-environment.js';
import { seededRandom } from '../src/warm-start/demonstrations.js';

interface Words {
  readonly common: string;
  readonly own: readonly [string, string];
}
interface Sequence extends Item {
  readonly turns: readonly Words[];
}

const path = fileURLToPath(new URL('../../../studies/why/signals.mjs', import.meta.url));
const open = async (options = {}) =>
  (await openOwnEnvironment(path, options)) as Environment<Sequence, unknown>;

const env = await open();
const one = await open({ num_turns: 1 });
const seenWords = (of: (turn: Words) => string | readonly string[]) =>
  [...new Set(env.trainItems.flatMap(({ turns }) => turns.flatMap(of)))].sort();
const publicWords = seenWords(({ common }) => common);
const privateWords = seenWords(({ own }) => own);
const words = [...publicWords, ...privateWords];

/** All that can be seen at a turn. */
const situations: Words[] = publicWords.flatMap((common) =>
  privateWords.flatMap((first) => privateWords.map((second): Words => ({ common, own: [first, second] }))),
);

const stepOf = (environment: Environment<Sequence, unknown>, state: unknown, responses: readonly string[]) =>
  environment.step(state, responses) as StepResult<unknown>;
const scored = (seen: Words, responses: readonly string[]) =>
  stepOf(one, one.reset({ id: 'test', turns: [seen] }, 0), responses);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('signals', () => {
  it.each([1, 4, 8])('is what the interface promises, with %i turns and any schedule', async (num_turns) => {
    for (const schedule of ['every_turn', 'every_second_turn', 'final'] as const) {
      const paid = withRewardSchedule(await open({ num_turns }), schedule);
      const { findings } = await checkEnvironment(paid);
      expect(findings.filter(({ failures }) => failures > 0)).toEqual([]);
      const [item] = paid.trainItems as [Sequence];
      expect(paid.demonstrate?.(paid.reset(item, 0), 0, () => 0)).toBe(item.turns[0]?.common);
    }
  });

  it('has many conventions that earn 1 in every situation, none of which wants to see the other word', () => {
    expect([publicWords.length, privateWords.length, new Set(words).size]).toEqual([4, 4, 8]);
    expect(situations).toHaveLength(64);
    // Who says the public word may be chosen apart for every public word: bit `n` of a convention is that of word `n`.
    for (let convention = 0; convention < 2 ** publicWords.length; convention++) {
      const speaker = (common: string) => (convention >> publicWords.indexOf(common)) & 1;
      const answer = (agent: number, common: string, own: string) =>
        speaker(common) === agent ? common : own;
      const rewards = situations.map(
        (seen) =>
          scored(
            seen,
            [0, 1].map((agent) => answer(agent, seen.common, seen.own[agent] as string)),
          ).reward,
      );
      expect(new Set(rewards)).toEqual(new Set([1]));
    }
  });

  it('pays a quarter for a word that is seen, and half of it all for one of each kind', () => {
    const rewards = new Map<number, number>();
    const [seen] = situations as [Words];
    for (const first of words) {
      for (const second of words) {
        const { reward, components } = scored(seen, [first, ` ${second.toUpperCase()}\n`]);
        rewards.set(reward, (rewards.get(reward) ?? 0) + 1);
        expect(components).toEqual({ fitting: Math.min(reward, 0.5), split: reward === 1 ? 0.5 : 0 });
      }
    }
    expect(Object.fromEntries(rewards)).toEqual({ 1: 2, 0.5: 2, 0.25: 2 * 2 * 6, 0: 36 });
    const { common, own } = seen;
    for (const text of ['', `${common} ${common}`, `${common}s`, 'x'.repeat(1e6)]) {
      expect(scored(seen, [text, own[1]]).reward).toBe(0.25);
    }
  });

  it('is worth a little less than half of what can be had to agents that regard nobody, who answer well-formed', () => {
    const random = seededRandom(1);
    const rewards = Array.from({ length: 100 }, () => situations)
      .flat()
      .map((seen) => {
        const state = one.reset({ id: 'test', turns: [seen] }, 0);
        const responses = [0, 1].map((agent) => one.demonstrate?.(state, agent, random) as string);
        expect(words).toEqual(expect.arrayContaining(responses));
        return stepOf(one, state, responses).reward;
      });
    expect(mean(rewards)).toBeGreaterThan(0.45);
    expect(mean(rewards)).toBeLessThan(0.5);
  });

  it('draws its items from the seed, and evaluates on nothing that is trained on', async () => {
    expect([env.trainItems.length, env.evalItems.length]).toEqual([64, 32]);
    const firsts = [...env.trainItems, ...env.evalItems].map(({ turns }) =>
      JSON.stringify(turns.slice(0, 2)),
    );
    expect(new Set(firsts).size).toBe(96);
    expect((await open({ seed: 1 })).trainItems).toEqual(env.trainItems);
    expect((await open({ seed: 2 })).trainItems).not.toEqual(env.trainItems);
    expect((await open({ num_turns: 8 })).trainItems).toEqual(env.trainItems);
  });

  it('tells agents two words a turn, and neither rewards nor what the other one said', () => {
    const [item] = env.trainItems as [Sequence];
    const seen = (responses: readonly string[]) =>
      env.observe(stepOf(env, env.reset(item, 0), responses).state);
    const { common, own } = item.turns[1] as Words;
    expect(seen(['red', 'blue'])).toEqual(
      own.map((word) => ({
        messages: [{ role: 'user', content: `${common}\n${word}` }],
        startsAfresh: false,
      })),
    );
    expect(seen(['nothing', ''])).toEqual(seen(['red', 'blue']));
  });

  it('tells the oracle all words that are left, what was said, and what was earned', () => {
    const item: Sequence = {
      id: 'test',
      turns: [
        { common: 'red', own: ['east', 'west'] },
        { common: 'gold', own: ['west', 'north'] },
      ],
    };
    const play = (responses: string[]) => stepOf(env, env.reset(item, 0), responses).state;
    expect(env.describeState?.(play(['red', 'west']))).toBe(
      'gold\nwest\nnorth\n\nsaid\nred\nwest\n\nearned 1',
    );
    expect(env.describeState?.(play(['?', 'west']))).toBe(
      'gold\nwest\nnorth\n\nsaid\nnone\nwest\n\nearned 0.25',
    );
  });

  it.each([
    [{ num_turns: 9 }, /`num_turns` is 9, but items have 8 turns. Give 1 to 8/],
    [{ seed: 0.5 }, /`seed` is 0.5. Give a whole number/],
  ])('refuses %j', async (options, message) => {
    await expect(open(options)).rejects.toThrow(message);
  });
});
