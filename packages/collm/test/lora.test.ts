/** The command line on agents and a critic with adapters: train, resume, evaluate. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readMetrics } from '../src/run-store/records.js';
import { openTeam } from '../src/team.js';
import { shortRun, tinyWorkspace } from './tiny-workspace.js';
import type { Workspace } from './workspace.js';

let space: Workspace;
const set = [
  ...shortRun,
  'agent_model.lora.r=4',
  'agent_model.lora.lora_dropout=0.1',
  'critic_model.lora={r: 2, target_modules: [q_proj, v_proj]}',
  'train.max_new_tokens=12',
].flatMap((text) => ['--set', text]);

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
const member = (name: string, file: string) => space.path('runs/a/checkpoints/step-000002', name, file);
const weights = () =>
  ['agent-0', 'agent-1', 'critic'].map((name) =>
    readFileSync(member(name, 'adapter_model.safetensors')).toString('base64'),
  );

it('trains adapters of their own, saved in the layout of PEFT without the base', () => {
  const [first, second] = weights();
  expect(first).not.toBe(second);
  expect(readdirSync(member('agent-0', ''))).not.toContain('model.safetensors');
  const config = JSON.parse(readFileSync(member('critic', 'adapter_config.json'), 'utf8'));
  expect(config).toMatchObject({ peft_type: 'LORA', r: 2, target_modules: ['q_proj', 'v_proj'] });
  expect(config.base_model_name_or_path).toBe(space.path('model'));
  expect(existsSync(member('critic', 'training/value_head.safetensors'))).toBe(true);
});

it('goes on from a checkpoint bit for bit', async () => {
  const [metrics, before] = [metricsOf('runs/a'), weights()];
  const { code } = await space.collm(['train', '--resume', 'runs/a', '--from', '1'], openTeam);
  expect(code).toBe(0);
  expect(readMetrics(space.path('runs/a')).some(({ attempt }) => attempt === 2)).toBe(true);
  expect(metricsOf('runs/a')).toEqual(metrics);
  expect(weights()).toEqual(before);
});

it('evaluates a checkpoint with the numbers of the training', async () => {
  const { code, out } = await space.collm(['eval', 'runs/a', '--checkpoint', '2', '--json'], openTeam);
  expect(code).toBe(0);
  const trained = metricsOf('runs/a').findLast(({ kind }) => kind === 'eval')?.metrics ?? {};
  expect(JSON.parse(out).summary.return.mean).toBe(trained['eval/return']);
});

it('names modules that the model does not have', async () => {
  const wrong = ['--set', 'agent_model.lora.target_modules=[q_proj, lm_head]'];
  const { code, err } = await space.collm(['train', 'run.yaml', '--name', 'b', ...set, ...wrong], openTeam);
  expect(code).toBe(1);
  expect(err).toMatch(/no linear module lm_head that can be adapted\. Choose from q_proj, k_proj/);
  expect(err).not.toMatch(/\n\s+at /);
});
