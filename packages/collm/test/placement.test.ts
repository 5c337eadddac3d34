/** Teams whose members live in threads and processes, through the command line: the same runs, bit for bit. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Environment } from '@collm/envs';
import { WorkerLostError } from '@collm/marl';
import { numThreads } from '@collm/torch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../src/config/load.js';
import { filesUnder } from '../src/run-store/durable.js';
import { openTeam } from '../src/team.js';
import { tinyWorkspace } from './tiny-workspace.js';
import { content, type Workspace } from './workspace.js';

let space: Workspace;
const common = [
  'agent_model.threads=1',
  'train.max_new_tokens=8',
  'train.items_per_step=2',
  'train.max_steps=2',
  'train.checkpoint_every=1',
  'train.eval_interval=2',
  'train.eval_generations=1',
  'train.agent_learning_rate=0.01',
  'train.critic_learning_rate=0.01',
  'env.words=[I, L, C]',
  'env.train_split="[:2]"',
  'env.eval_split="[2:]"',
];
const flags = (settings: readonly string[]) => settings.flatMap((text) => ['--set', text]);

beforeAll(() => {
  space = tinyWorkspace();
});
afterAll(() => space[Symbol.dispose]());

async function train(name: string, settings: readonly string[]): Promise<unknown> {
  const set = flags([...common, ...settings]);
  const { code, err } = await space.collm(['train', 'run.yaml', '--name', name, ...set], openTeam);
  expect(err).toContain('Finished');
  expect(code).toBe(0);
  return outcome(name);
}

/** What a run reports and what it has saved. */
function outcome(name: string): unknown {
  const dir = space.path('runs', name, 'checkpoints/step-000002');
  const files = filesUnder(dir).map((file) => [file, readFileSync(`${dir}/${file}`).toString('base64')]);
  return { ...content(space.path('runs', name)), files: Object.fromEntries(files) };
}

const heads = ['algorithm.name=collm_dc', 'algorithm.use_separate_critic=false'];
const lora = [
  'algorithm.name=magrpo',
  'agent_model.lora={r: 4, lora_dropout: 0.1}',
  'algorithm.kl_mode=lossExact',
];

describe.each([
  ['collm_cc', [], ['thread', 'process', '[process, inline]']],
  ['collm_dc with heads', heads, ['[thread, process]']],
  ['magrpo with adapters', lora, ['[process, thread]']],
] as const)('%s', (name, settings, placements) => {
  let inline: unknown;
  beforeAll(async () => {
    inline = await train(name.replaceAll(' ', '-'), settings);
  });

  it.each(placements)('gives the same run in %s', async (placement) => {
    const run = `${name} ${placement}`.replace(/\W+/g, '-');
    expect(await train(run, [...settings, `agent_model.placement=${placement}`])).toEqual(inline);
  });
});

describe('a run', () => {
  const name = 'resumed';
  beforeAll(() => train(name, []));

  it('goes on under another placement with the same end', async () => {
    const before = outcome(name);
    const file = space.path('runs', name, 'config.yaml');
    const config = readFileSync(file, 'utf8');
    const changed = config.replace(/^( +)placement: inline$/m, '$1placement: [thread, process]');
    expect(changed).not.toBe(config);
    writeFileSync(file, changed);
    const { code } = await space.collm(['train', '--resume', `runs/${name}`, '--from', '1'], openTeam);
    expect(code).toBe(0);
    expect(outcome(name)).toEqual(before);
  });

  it('is evaluated where its agents are placed', async () => {
    const { code, out } = await space.collm(
      ['eval', `runs/${name}`, '--checkpoint', '2', '--json'],
      openTeam,
    );
    expect(code).toBe(0);
    const { metrics } = outcome(name) as { metrics: { kind: string; metrics: Record<string, number> }[] };
    const trained = metrics.findLast(({ kind }) => kind === 'eval')?.metrics['eval/return'];
    expect(JSON.parse(out).summary.return.mean).toBe(trained);
  });
});

describe('a team', () => {
  const open = (...settings: string[]) => {
    const config = loadConfig({
      files: ['run.yaml'],
      assignments: [...common, ...settings],
      cwd: space.dir,
    });
    return openTeam(config, { numAgents: 2 } as Environment, 'evaluation');
  };
  const children = () =>
    readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  const sequence = { promptTokens: [1, 2], tokens: [3] };

  it('opens again those members whose worker is gone, and no other', async () => {
    const team = await open('agent_model.placement=[process, thread]');
    const ask = () => Promise.all(team.agents.map((agent) => agent.logProbs([sequence], 'current', 1)));
    try {
      const before = await ask();
      process.kill(children().at(-1) as number, 'SIGKILL');
      await expect(ask()).rejects.toBeInstanceOf(WorkerLostError);
      await team.revive?.();
      expect(await ask()).toEqual(before);
    } finally {
      await team.dispose();
    }
  });

  it('leaves nothing open when a member cannot be had, and gives back its threads', async () => {
    const before = { threads: numThreads(), children: children() };
    const broken = open('agent_model.placement=[process, inline]', 'agent_model.path=[model, nowhere]');
    await expect(broken).rejects.toThrow(/nowhere/);
    expect({ threads: numThreads(), children: children() }).toEqual(before);
  });

  it('has nothing to open again where all members are inline', async () => {
    const team = await open();
    expect(team.revive).toBeUndefined();
    await team.dispose();
  });
});
