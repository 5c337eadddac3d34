/** Every task trains, on its own data, with a tiny model: two steps of both CoLLM methods and of MAGRPO. */
import { tasks } from '@collm/envs';
import { memory } from '@collm/torch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEpisodes, readMetrics } from '../src/run-store/records.js';
import { openTeam } from '../src/team.js';
import { Workspace } from './workspace.js';

/** Small enough for seconds: one item a step, a few tokens a response. */
const train = {
  items_per_step: 1,
  max_steps: 2,
  num_train_epochs: 2,
  max_new_tokens: 12,
  temperature: 1,
  top_p: 1,
  eval_interval: 2,
  eval_num_samples: 1,
};

const algorithms = [
  { name: 'collm_cc', advantage_normalization: 'none' },
  { name: 'collm_dc', advantage_normalization: 'none' },
  { name: 'magrpo', num_generations: 2 },
];

let space: Workspace;
beforeAll(() => {
  space = new Workspace();
});
afterAll(() => space[Symbol.dispose]());

describe.each(tasks.map((task) => [task.name, task] as const))('%s', (name, { settings }) => {
  const model = `tiny-${name}`;
  beforeAll(async () => {
    const args = ['model', 'tiny', '--task', name, '--out', model, '--context', '16384', '--vocab', '400'];
    const { code, err } = await space.collm(args);
    expect(code, err).toBe(0);
  });

  it.each(algorithms)('trains with $name', async (algorithm) => {
    const { numTurns } = settings.parse({}) as { numTurns: number };
    const env = { type: name, num_turns: Math.min(numTurns, 2) };
    const config = { env, agent_model: { path: model }, algorithm, train };
    space.write('task.yaml', JSON.stringify(config));
    const before = memory().tensors;
    const run = `${name}-${algorithm.name}`;
    const { code, err } = await space.collm(['train', 'task.yaml', '--name', run], openTeam);
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
