/** The command line with the faults of the reference: every key gets where it works, in workers and after a resume too. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMetrics } from '../src/run-store/records.js';
import { openTeam } from '../src/team.js';
import { shortRun, tinyWorkspace } from './tiny-workspace.js';
import type { Workspace } from './workspace.js';

let space: Workspace;
beforeAll(() => {
  space = tinyWorkspace();
});
afterAll(() => space[Symbol.dispose]());

const common = [
  ...shortRun,
  // Sums are in another order with other numbers of threads.
  'agent_model.threads=1',
  'critic_model.threads=1',
  'algorithm.parity=true',
  'train.temperature=0.7',
  'train.max_new_tokens=5',
  'train.eval_interval=2',
  'train.eval_num_samples=1',
  'train.eval_generations=1',
];
const set = (...texts: string[]) => [...common, ...texts].flatMap((text) => ['--set', text]);

const metricsOf = (run: string) =>
  readMetrics(space.path('runs', run)).map(({ kind, step, metrics }) => ({
    kind,
    step,
    metrics: Object.fromEntries(Object.entries(metrics).filter(([name]) => !name.startsWith('time/'))),
  }));
const weights = (run: string, members: readonly string[]) =>
  members.map((name) => {
    const path = space.path('runs', run, 'checkpoints/step-000002', name, 'model.safetensors');
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  });

const q = ['algorithm.critic_type=q'];
const rewarded = ['algorithm.kl_mode=rewardK3', 'algorithm.kl_coef=5'];
const ownHead = 'algorithm.use_separate_critic=false';

describe.each([
  ['collm_cc', 'D1, D2, D5, D8', [...q, ...rewarded], ['agent-0', 'agent-1', 'critic']],
  ['collm_dc', 'D2', [...q, ownHead], ['agent-0', 'agent-1']],
  // Not magrpo: an untrained model's responses all pay the same.
  ['mareinforce', 'D3, D5, D8', ['algorithm.num_generations=2'], ['agent-0', 'agent-1']],
] as const)('%s with %s', (name, faults, more, members) => {
  const run = `${name}-${faults.replaceAll(', ', '-')}`;
  const keys = [`algorithm.name=${name}`, `algorithm.reference_faults=[${faults}]`, ...more];
  const train = async (as: string, ...also: string[]) => {
    const { code, err } = await space.collm(
      ['train', 'run.yaml', '--name', as, ...set(...keys, ...also)],
      openTeam,
    );
    expect(err).toContain('Finished');
    expect(code).toBe(0);
  };

  it('trains otherwise than without, the same in a worker, and goes on bit for bit', async () => {
    await train(run);
    const [metrics, trained] = [metricsOf(run), weights(run, members)];
    await train(`${run}-thread`, 'agent_model.placement=[inline, thread]');
    expect(weights(`${run}-thread`, members)).toEqual(trained);
    const off = faults.includes('D1') ? ['algorithm.kl_mode=off'] : [];
    await train(`${run}-right`, 'algorithm.reference_faults=[]', ...off, ...withoutFault(name));
    expect(weights(`${run}-right`, members)[0]).not.toBe(trained[0]);
    const { code } = await space.collm(['train', '--resume', `runs/${run}`, '--from', '1'], openTeam);
    expect(code).toBe(0);
    expect(metricsOf(run)).toEqual(metrics);
    expect(weights(run, members)).toEqual(trained);
  });

  it('evaluates its team as it was trained', async () => {
    const { code, out } = await space.collm(['eval', `runs/${run}`, '--checkpoint', '2', '--json'], openTeam);
    expect(code).toBe(0);
    const last = metricsOf(run).findLast(({ kind }) => kind === 'eval')?.metrics ?? {};
    expect(JSON.parse(out).summary.return.mean).toBe(last['eval/return']);
  });
});

/** A head on the agent's model learns Q alone, so that Q needs samples to be compared with. */
const withoutFault = (name: string) => (name === 'collm_dc' ? ['algorithm.q_baseline=loo'] : []);
