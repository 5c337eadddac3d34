/**
 * How CoMLRL, and its experiment files, spell what we have (algorithms spec 3.1), so that a configuration of theirs is
 * answered key by key. Values that mean one thing only are read as ours; keys never are: they are named in the error.
 */

import { modeName } from '@collm/envs';

type Dict = Record<string, unknown>;

/** What became of a key: ours, with a remark where values change too; or none, and why. */
export type ReferenceKey = { readonly key: string; readonly remark?: string } | { readonly none: string };

const switches = 'Its false is off; its true is rewardK3 with `algorithm.parity: true`, or better lossK3.';
const devices = 'Several devices want `train.parallel_training: mp`.';
const algorithm = 'Its keys are in the sections `algorithm`, `train` and `env` here.';

/** By name, or by section and name where the name alone would say something else. */
const keys: Readonly<Record<string, ReferenceKey>> = {
  actor_learning_rate: { key: 'train.agent_learning_rate' },
  learning_rate: { key: 'train.agent_learning_rate' },
  lr: { key: 'train.agent_learning_rate' },
  termination_threshold: { key: 'env.early_termination_threshold' },
  advantage_mode: {
    key: 'algorithm.name',
    remark: 'raw is mareinforce, mean magrpo, rloo marloo, max maremax.',
  },
  agent_devices: { key: 'agent_model.device', remark: devices },
  critic_devices: { key: 'critic_model.device', remark: devices },
  reference_devices: { key: 'agent_model.reference_device' },
  reference_kl_enabled: { key: 'algorithm.kl_mode', remark: switches },
  reference_kl_coef: { key: 'algorithm.kl_coef' },
  critic_value_head_hidden_dim: { key: 'critic_model.value_head_hidden_dim' },
  adam_betas: { key: 'train.adam_beta1', remark: 'The second is `train.adam_beta2`.' },
  external_prompt_passthrough: {
    none: 'The environment makes the messages of every turn itself, and they are used as they are.',
  },
  eval_batch_size: { none: 'All evaluation episodes are played together.' },
  logging_steps: { none: 'Every step is logged.' },
  do_sample: { none: 'Training always samples; evaluation does with `train.eval_temperature` above 0.' },
  pad_token_id: { none: 'Lengths are kept, so nothing depends on a padding token.' },
  // Experiment files.
  maac: { key: 'algorithm', remark: `With \`name: collm_cc\`. ${algorithm}` },
  iac: { key: 'algorithm', remark: `With \`name: collm_dc\`. ${algorithm}` },
  magrpo: { key: 'algorithm', remark: `With \`name: magrpo\`. ${algorithm}` },
  agents: { key: 'agent_model.path', remark: 'A list has one model per agent.' },
  critics: { key: 'critic_model.path', remark: 'A list has one model per critic.' },
  dataset: { key: 'env' },
  task: { key: 'env' },
  external: { key: 'env' },
  prompt: { key: 'env' },
  reward_processor: { key: 'env', remark: 'See `env.reward_scale` and `env.reward_shift`.' },
  output: { none: 'A run has one folder; `--runs-dir` and `--name` say where.' },
  wandb: {
    none: 'Metrics are in the run folder; `tracking.wandb` sends them to Weights & Biases too.',
  },
  'agent_model.name': { key: 'agent_model.path' },
  'critic_model.name': { key: 'critic_model.path' },
  'agent_model.type': { none: 'The config.json of the model says it.' },
  'critic_model.type': { none: 'The config.json of the model says it.' },
  'agent_model.max_length': { key: 'agent_model.max_prompt_tokens' },
  'critic_model.max_length': { key: 'critic_model.max_prompt_tokens' },
  'critic_model.temperature': { none: 'A critic does not sample.' },
  'critic_model.top_p': { none: 'A critic does not sample.' },
  'dataset.name': { key: 'env.type' },
  'dataset.type': { key: 'env.type' },
  'external.mode': { key: 'env.feedback' },
  csv_path: { key: 'env.dataset' },
  'reward_processor.enabled': { none: 'A scale of 1 and a shift of 0 change nothing.' },
  'reward_processor.scale_factor': { key: 'env.reward_scale' },
  'reward_processor.shift': { key: 'env.reward_shift' },
  'prompt.provide_graph': { key: 'env.target', remark: 'grid shows the letters.' },
  'prompt.use_chat_template': { none: 'Used whenever the tokenizer has one.' },
  block_agent1: { key: 'env.blocks', remark: 'One list per agent.' },
  block_agent2: { key: 'env.blocks', remark: 'One list per agent.' },
  // Words of other trainers.
  epochs: { key: 'train.num_train_epochs' },
  gamma: { key: 'algorithm.discount' },
  batch_size: { key: 'algorithm.train_batch_size' },
  beta: { key: 'algorithm.kl_coef' },
  model: { key: 'agent_model.path' },
  agent: { key: 'agent_model' },
  critic: { key: 'critic_model' },
  environment: { key: 'env' },
  trainer: { key: 'train' },
};

/** What became of a key of theirs, by its path in the file; undefined for a name that is not theirs. */
export function referenceKey(path: string): ReferenceKey | undefined {
  const name = path.slice(path.lastIndexOf('.') + 1);
  if (Object.hasOwn(keys, path)) return keys[path];
  return Object.hasOwn(keys, name) ? keys[name] : undefined;
}

/** Why a value of theirs is none of ours. */
const refused: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'train.parallel_training': {
    auto: 'Nothing is placed by itself: `agent_model.device` and `critic_model.device` say where.',
    ddp: 'One process trains the whole team; there is no data parallelism.',
  },
};

/** A sentence on a value that CoMLRL knew, or nothing. */
export function referenceValueRemark(path: string, value: unknown): string {
  const known = refused[path] ?? {};
  return typeof value === 'string' && Object.hasOwn(known, value) ? ` ${known[value]}` : '';
}

const dtypes: Dict = { bf16: 'bfloat16', fp16: 'float16', fp32: 'float32' };
const names: Dict = { maac: 'collm_cc', iac: 'collm_dc' };
const jointModes: Dict = { align: 'aligned', crossed: 'cross' };

/** Their spellings of values as ours; a copy, with everything else as it is. */
export function readReferenceValues(config: Dict): Dict {
  const copy = structuredClone(config);
  const change = (section: string, key: string, read: (value: unknown) => unknown) => {
    const parent = copy[section] as Dict | undefined;
    if (typeof parent === 'object' && parent !== null && Object.hasOwn(parent, key)) {
      parent[key] = Array.isArray(parent[key]) ? parent[key].map(read) : read(parent[key]);
    }
  };
  const from = (table: Dict) => (value: unknown) =>
    typeof value === 'string' && Object.hasOwn(table, value) ? table[value] : value;
  const lowerCase = (value: unknown) => (typeof value === 'string' ? value.toLowerCase() : value);
  change('algorithm', 'name', (value) => {
    const name = lowerCase(value);
    return from(names)(typeof name === 'string' ? name.replaceAll('-', '_') : name);
  });
  change('algorithm', 'joint_mode', from(jointModes));
  change('algorithm', 'critic_type', lowerCase);
  change('algorithm', 'advantage_normalization', (value) => {
    if (typeof value !== 'boolean') return value;
    if (!value) return 'none';
    const { name } = copy.algorithm as Dict;
    return ['collm_cc', 'collm_dc', 'ac'].some((critic) => critic === name) ? 'batch' : 'node';
  });
  change('env', 'feedback', (value) => (typeof value === 'string' ? modeName(value) : value));
  change('train', 'parallel_training', from({ null: 'none' }));
  for (const section of ['agent_model', 'critic_model']) change(section, 'dtype', from(dtypes));
  return copy;
}
