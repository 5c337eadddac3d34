import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolveStrBuildOptions } from '@collm/envs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { ConfigError } from '../errors.js';
import { checkConfig } from './check.js';
import { configurationMarkdown } from './docs.js';
import { fileProblems } from './files.js';
import { configJsonSchema } from './knobs.js';
import { formatConfig, loadConfig, merge, parseAssignment } from './load.js';
import { algorithmOptions, loraOptions, openEnvironment, trainerOptions } from './to-options.js';

type Dict = Record<string, unknown>;

const base = {
  env: { type: 'str_build' },
  agent_model: { path: '/models/tiny' },
  algorithm: { name: 'collm_cc' },
};

/** Messages of all problems of the base configuration with some changes. */
function problems(changes: Dict, from: Dict = base): string[] {
  try {
    checkConfig(merge(from, changes));
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ message }) => message);
    throw error;
  }
  return [];
}

const set = (path: string, value: unknown): Dict =>
  path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Dict;

const magrpo = { ...base, algorithm: { name: 'magrpo' } };

describe('defaults', () => {
  it('fill in everything and agree with the environment', () => {
    const config = checkConfig(base);
    expect(config.train).toMatchObject({ seed: 42, items_per_step: 8, max_steps: null, top_p: 0.6 });
    expect(config.algorithm).toMatchObject({
      discount: 1,
      num_generations: 1,
      advantage_normalization: 'batch',
    });
    expect(checkConfig(magrpo).algorithm).toMatchObject({ discount: 0.9, num_generations: 4 });
    const environment = openEnvironment(config) as unknown as { settings: object };
    expect(environment.settings).toEqual(resolveStrBuildOptions({}));
  });

  it('reach the packages below under their names', () => {
    const config = checkConfig(
      merge(base, {
        algorithm: { gae_lambda: 0.5 },
        train: { top_k: 7, eval_generations: 2, eval_temperature: 1 },
      }),
    );
    expect(algorithmOptions(config)).toEqual({
      name: 'collm_cc',
      discount: 1,
      numGenerations: 1,
      gaeLambda: 0.5,
      bootstrapOnHorizon: false,
      valueLossCoef: 0.6,
      valueClipRange: null,
      criticWarmupSteps: 0,
      advantageNormalization: 'batch',
      trainBatchSize: null,
      updateEpochs: 1,
      policyLoss: 'pg',
      clipEps: 0.2,
      ratioLevel: 'token',
      lossAggregation: 'tokenMean',
    });
    expect(trainerOptions(config)).toMatchObject({
      sampling: { temperature: 0.6, topK: 7, topP: 0.6, maxNewTokens: 256 },
      evalGenerations: 2,
    });
  });
});

describe('values', () => {
  const bad: readonly (readonly [path: string, value: unknown, rule: string])[] = [
    ['env.num_agents', 3, 'at least 1 and at most 2'],
    ['env.num_agents', 0, 'at least 1'],
    ['env.num_turns', 0, 'at least 1'],
    ['env.num_turns', 5, 'at most 4'],
    ['env.words', [], 'a list of texts'],
    ['env.words', 'long', 'default or short'],
    ['env.csv_path', 5, 'a text'],
    ['env.train_split', 8, 'a text'],
    ['env.eval_split', false, 'a text'],
    ['env.blocks', 'stone', 'a list of lists'],
    ['env.blocks', [[]], 'a list of lists'],
    ['env.adjacency_by', 'color', 'texture or colour'],
    ['env.max_commands', 0, 'at least 1'],
    ['env.spacing', -1, 'at least 0'],
    ['env.spacing', 1001, 'at most 1000'],
    ['env.local_z', 0.5, 'an integer'],
    ['env.prompt_style', 'short', 'full or compact'],
    ['env.target', 'all', 'hidden or grid or cells'],
    ['env.feedback', 'none', 'position or perfect or score'],
    ['env.original_prompt', 'yes', 'true or false'],
    ['env.previous_response', 1, 'true or false'],
    ['env.mention_palette_rule', 0, 'true or false'],
    ['env.reward_scale', Number.NaN, 'a number'],
    ['env.reward_shift', '-2', 'a number'],
    ['env.early_termination_threshold', Number.POSITIVE_INFINITY, 'a number'],
    ['agent_model.path', 5, 'a text'],
    ['agent_model.path', '', 'a text'],
    ['agent_model.device', 'gpu', 'cpu, cuda or cuda:N'],
    ['agent_model.dtype', 'fp16', 'float32 or bfloat16'],
    ['agent_model.max_prompt_tokens', 0, 'at least 1'],
    ['agent_model.tokens_per_micro_batch', 0, 'at least 1'],
    ['agent_model.gradient_checkpointing', 'yes', 'true or false'],
    ['critic_model.gradient_checkpointing', 1, 'true or false'],
    ['agent_model.lora', 8, 'a section, or null'],
    ['agent_model.lora.r', 0, 'an integer at least 1'],
    ['agent_model.lora.lora_alpha', 0, 'above 0'],
    ['agent_model.lora.target_modules', [], 'a text, or a list of texts'],
    ['agent_model.lora.lora_dropout', 1, 'below 1'],
    ['agent_model.lora.use_rslora', 'yes', 'true or false'],
    ['critic_model.lora', 'all', 'a section, or null'],
    ['critic_model.lora.r', 1.5, 'an integer'],
    ['critic_model.path', 1, 'a text'],
    ['critic_model.device', 'tpu', 'cpu, cuda or cuda:N'],
    ['critic_model.dtype', 32, 'float32'],
    ['critic_model.max_prompt_tokens', -1, 'at least 1'],
    ['critic_model.value_head_hidden_dim', 0, 'at least 1'],
    ['algorithm.discount', 1.1, 'at least 0 and at most 1'],
    ['algorithm.discount', -0.1, 'at least 0'],
    ['algorithm.num_generations', 0, 'at least 1'],
    ['algorithm.gae_lambda', 2, 'at most 1'],
    ['algorithm.bootstrap_on_horizon', 'no', 'true or false'],
    ['algorithm.value_loss_coef', 0, 'above 0'],
    ['algorithm.value_clip_range', 0, 'above 0'],
    ['algorithm.critic_warmup_steps', -1, 'at least 0'],
    ['algorithm.advantage_normalization', 'group', 'none or node or turn or batch'],
    ['algorithm.train_batch_size', 0, 'at least 1'],
    ['algorithm.update_epochs', 0, 'at least 1'],
    ['algorithm.policy_loss', 'grpo', 'pg or ppo'],
    ['algorithm.clip_eps', 0, 'above 0'],
    ['algorithm.clip_eps', 1, 'below 1'],
    ['algorithm.ratio_level', 'word', 'token or sequence'],
    ['algorithm.loss_aggregation', 'sum', 'tokenMean or seqMean'],
    ['train.seed', -1, 'at least 0'],
    ['train.seed', 1.5, 'an integer'],
    ['train.items_per_step', 0, 'at least 1'],
    ['train.shuffle', 'true', 'true or false'],
    ['train.num_train_epochs', 0, 'at least 1'],
    ['train.max_steps', 0, 'at least 1'],
    ['train.temperature', 0, 'above 0'],
    ['train.top_p', 0, 'above 0'],
    ['train.top_p', 1.01, 'at most 1'],
    ['train.top_k', 0, 'at least 1'],
    ['train.max_new_tokens', 0, 'at least 1'],
    ['train.agent_learning_rate', 0, 'above 0'],
    ['train.critic_learning_rate', -1e-5, 'above 0'],
    ['train.weight_decay', -0.1, 'at least 0'],
    ['train.adam_beta1', 1, 'below 1'],
    ['train.adam_beta2', -0.1, 'at least 0'],
    ['train.adam_epsilon', 0, 'above 0'],
    ['train.max_grad_norm', 0, 'above 0'],
    ['train.eval_interval', -1, 'at least 0'],
    ['train.eval_num_samples', -1, 'at least 0'],
    ['train.eval_temperature', -1, 'at least 0'],
    ['train.eval_generations', 0, 'at least 1'],
    ['train.checkpoint_every', -1, 'at least 0'],
    ['train.keep_last', 0, 'at least 1'],
    ['env.type', 'chess', 'str_build'],
    ['algorithm.name', 'ppo', 'collm_cc or magrpo'],
  ];

  it.each(bad)('%s = %j is refused with the rule', (path, value, rule) => {
    const found = problems(set(path, value));
    expect(found, found.join('\n')).toHaveLength(1);
    expect(found[0]).toContain(`\`${path}`);
    expect(found[0]).toContain(rule);
  });

  it('has a bad value for every key', () => {
    const tested = new Set(bad.map(([path]) => path));
    const config = checkConfig(base) as unknown as Record<string, Dict>;
    const keys = Object.entries(config).flatMap(([section, own]) =>
      Object.keys(own).map((key) => `${section}.${key}`),
    );
    expect(keys.filter((key) => !tested.has(key))).toEqual([]);
  });

  it('refuses too few generations for magrpo, and names a bad joint mode', () => {
    expect(problems({ algorithm: { num_generations: 1 } }, magrpo)[0]).toMatch(
      /is 1, but must be an integer at least 2/,
    );
    expect(problems({ algorithm: { joint_mode: 'align' } }, magrpo)[0]).toMatch(/aligned or cross/);
    expect(problems({ algorithm: { cross_reduce: 'max' } }, magrpo)[0]).toMatch(/mean or sum/);
  });
});

describe('adapters', () => {
  it('are off unless a key of theirs is set, and null brings a default back', () => {
    expect(checkConfig(base).agent_model.lora).toBeNull();
    expect(loraOptions(checkConfig(base).agent_model.lora, 1, 0)).toBeNull();
    const changes = merge(set('agent_model.lora.r', 16), set('agent_model.lora.lora_alpha', null));
    const { lora } = checkConfig(merge(base, changes)).agent_model;
    expect(lora).toEqual({
      r: 16,
      lora_alpha: 8,
      target_modules: 'all-linear',
      lora_dropout: 0,
      use_rslora: false,
    });
    expect(loraOptions(lora, 7, 2)).toEqual({
      rank: 16,
      alpha: 8,
      targets: 'all-linear',
      dropout: 0,
      rslora: false,
      seed: 9,
    });
  });

  it('have all their problems reported at once, with the right key nearby', () => {
    const found = problems({ agent_model: { lora: { r: 0, lora_dropout: 2, alpha: 3, lora_alpa: 4 } } });
    expect(found).toEqual([
      expect.stringContaining('`agent_model.lora.r` is 0'),
      expect.stringContaining('`agent_model.lora.lora_dropout` is 2'),
      expect.stringMatching(/`agent_model.lora.alpha` is not a known key/),
      expect.stringMatching(/`agent_model.lora.lora_alpa` is not .*`agent_model.lora.lora_alpha`/),
    ]);
    expect(problems(set('train.lora_alpha', 3))[0]).toMatch(/Did you mean `agent_model.lora.lora_alpha`/);
  });
});

describe('keys that do not go together', () => {
  const cases: [string, Dict, RegExp, Dict?][] = [
    [
      'several epochs without ppo',
      { algorithm: { update_epochs: 2 } },
      /`algorithm.update_epochs` is 2, but .*pg/,
    ],
    [
      'several minibatches without ppo',
      { algorithm: { train_batch_size: 4 } },
      /train_batch_size` is 4, but a step can have 32/,
    ],
    ['minibatches of nodes', { algorithm: { train_batch_size: 8 } }, /can have 680 samples/, magrpo],
    [
      'batch normalisation of one',
      { train: { items_per_step: 1 }, env: { num_turns: 1 } },
      /advantage_normalization` is batch, but that set never holds more than one/,
    ],
    ['node normalisation of chains', { algorithm: { advantage_normalization: 'node' } }, /is node, but/],
    ['words twice', { env: { words: 'short', csv_path: '/x.csv' } }, /`env.words` and `env.csv_path`/],
    ['too few palettes', { env: { blocks: [['stone']] } }, /has 1 list\(s\), but there are 2 agents/],
    [
      'air only',
      { env: { blocks: [['stone'], ['air', 'minecraft:cave_air']] } },
      /\[1\] has nothing but air/,
    ],
    ['nothing to evaluate', { env: { eval_split: null } }, /nothing to evaluate on/],
    ['greedy repeats', { train: { eval_generations: 4 } }, /every episode of an item is the same/],
    ['critic adapter without use', { critic_model: { lora: { r: 2 } } }, /magrpo has no critic/, magrpo],
    ['critic without use', { critic_model: { path: '/c' } }, /magrpo has no critic/, magrpo],
  ];

  it.each(cases)('%s', (_, changes, message, from) => {
    const found = problems(changes, from);
    expect(found, found.join('\n')).toHaveLength(1);
    expect(found[0]).toMatch(message);
  });

  it('allows what ppo makes possible', () => {
    expect(problems({ algorithm: { update_epochs: 2, train_batch_size: 4, policy_loss: 'ppo' } })).toEqual(
      [],
    );
    expect(problems({ algorithm: { train_batch_size: 32 } })).toEqual([]);
  });
});

describe('unknown keys', () => {
  it.each([
    [
      { train: { temprature: 1 } },
      /`train.temprature` is not a known key. Did you mean `train.temperature`\?/,
    ],
    [{ trian: { seed: 1 } }, /`trian` .* Did you mean `train`\?/],
    [{ train: { discount: 1 } }, /`train.discount` .* Did you mean `algorithm.discount`\?/],
    [{ train: { learning_rate: 1 } }, /Did you mean `train.agent_learning_rate`\?/],
    [{ algorithm: { gae_lamda: 1 } }, /Did you mean `algorithm.gae_lambda`\?/],
    [{ algorithm: { joint_mode: 'cross' } }, /only exists with `algorithm.name: magrpo`/],
    [{ env: { zzzzzzzzzz: 1 } }, /`env.zzzzzzzzzz` is not a known key. Remove it/],
    [{ temperature: 1 }, /Did you mean `train.temperature`\?/],
    [{ train: { constructor: 1 } }, /`train.constructor` is not a known key/],
  ] as const)('%j', (changes, message) => {
    const found = problems(changes);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
  });
});

describe('all at once', () => {
  it('reports values, keys and rules together, each once', () => {
    const found = problems({
      env: { num_turns: 9 },
      algorithm: { update_epochs: 3, dicount: 0.9 },
      train: { top_p: 2, seeds: 1 },
    });
    expect(found).toHaveLength(5);
    for (const path of [
      'env.num_turns',
      'algorithm.dicount',
      'algorithm.update_epochs',
      'train.top_p',
      'train.seeds',
    ]) {
      expect(found.filter((message) => message.startsWith(`\`${path}\``))).toHaveLength(1);
    }
  });

  it('does not draw conclusions from a wrong value', () => {
    expect(problems({ algorithm: { update_epochs: 3, policy_loss: 'reinforce' } })).toHaveLength(1);
  });

  it('says what an empty configuration needs', () => {
    const found = problems({}, {});
    expect(found.join('\n')).toMatch(/`env` is missing.*type: str_build/);
    expect(found.join('\n')).toMatch(/`agent_model` is missing.*path/);
    expect(found.join('\n')).toMatch(/`algorithm` is missing.*collm_cc/);
  });

  it('says what a section needs', () => {
    expect(problems({ agent_model: {} }, { ...base, agent_model: {} })[0]).toMatch(
      /`agent_model.path` is not set/,
    );
    expect(problems({}, { ...base, algorithm: { discount: 1 } })[0]).toMatch(
      /`algorithm.name` is not set.*collm_cc or magrpo/,
    );
    expect(problems({}, { ...base, train: 3 })[0]).toMatch(/`train` is 3, but must be a section/);
    expect(problems({}, { ...base, env: [] })[0]).toMatch(/`env` is \[\], but must be a section/);
  });
});

describe('files', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'collm-config-'));
    mkdirSync(join(dir, 'sub/model'), { recursive: true });
    writeFileSync(
      join(dir, 'a.yaml'),
      stringify({ ...base, agent_model: { path: 'sub/model' }, train: { seed: 1, top_k: 5 } }),
    );
    writeFileSync(
      join(dir, 'sub/b.yaml'),
      'agent_model: {path: model}\ntrain: {seed: 2, top_k: null}\nenv: {words: [A, B, C]}\n',
    );
  });
  afterAll(() => rmSync(dir, { recursive: true }));
  const load = (files: string[], assignments: string[] = []) => loadConfig({ files, assignments, cwd: dir });
  const message = (work: () => unknown) => {
    try {
      work();
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };

  it('merges left to right, then assignments; lists replace and null clears', () => {
    expect(load(['a.yaml']).train).toMatchObject({ seed: 1, top_k: 5 });
    expect(load(['a.yaml', 'sub/b.yaml']).train).toMatchObject({ seed: 2, top_k: null });
    expect(load(['sub/b.yaml', 'a.yaml']).train).toMatchObject({ seed: 1, top_k: 5 });
    const last = load(
      ['a.yaml', 'sub/b.yaml'],
      ['train.seed=3', 'train.seed=4', 'env.words=[Z]', 'train.temperature=null'],
    );
    expect(last.train).toMatchObject({ seed: 4, temperature: 0.6 });
    expect(last.env.words).toEqual(['Z']);
    expect(load(['a.yaml'], ['train=null']).train.seed).toBe(42);
  });

  it('takes paths relative to the file they stand in, or to the folder of the command', () => {
    expect(load(['a.yaml']).agent_model.path).toBe(join(dir, 'sub/model'));
    expect(load(['a.yaml', 'sub/b.yaml']).agent_model.path).toBe(join(dir, 'sub/model'));
    expect(load(['a.yaml'], ['critic_model.path=c']).critic_model.path).toBe(join(dir, 'c'));
  });

  it('writes a configuration that loads as the same one, with paths relative to it', () => {
    const config = load(['a.yaml']);
    writeFileSync(join(dir, 'sub/out.yaml'), formatConfig(config, join(dir, 'sub')));
    expect(parse(readFileSync(join(dir, 'sub/out.yaml'), 'utf8')).agent_model.path).toBe('model');
    expect(load(['sub/out.yaml'])).toEqual(config);
  });

  it('says what is wrong with a file or an assignment', () => {
    expect(message(() => load(['no.yaml']))).toBe(
      'The configuration `no.yaml` does not exist. Check the path.',
    );
    writeFileSync(join(dir, 'bad.yaml'), 'env: {type: [}\n');
    expect(message(() => load(['bad.yaml']))).toMatch(/`bad.yaml` is not valid YAML: .*line 1/);
    writeFileSync(join(dir, 'list.yaml'), '- 1\n');
    expect(message(() => load(['list.yaml']))).toMatch(/holds no sections/);
    for (const text of ['seed', '=1', 'train..seed=1']) {
      expect(message(() => parseAssignment(text))).toMatch(/is no assignment/);
    }
    expect(message(() => parseAssignment('a.b=[1'))).toMatch(/not YAML/);
  });

  it('looks for the models and data', () => {
    const config = load(['a.yaml'], ['env.csv_path=no.csv', 'critic_model.path=nowhere']);
    const found = fileProblems(config).map(({ message: text }) => text);
    expect(found).toHaveLength(3);
    expect(found[0]).toMatch(
      /`agent_model.path` is .*model, but that folder has no config.json and no tokenizer.json/,
    );
    expect(found[1]).toMatch(/`critic_model.path` is .*nowhere, but there is no such folder/);
    expect(found[2]).toMatch(/`env.csv_path` is .*no.csv, but there is no such file/);
  });

  it('explains brackets without quotes', () => {
    expect(message(() => load(['a.yaml'], ['env.train_split=[20:]']))).toMatch(
      /must be a text. .*quote the text/,
    );
  });

  it('refuses splits without items', () => {
    expect(
      message(() => openEnvironment(load(['a.yaml'], ['env.train_split="[20:]"', 'env.eval_split="[30:]"']))),
    ).toMatch(/2 problems.*`env.train_split` is "\[20:\]", but that selects none.*`env.eval_split`/s);
    expect(
      openEnvironment(load(['a.yaml'], ['env.eval_split="[30:]"', 'train.eval_interval=0'])).evalItems,
    ).toEqual([]);
    expect(message(() => openEnvironment(load(['a.yaml'], ['env.csv_path=no.csv'])))).toMatch(
      /`env`: The data file/,
    );
  });

  it('notices what cannot fit the context', () => {
    writeFileSync(join(dir, 'sub/model/config.json'), '{"max_position_embeddings": 256}');
    writeFileSync(join(dir, 'sub/model/tokenizer.json'), '{}');
    expect(fileProblems(load(['a.yaml']))[0]?.message).toMatch(
      /\(256\) do not fit the model's context of 256 tokens/,
    );
    expect(fileProblems(load(['a.yaml'], ['train.max_new_tokens=100']))).toEqual([]);
    expect(
      fileProblems(load(['a.yaml'], ['train.max_new_tokens=100', 'agent_model.max_prompt_tokens=200']))[0]
        ?.message,
    ).toMatch(/`agent_model.max_prompt_tokens` \(200\) and `train.max_new_tokens` \(100\)/);
    writeFileSync(join(dir, 'sub/model/config.json'), '{');
    expect(fileProblems(load(['a.yaml']))[0]?.message).toMatch(/cannot be read/);
  });
});

describe('committed configurations', () => {
  const folder = fileURLToPath(new URL('../../configs/', import.meta.url));
  it.each(readdirSync(folder))('%s loads, and its environment opens', (name) => {
    const config = loadConfig({ files: [join(folder, name)] });
    const environment = openEnvironment(config);
    expect(environment.trainItems.length).toBeGreaterThan(0);
    expect(environment.evalItems.length).toBeGreaterThan(0);
  });
});

describe('documentation', () => {
  const docs = fileURLToPath(new URL('../../../../docs/', import.meta.url));
  it('lists every key as it is; `npx vitest run packages/collm/src/config -u` writes it again', async () => {
    await expect(configurationMarkdown()).toMatchFileSnapshot(join(docs, 'configuration.md'));
    const schema = `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
    await expect(schema).toMatchFileSnapshot(join(docs, 'generated/configuration.schema.json'));
  });
});
