/**
 * The configurations in configs/, and what they can be changed to, on the quick start's tiny model: two steps of each by
 * the command line.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { memory } from '@collm/torch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../src/config/load.js';
import { readMetrics } from '../src/run-store/records.js';
import { openTeam } from '../src/team.js';
import { createTinyModel } from '../src/warm-start/tiny-model.js';
import { Workspace } from './workspace.js';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const folder = here('../../../configs/str_build/');
const tiny = here('../checkpoints/str-build-tiny');
const algorithms = ['collm_cc', 'collm_dc', 'ac', 'mareinforce', 'magrpo', 'marloo', 'maremax', 'grpo'];

/** From a GPU and 4B weights to a processor and a few thousand. */
const small = [
  `agent_model.path=${tiny}`,
  'agent_model.dtype=float32',
  'agent_model.device=cpu',
  'critic_model.device=null',
  'train.parallel_training=none',
  'env.prompt_style=compact',
  'env.num_turns=2',
  'env.words=[I, L, C]',
  'env.train_split="[:2]"',
  'env.eval_split="[2:]"',
  'train.max_steps=2',
  'train.max_new_tokens=16',
  'train.temperature=1',
  'train.top_p=0.9',
  'train.eval_interval=2',
  'train.eval_num_samples=1',
];

let space: Workspace;
beforeAll(() => {
  space = new Workspace();
  // A model with another tokenizer.
  createTinyModel(space.path('other'), ['cells 0 4 0', '/setblock 0 4 0 stone'], 2);
});
afterAll(() => space[Symbol.dispose]());

async function run(algorithm: string, name: string, set: readonly string[] = []) {
  const before = memory().tensors;
  const file = join(folder, `${algorithm}.yaml`);
  const given = [...small, ...set].flatMap((text) => ['--set', text]);
  const { code, err } = await space.collm(['train', file, '--name', name, ...given], openTeam);
  expect(code, err).toBe(0);
  expect(memory().tensors).toBe(before);
  const records = readMetrics(space.path('runs', name));
  const steps = records.filter(({ kind }) => kind === 'train');
  expect(steps.map(({ step }) => step)).toEqual([1, 2]);
  for (const { metrics } of records) {
    for (const [metric, value] of Object.entries(metrics)) expect(value, metric).toSatisfy(Number.isFinite);
  }
  const last = steps[1]?.metrics ?? {};
  expect(last['agent_1/updates']).toBe(1);
  return last;
}

describe('the published settings', () => {
  it('are there for every algorithm', () => {
    expect(readdirSync(folder).sort()).toEqual(algorithms.map((name) => `${name}.yaml`).sort());
  });

  it.each(algorithms)('of %s: are what the paper says', (name) => {
    const { algorithm, agent_model, env, train } = loadConfig({ files: [join(folder, `${name}.yaml`)] });
    expect(algorithm).toMatchObject({ name, discount: 0.9, rollout_buffer_size: 1 });
    expect(agent_model).toMatchObject({ path: 'Qwen/Qwen3-4B-Instruct-2507', lora: null });
    expect(env).toMatchObject({ num_turns: 4, reward_shift: -2, early_termination_threshold: -0.1 });
    expect(train).toMatchObject({ temperature: 0.6, top_p: 0.6, max_new_tokens: 512, items_per_step: 1 });
    // All methods play as much (spec 3.3): joint samples of an item, times 8 items, times epochs.
    const perItem = 'critic_type' in algorithm ? 4 : 2 + 4 + 8 + 16;
    expect(algorithm.num_generations).toBe('critic_type' in algorithm ? 1 : 2);
    expect(8 * train.num_train_epochs * perItem).toBe(4800);
  });

  it.each(algorithms)('of %s: can be checked without being started', async (name) => {
    const file = join(folder, `${name}.yaml`);
    const { code, err } = await space.collm([
      'train',
      file,
      '--dry-run',
      '--set',
      `agent_model.path=${tiny}`,
    ]);
    expect(err).toMatch(/8 items to train on, 2 to evaluate on/);
    expect(code).toBe(0);
  });

  it.each(algorithms)('of %s: train language models', async (name) => {
    const metrics = await run(name, name);
    const evaluations = readMetrics(space.path('runs', name)).filter(({ kind }) => kind === 'eval');
    expect(evaluations.map(({ step }) => step)).toEqual([0, 2]);
    const critics = { collm_cc: ['critic'], collm_dc: ['critic_1', 'critic_2'], ac: ['critic'] }[name] ?? [];
    for (const critic of critics) expect(metrics[`${critic}/value_loss`], critic).toBeGreaterThan(0);
    expect(Object.keys(metrics).filter((metric) => metric.endsWith('value_loss'))).toHaveLength(
      critics.length,
    );
  });
});

describe('what can be changed in them', () => {
  const quick = [
    'train.eval_interval=0',
    'train.max_new_tokens=12',
    'agent_model.gradient_checkpointing=false',
  ];
  const lora = 'agent_model.lora.r=2';
  const criticLora = 'critic_model.lora.r=2';
  const share = 'agent_model.share=true';
  const head = ['algorithm.use_separate_critic=false', 'critic_model=null'];
  const q = (baseline: string) => [
    'algorithm.critic_type=q',
    `algorithm.q_baseline=${baseline}`,
    ...(baseline === 'v' ? [] : ['algorithm.baseline_samples=2']),
  ];
  const token = ['algorithm.value_level=token', 'algorithm.gae_lambda=0.9'];
  const ppo = ['algorithm.policy_loss=ppo', 'algorithm.is_correction=token'];
  const popart = 'critic_model.value_norm=popart';
  const sequential = 'algorithm.update_order=sequential';
  const kl = (mode: string) => [`algorithm.kl_mode=${mode}`, 'algorithm.parity=true'];
  const cross = ['algorithm.joint_mode=cross', 'env.num_turns=1'];
  const horizon = ['algorithm.bootstrap_on_horizon=true', 'algorithm.gae_lambda=0.5'];
  const rounds = ['algorithm.rollout_buffer_size=3', 'train.lr_schedule=cosine', 'train.num_train_epochs=9'];
  const twoModels = [`agent_model.path=["${tiny}", other]`, 'agent_model.dtype=[float32, bfloat16]'];
  const mp = ['train.parallel_training=mp', 'agent_model.device=[cpu, cpu]', 'critic_model.device=cpu'];

  it.each([
    ['adapters, with a loss of k3', 'collm_cc', [lora, criticLora, ...kl('lossK3')]],
    ['shared actors, with several rounds a step', 'collm_cc', [share, ...rounds]],
    ['shared actors with adapters, with an exact loss', 'magrpo', [share, lora, ...kl('lossExact')]],
    ['two models with a critic of both', 'collm_cc', [...twoModels, ...mp]],
    ['two models, with values before tokens', 'collm_dc', [...twoModels, ...token, ...ppo]],
    ['a shared head, with a loss of k3', 'collm_dc', [...head, ...kl('lossK3')]],
    [
      'a shared head of one agent that learns Q',
      'ac',
      [...head, ...q('mean'), 'algorithm.value_stop_gradient=true'],
    ],
    ['a shared head of shared actors, before tokens', 'collm_dc', [...head, share, ...token, popart]],
    ['Q against V, with an advantage less k1', 'collm_cc', [...q('v'), ...kl('rewardK1')]],
    ['Q against the mean', 'collm_dc', q('mean')],
    ['Q against the others, normalised', 'collm_cc', [...q('loo'), popart]],
    ['Q, counterfactual', 'collm_cc', q('counterfactual')],
    ['values before tokens, with agents in sequence', 'collm_cc', [...token, sequential, ...ppo]],
    ['the horizon as a cut', 'collm_cc', horizon],
    [
      'an exact loss, with an entropy bonus',
      'magrpo',
      [...kl('lossExact'), 'algorithm.entropy_coef=0.01', ...cross],
    ],
    ['a reward less k3', 'collm_dc', kl('rewardK3')],
    [
      'a tree with agents in sequence',
      'magrpo',
      [sequential, 'algorithm.num_generations=3', 'algorithm.branches_per_node=2'],
    ],
    ['all joint samples', 'marloo', cross],
    ['a greedy baseline', 'maremax', ['algorithm.max_source=greedy']],
  ] as const)('%s', async (about, algorithm, set) => {
    await run(algorithm, about.replaceAll(/\W+/g, '-'), [...quick, ...set]);
  });

  it('but not one critic for the tokens of two vocabularies', async () => {
    const set = [...small, ...quick, ...twoModels, ...token].flatMap((text) => ['--set', text]);
    const before = memory().tensors;
    const { code, err } = await space.collm(['train', join(folder, 'collm_cc.yaml'), ...set], openTeam);
    expect(code).toBe(1);
    expect(err).toMatch(/another vocabulary than the agent .*other.*value_level: turn/);
    expect(memory().tensors).toBe(before);
  });

  it('and a run goes on bit for bit, from the same reference', async () => {
    const set = ['train.checkpoint_every=1', popart, ...kl('lossK3'), 'train.warmup_steps=1'];
    await run('collm_dc', 'again', [...quick, ...set]);
    const metrics = () =>
      readMetrics(space.path('runs/again')).map(({ step, metrics: own }) => ({
        step,
        own: Object.entries(own).filter(([name]) => !name.startsWith('time/')),
      }));
    const before = metrics();
    const { code, err } = await space.collm(['train', '--resume', 'runs/again', '--from', '1'], openTeam);
    expect(code, err).toBe(0);
    expect(metrics()).toEqual(before);
    expect(before.at(-1)?.own.find(([name]) => name === 'agent_1/kl_k3')?.[1]).toBeGreaterThan(0);
  });
});
