/**
 * Every task trains on its own data, with a tiny model: two steps of both CoLLM methods and of MAGRPO, with the
 * published settings as far as a laptop can have them.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tasks } from '@collm/envs';
import { memory } from '@collm/torch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEpisodes, readMetrics } from '../src/run-store/records.js';
import { openTeam } from '../src/team.js';
import { Workspace } from './workspace.js';

const configs = fileURLToPath(new URL('../../../configs/', import.meta.url));
const algorithms = ['collm_cc', 'collm_dc', 'magrpo'];

/** From a GPU, a download and hours to a processor, the task's own data and seconds. */
const small = [
  'env.dataset=builtin',
  'agent_model.dtype=float32',
  'agent_model.device=cpu',
  'critic_model.device=null',
  'train.parallel_training=none',
  'train.max_steps=2',
  'train.max_new_tokens=12',
  'train.eval_interval=2',
  'train.eval_num_samples=1',
];

let space: Workspace;
beforeAll(() => {
  space = new Workspace();
});
afterAll(() => space[Symbol.dispose]());

it('every task has its published settings', () => {
  expect(readdirSync(configs).sort()).toEqual(tasks.map(({ name }) => name).sort());
});

describe.each(tasks.map((task) => [task.name, task] as const))('%s', (name, { settings }) => {
  const model = `tiny-${name}`;
  beforeAll(async () => {
    const args = ['model', 'tiny', '--task', name, '--out', model, '--context', '16384', '--vocab', '700'];
    const { code, err } = await space.collm(args);
    expect(code, err).toBe(0);
  });

  it.each(algorithms)('trains with %s', async (algorithm) => {
    const { numTurns } = settings.parse({}) as { numTurns: number };
    const set = [...small, `agent_model.path=${model}`, `env.num_turns=${Math.min(numTurns, 2)}`].flatMap(
      (text) => ['--set', text],
    );
    const before = memory().tensors;
    const run = `${name}-${algorithm}`;
    const file = join(configs, name, `${algorithm}.yaml`);
    const { code, err } = await space.collm(['train', file, '--name', run, ...set], openTeam);
    expect(code, err).toBe(0);
    expect(memory().tensors).toBe(before);
    const records = readMetrics(space.path('runs', run));
    expect(records.map(({ kind, step }) => [kind, step])).toEqual([
      ['eval', 0],
      ['train', 1],
      ['train', 2],
      ['eval', 2],
    ]);
    for (const { metrics } of records) {
      for (const [metric, value] of Object.entries(metrics)) expect(value, metric).toSatisfy(Number.isFinite);
    }
    const episodes = readEpisodes(space.path('runs', run));
    expect(episodes.length).toBeGreaterThanOrEqual(4);
    for (const { turns, failure } of episodes) {
      expect(failure).toBeUndefined();
      for (const { reward, components } of turns) {
        const sum = Object.values(components).reduce((total, part) => total + part, 0);
        expect(sum).toBeCloseTo(reward, 9);
      }
    }
  });
});
