/** `collm warm-start` with models and trainings so small that they only show that all of it goes together. */
import { existsSync, readFileSync } from 'node:fs';

import { loadDecoder, Tokenizer } from '@collm/lm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processIo } from '../src/io.js';
import { criticReadings } from '../src/warm-start/critic-readings.js';
import { demonstrate, seededRandom } from '../src/warm-start/demonstrations.js';
import { openEnvironments } from '../src/warm-start/open-environments.js';
import type { Recipe } from '../src/warm-start/recipe.js';
import { houseBuildRecipe } from '../src/warm-start/recipes/house-build.js';
import { type WarmStartReport, warmStart } from '../src/warm-start/warm-start.js';
import { Workspace } from './workspace.js';

let space: Workspace;
beforeAll(async () => {
  space = new Workspace();
  const { code, err } = await make('house');
  expect(code, err).toBe(0);
});
afterAll(() => space[Symbol.dispose]());

const tiny = ['--hidden-size', '16', '--heads', '2', '--layers', '1', '--steps', '3', '--batch', '4'];
const make = (out: string, more: readonly string[] = []) =>
  space.collm([
    'warm-start',
    '--task',
    'house_build',
    '--out',
    out,
    ...tiny,
    '--turns',
    '2',
    '--first-turns',
    '0.3',
    '--seed',
    '4',
    '--threads',
    '1',
    ...more,
  ]);
const bytes = (folder: string, file = 'model.safetensors') => readFileSync(space.path(folder, file));

describe('collm warm-start', () => {
  it('writes a folder that opens, and says how the model was made and how well it does', () => {
    using decoder = loadDecoder(space.path('house'));
    expect(decoder.config).toMatchObject({ hiddenSize: 16, numHeads: 2, numLayers: 1, maxPositions: 512 });
    const report = JSON.parse(bytes('house', 'warm-start.json').toString()) as WarmStartReport;
    expect(report).toMatchObject({ task: 'house_build', options: { steps: 3, seed: 4, agents: 'both' } });
    expect(report.before.map(({ agents }) => agents)).toEqual([2, 1]);
    expect(report.parameters).toBe(decoder.parameters().reduce((sum, { numel }) => sum + numel, 0));
    expect(report.longestConversation).toBeGreaterThan(report.longestResponse);
    expect(report.loss).toBeGreaterThan(0);
  });

  it('gives a command few tokens', () => {
    const tokenizer = Tokenizer.load(space.path('house'));
    const line = '/fill 0 0 0 1 0 1 planks\n';
    const tokens = tokenizer.encode(line).map((token) => tokenizer.decode([token]));
    expect(tokens).toEqual(['/fill ', '0 0 0', ' 1 0 1', ' planks\n']);
  });

  it('gives the same bytes for the same seed, and others for another', async () => {
    await make('again');
    await make('other', ['--seed', '5']);
    expect(bytes('again').equals(bytes('house'))).toBe(true);
    expect(bytes('again', 'tokenizer.json').equals(bytes('house', 'tokenizer.json'))).toBe(true);
    expect(bytes('other').equals(bytes('house'))).toBe(false);
  });

  it('refuses what cannot work, and writes nothing then', async () => {
    const wrong: [string[], RegExp][] = [
      [['--task', 'chess'], /no recipe for `--task chess`. There are str_build, house_build/],
      [['--hidden-size', '20', '--heads', '3'], /`--hidden-size 20` and `--heads 3` do not go together/],
      [['--vocab-size', '200'], /`--vocab-size 200` is too small/],
      [['--max-positions', '20'], /do not fit into `--max-positions 20`/],
      [['--agents', '3'], /It must be 1, 2 or both/],
      [['--learning-rate', '0'], /above 0/],
      [['--set', 'env.feedback=loud'], /feedback/],
    ];
    for (const [args, message] of wrong) {
      const { code, err } = await make('wrong', args);
      expect(code, err).toBeGreaterThan(0);
      expect(err).toMatch(message);
    }
    expect(existsSync(space.path('wrong'))).toBe(false);
  });
});

it('a stopped warm start leaves nothing behind', async () => {
  const recipe = houseBuildRecipe as Recipe;
  const environments = await openEnvironments(recipe, { turns: 1, agents: 2, set: [] }, processIo);
  const stop = new AbortController();
  const steps: number[] = [];
  const report = await warmStart({
    ...recipe.defaults,
    ...{ hiddenSize: 16, heads: 2, layers: 1, steps: 9, batch: 4, turns: 1, agents: 2 },
    ...{ recipe, environments, set: [], out: space.path('stopped'), seed: 1, device: 'cpu' },
    signal: stop.signal,
    onStep: (step) => {
      steps.push(step);
      if (step === 2) stop.abort();
    },
  });
  expect(report).toBeNull();
  expect(steps).toEqual([1, 2]);
  expect(existsSync(space.path('stopped'))).toBe(false);
});

it('readings are what a critic is fed, turn by turn, followed by the turns that are left', async () => {
  const recipe = houseBuildRecipe as Recipe;
  const tokenizer = Tokenizer.load(space.path('house'));
  const eos = tokenizer.eosTokenId as number;
  const encode = (text: string) => [...tokenizer.encode(text), eos];
  const environments = await openEnvironments(recipe, { turns: 3, agents: 2, set: [] }, processIo);
  const episode = await demonstrate({ recipe, environments, endsLines: true }, seededRandom(1), encode);
  for (let seed = 1; seed <= 8; seed++) {
    const readings = criticReadings(episode, 3, tokenizer, encode, seededRandom(seed));
    expect(readings.map(({ tokens }) => tokens)).toEqual([encode('3'), encode('2'), encode('1')]);
    for (const [turn, { promptTokens: read }] of readings.entries()) {
      expect(read.at(-1)).toBe(eos);
      expect(tokenizer.decode(read.slice(-6))).toContain(`left ${3 - turn}`);
      const before = readings[turn - 1]?.promptTokens ?? [];
      expect(read.slice(0, before.length)).toEqual(before);
    }
  }
});
