/** `collm warm-start --task module`: models for environments of users. */
import { existsSync, readFileSync } from 'node:fs';
import { loadDecoder } from '@collm/lm';
import type { TurnRecord } from '@collm/marl';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openOwnEnvironment } from '../src/own-environment.js';
import { moduleRecipe } from '../src/warm-start/recipes/module.js';
import type { WarmStartReport } from '../src/warm-start/warm-start.js';
import { Workspace } from './workspace.js';

/** Agents see one of two words and demonstrate another; `more` overrides parts. */
const code = (more: string) => `
export default ({ turns = 2 }) => ({
  name: 'own', numAgents: 2, numTurns: turns, earlyTerminationThreshold: null, rewardRange: [0, 1],
  trainItems: [{ id: 'a' }], evalItems: [],
  reset: () => ({ turn: 1 }),
  observe: () => [0, 1].map(() => ({ messages: [{ role: 'user', content: 'heads' }], startsAfresh: false })),
  step: ({ turn }, responses) => ({
    state: { turn: turn + 1 }, reward: 0.5, processedReward: 0.5, components: {}, metrics: {}, terminated: turn >= turns, info: {},
  }),
  demonstrate: (state, agent, random) => (random() < 0.5 ? 'tails ' : 'edge ') + agent,
  ${more}
});`;

let space: Workspace;
beforeAll(() => {
  space = new Workspace();
  space.write('own.mjs', code(''));
});
afterAll(() => space[Symbol.dispose]());

const make = (...more: string[]) =>
  space.collm([
    ...[
      'warm-start',
      '--task',
      'module',
      '--hidden-size',
      '16',
      '--heads',
      '2',
      '--layers',
      '1',
      '--steps',
      '2',
    ],
    ...['--batch', '4', '--threads', '1', ...more],
  ]);

it('imitates what the environment demonstrates, for as many turns as it has', async () => {
  const { code: ended, err } = await make(
    '--out',
    'own',
    '--set',
    'env.path=own.mjs',
    '--set',
    'env.options.turns=3',
  );
  expect(ended, err).toBe(0);
  using decoder = loadDecoder(space.path('own'));
  expect(decoder.config).toMatchObject({ hiddenSize: 16, maxPositions: 256 });
  const report = JSON.parse(readFileSync(space.path('own', 'warm-start.json'), 'utf8')) as WarmStartReport;
  const set = ['env.path=own.mjs', 'env.options.turns=3'];
  expect(report).toMatchObject({ task: 'module', options: { turns: 3, agents: 2, set } });
  expect(report.before).toMatchObject([{ agents: 2, reward: 0.5 }]);
  // The tokenizer knows the words that are shown: "tails", " 0" or " 1", and the end.
  expect(report.longestResponse).toBeLessThanOrEqual(4);
});

it('takes words that were demonstrated for well-formed', async () => {
  const environment = await openOwnEnvironment(space.path('own.mjs'), {});
  const turn = (...responses: string[]) =>
    ({ agents: responses.map((response) => ({ response })) }) as unknown as TurnRecord;
  expect(moduleRecipe.wellFormed(turn('tails 0'), environment)).toEqual({ good: 0, all: 2 });
  expect(moduleRecipe.respond(environment, environment.reset({ id: 'a' }, 0), 0, () => 0)).toBe('tails 0');
  expect(moduleRecipe.wellFormed(turn('tails 0', '0 edge', ''), environment)).toEqual({ good: 3, all: 4 });
});

it.each([
  ['no file', [], /`--task module` needs its file: add `--set env.path=my-env.mjs`/],
  ['a file that is not there', ['--set', 'env.path=none.mjs'], /there is no file/],
  [
    'turns that the environment has not',
    ['--turns', '5', '--set', 'env.path=own.mjs'],
    /`--turns 5`, but the environment own has 2/,
  ],
  ['a single model', ['--agents', '1', '--set', 'env.path=own.mjs'], /cannot be played by a single model/],
  [
    'no hook',
    ['--set', 'env.path=silent.mjs'],
    /own has no `demonstrate`.*Give it `demonstrate\(state, agent, random\)`/,
  ],
  [
    'a hook without a text',
    ['--set', 'env.path=number.mjs'],
    /`demonstrate` of the environment own gave a value of type number and no text/,
  ],
])('refuses %s, and writes nothing', async (_, args, message) => {
  space.write('silent.mjs', code('demonstrate: undefined,'));
  space.write('number.mjs', code('demonstrate: () => 3,'));
  const { code: ended, err } = await make('--out', 'wrong', ...args);
  expect(ended, err).toBeGreaterThan(0);
  expect(err).toMatch(message);
  expect(existsSync(space.path('wrong'))).toBe(false);
});
