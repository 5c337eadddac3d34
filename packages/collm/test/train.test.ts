import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readEpisodes, readMetrics } from '../src/run-store/records.js';
import { Workspace } from './workspace.js';

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

const metricsWithoutTime = (run: string) =>
  readMetrics(run).map(({ kind, step, env_steps, metrics }) => ({
    kind,
    step,
    env_steps,
    metrics: Object.fromEntries(Object.entries(metrics).filter(([name]) => !name.startsWith('time/'))),
  }));

describe('collm train', () => {
  it('leaves a complete run folder and prints what changed', async () => {
    const { code, out, err } = await space.collm(['train', 'run.yaml', '--name', 'a']);
    expect(err).toContain('Finished after step 6');
    expect(code).toBe(0);
    const files = [
      'config.yaml',
      'meta.json',
      'metrics.jsonl',
      'episodes.jsonl',
      'report.html',
      'logs/attempt-1.log',
    ];
    for (const file of files) expect(existsSync(space.path('runs/a', file)), file).toBe(true);
    expect(existsSync(space.path('runs/a/run.lock'))).toBe(false);
    expect(readdirSync(space.path('runs/a/checkpoints/step-000006')).sort()).toEqual([
      'agent-0',
      'agent-1',
      'critic',
      'state.json',
    ]);
    expect(out).toMatch(/return \(higher is better\)/);
    expect(out).toMatch(/same-texture ratio/);
    const metrics = readMetrics(space.path('runs/a'));
    expect(metrics.filter(({ kind }) => kind === 'train').map(({ step }) => step)).toEqual([
      1, 2, 3, 4, 5, 6,
    ]);
    expect(metrics.filter(({ kind }) => kind === 'eval').map(({ step }) => step)).toEqual([0, 3, 6]);
    expect(metrics[0]).toMatchObject({ attempt: 1, kind: 'eval', step: 0 });
    const episodes = readEpisodes(space.path('runs/a'));
    expect(episodes.filter(({ phase }) => phase === 'evaluation')).toHaveLength(3 * 2 * 3);
    expect(episodes.filter(({ phase }) => phase === 'train')).toHaveLength(6 * 4 * 2);
  });

  it('repeats itself exactly with one seed, and differs with another', async () => {
    await space.collm(['train', 'run.yaml', '--name', 'a']);
    await space.collm(['train', 'run.yaml', '--name', 'b']);
    await space.collm(['train', 'run.yaml', '--name', 'c', '--set', 'train.seed=7']);
    const [a, b, c] = ['a', 'b', 'c'].map((name) => metricsWithoutTime(space.path('runs', name)));
    expect(b).toEqual(a);
    expect(c).not.toEqual(a);
  });

  it('numbers runs without a name and never overwrites one', async () => {
    await space.collm(['train', 'run.yaml', '--set', 'train.max_steps=1']);
    await space.collm(['train', 'run.yaml', '--set', 'train.max_steps=1']);
    expect(readdirSync(space.path('runs')).sort()).toEqual([
      'str_build-collm_cc-001',
      'str_build-collm_cc-002',
    ]);
    const again = await space.collm(['train', 'run.yaml', '--name', 'str_build-collm_cc-001']);
    expect(again.code).toBe(1);
    expect(again.err).toMatch(/exists already, and nothing in it is overwritten/);
  });

  it('can start from the configuration that a run saved', async () => {
    await space.collm(['train', 'run.yaml', '--name', 'a']);
    await space.collm(['train', 'runs/a/config.yaml', '--name', 'b']);
    expect(metricsWithoutTime(space.path('runs/b'))).toEqual(metricsWithoutTime(space.path('runs/a')));
    expect(readFileSync(space.path('runs/b/config.yaml'), 'utf8')).toBe(
      readFileSync(space.path('runs/a/config.yaml'), 'utf8'),
    );
  });

  it('trains magrpo without a critic', async () => {
    const { code } = await space.collm([
      ...['train', 'run.yaml', '--name', 'm', '--set', 'train.max_steps=2'],
      ...['--set', 'algorithm={name: magrpo, num_generations: 2}'],
      ...['--set', 'env.num_turns=2'],
    ]);
    expect(code).toBe(0);
    expect(existsSync(space.path('runs/m/checkpoints/step-000002/critic'))).toBe(false);
  });
});
