/** The command line on real language models: tiny ones with random weights, which answer nothing but garbage. */
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesUnder } from '../src/run-store/durable.js';
import { readEpisodes, readMetrics } from '../src/run-store/records.js';
import { openTeam } from '../src/team.js';
import { tinyWorkspace } from './tiny-workspace.js';
import type { Workspace } from './workspace.js';

let space: Workspace;
const small = ['train.max_new_tokens=12', 'train.items_per_step=2', 'train.max_steps=4', 'train.keep_last=9'];
const rates = ['train.agent_learning_rate=0.001', 'train.critic_learning_rate=0.001', 'env.words=[I, L, C]'];
const splits = ['env.train_split="[:2]"', 'env.eval_split="[2:]"', 'train.eval_generations=2'];
const set = [...small, ...rates, ...splits].flatMap((text) => ['--set', text]);

beforeAll(async () => {
  space = tinyWorkspace();
  const { code, err } = await space.collm(['train', 'run.yaml', '--name', 'a', ...set], openTeam);
  expect(err).toContain('Finished');
  expect(code).toBe(0);
});
afterAll(() => space[Symbol.dispose]());

const metricsOf = (run: string) =>
  readMetrics(space.path(run)).map(({ kind, step, metrics }) => ({
    kind,
    step,
    metrics: Object.fromEntries(Object.entries(metrics).filter(([name]) => !name.startsWith('time/'))),
  }));

const weightsOf = (run: string) => {
  const dir = space.path(run, 'checkpoints/step-000004');
  return new Map(filesUnder(dir).map((name) => [name, readFileSync(`${dir}/${name}`).toString('base64')]));
};

describe('training language models', () => {
  it('scores garbage and changes the weights', () => {
    const episodes = readEpisodes(space.path('runs/a'));
    const rejected = episodes.flatMap(({ turns }) =>
      turns.map(({ metrics }) => metrics.agent_1_rejected ?? 0),
    );
    expect(Math.max(...rejected)).toBeGreaterThan(0);
    const last = metricsOf('runs/a').findLast(({ kind }) => kind === 'train')?.metrics ?? {};
    for (const name of ['agent_1/grad_norm', 'agent_2/entropy', 'critic/value_loss']) {
      expect(last[name], name).toBeGreaterThan(0);
    }
    const weights = weightsOf('runs/a');
    expect(weights.get('agent-0/model.safetensors')).not.toBe(weights.get('agent-1/model.safetensors'));
  });

  it('gives two equal runs for one seed', async () => {
    await space.collm(['train', 'run.yaml', '--name', 'b', ...set], openTeam);
    expect(metricsOf('runs/b')).toEqual(metricsOf('runs/a'));
    expect(weightsOf('runs/b')).toEqual(weightsOf('runs/a'));
  });

  it('goes on from a checkpoint bit for bit', async () => {
    const [metrics, weights] = [metricsOf('runs/a'), weightsOf('runs/a')];
    const { code } = await space.collm(['train', '--resume', 'runs/a', '--from', '2'], openTeam);
    expect(code).toBe(0);
    expect(readMetrics(space.path('runs/a')).filter(({ attempt }) => attempt === 2).length).toBeGreaterThan(
      2,
    );
    expect(metricsOf('runs/a')).toEqual(metrics);
    expect(weightsOf('runs/a')).toEqual(weights);
  });

  it('evaluates a checkpoint with the numbers of the training', async () => {
    const { code, out } = await space.collm(['eval', 'runs/a', '--checkpoint', '4', '--json'], openTeam);
    expect(code).toBe(0);
    const trained = metricsOf('runs/a').findLast(({ kind }) => kind === 'eval')?.metrics ?? {};
    expect(JSON.parse(out).summary.return.mean).toBe(trained['eval/return']);
  });
});

describe('models that cannot be used', () => {
  const train = (...more: string[]) =>
    space.collm(['train', 'run.yaml', '--name', 'broken', ...set, ...more], openTeam);

  it('prompts longer than the context are refused with the cure', async () => {
    const { code, err } = await train('--set', 'agent_model.max_prompt_tokens=5');
    expect(code).toBe(1);
    expect(err).toMatch(
      /a prompt of \d+ tokens does not fit the limit of 5 .*\n?.*Use a model with a longer context/,
    );
    expect(err).not.toMatch(/\n\s+at /);
  });

  it('damaged weights and configurations name the file', async () => {
    const file = space.path('model/model.safetensors');
    const whole = readFileSync(file);
    truncateSync(file, 1000);
    const short = await train();
    writeFileSync(file, whole);
    expect(short.code).toBe(1);
    expect(short.err).toMatch(/model\.safetensors/);
    const config = space.path('model/config.json');
    const text = readFileSync(config, 'utf8');
    writeFileSync(config, text.replace('"qwen3"', '"gpt9"'));
    const unknown = await train();
    writeFileSync(config, text);
    expect(unknown.code).toBe(1);
    expect(unknown.err).toMatch(/gpt9/);
  });
});
