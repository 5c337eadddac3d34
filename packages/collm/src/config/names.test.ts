import { describe, expect, it } from 'vitest';
import { base, problems, withAlgorithm } from '../../test/config-problems.js';
import { checkConfig } from './check.js';
import { merge } from './load.js';

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
    [{ train: { lr: 1 } }, /Did you mean `train.agent_learning_rate`\?/],
    [{ train: { topp: 1 } }, /Did you mean `train.top_p`\?/],
    [
      { algorithm: { joint_mode: 'cross' } },
      /only exists with `algorithm.name` mareinforce or magrpo or marloo or maremax or grpo. Remove it/,
    ],
    [{ algorithm: { use_separate_critic: true } }, /only exists with `algorithm.name` collm_dc or ac/],
    [{ env: { zzzzzzzzzz: 1 } }, /`env.zzzzzzzzzz` is not a known key. Remove it/],
    [{ temperature: 1 }, /Did you mean `train.temperature`\?/],
    [{ train: { constructor: 1 } }, /`train.constructor` is not a known key/],
  ] as const)('%j', (changes, message) => {
    const found = problems(changes);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(message);
  });
});

describe("CoMLRL's spellings", () => {
  it.each([
    ['maac', 'collm_cc'],
    ['iac', 'collm_dc'],
    ['MAGRPO', 'magrpo'],
    ['CoLLM-CC', 'collm_cc'],
  ])('the name %s is %s', (theirs, ours) => {
    expect(checkConfig({ ...base, algorithm: { name: theirs } }).algorithm.name).toBe(ours);
  });

  it.each([
    ['magrpo', { joint_mode: 'align' }, { joint_mode: 'aligned' }],
    ['magrpo', { joint_mode: 'crossed' }, { joint_mode: 'cross' }],
    ['iac', { critic_type: 'V' }, { critic_type: 'v' }],
    ['maac', { critic_type: 'Q' }, { critic_type: 'q' }],
    ['maac', { advantage_normalization: true }, { advantage_normalization: 'batch' }],
    ['iac', { advantage_normalization: true }, { advantage_normalization: 'batch' }],
    ['magrpo', { advantage_normalization: true }, { advantage_normalization: 'node' }],
    ['maac', { advantage_normalization: false }, { advantage_normalization: 'none' }],
  ])('%s reads %j as %j', (name, theirs, ours) => {
    expect(checkConfig({ ...base, algorithm: { name, ...theirs } }).algorithm).toMatchObject(ours);
  });

  it.each([null, 'null', 'none'])('parallel_training %j is none', (value) => {
    expect(checkConfig(merge(base, { train: { parallel_training: value } })).train.parallel_training).toBe(
      'none',
    );
  });

  it('formats are known by their short names', () => {
    const config = checkConfig(merge(base, { agent_model: { dtype: ['bf16', 'fp32'] } }));
    expect(config.agent_model.dtype).toEqual(['bfloat16', 'float32']);
  });

  it('marloo normalised as theirs wants parity', () => {
    const found = problems({ algorithm: { advantage_normalization: true } }, withAlgorithm('marloo'));
    expect(found).toEqual([expect.stringMatching(/is node, .*parity/)]);
  });
});

/** Every parameter of algorithms spec 3.1, and the names that changed, as one flat configuration. */
const parameters: readonly (readonly [name: string, value: unknown, answer: RegExp])[] = [
  ['num_train_epochs', 40, /`train.num_train_epochs`/],
  ['agent_learning_rate', 5e-6, /`train.agent_learning_rate`/],
  ['critic_learning_rate', 5e-6, /`train.critic_learning_rate`/],
  ['num_agents', 2, /`env.num_agents`/],
  ['num_generations', 1, /`algorithm.num_generations`/],
  ['num_turns', 2, /`env.num_turns`/],
  ['max_new_tokens', 256, /`train.max_new_tokens`/],
  ['temperature', 0.6, /`train.temperature`/],
  ['top_p', 0.6, /`train.top_p`/],
  ['top_k', 50, /`train.top_k`/],
  ['discount', 0.9, /`algorithm.discount`/],
  ['joint_mode', 'aligned', /`algorithm.joint_mode`/],
  ['advantage_mode', 'mean', /`algorithm.name`\? raw is mareinforce, mean magrpo, rloo marloo, max maremax/],
  ['advantage_normalization', true, /`algorithm.advantage_normalization`/],
  ['early_termination_threshold', -0.2, /`env.early_termination_threshold`/],
  ['rollout_buffer_size', 8, /`algorithm.rollout_buffer_size`/],
  ['train_batch_size', 8, /`algorithm.train_batch_size`/],
  ['value_loss_coef', 0.6, /`algorithm.value_loss_coef`/],
  ['value_clip_range', 0.2, /`algorithm.value_clip_range`/],
  ['use_separate_critic', true, /`algorithm.use_separate_critic`/],
  ['critic_type', 'v', /`algorithm.critic_type`/],
  ['value_head_hidden_dim', null, /`critic_model.value_head_hidden_dim`/],
  ['critic_value_head_hidden_dim', null, /`critic_model.value_head_hidden_dim`/],
  ['external_prompt_passthrough', false, /Remove it: there is no such key here. The environment makes/],
  ['eval_interval', 16, /`train.eval_interval`/],
  ['eval_num_samples', 4, /`train.eval_num_samples`/],
  ['eval_batch_size', 1, /Remove it: .*played together/],
  ['logging_steps', 1, /Remove it: .*Every step is logged/],
  ['parallel_training', 'none', /`train.parallel_training`/],
  ['agent_devices', null, /`agent_model.device`\? Several devices want `train.parallel_training: mp`/],
  ['critic_devices', null, /`critic_model.device`/],
  ['reference_kl_enabled', false, /`algorithm.kl_mode`\? Its false is off; its true is rewardK3/],
  ['reference_kl_coef', 0.1, /`algorithm.kl_coef`/],
  ['reference_devices', null, /`agent_model.reference_device`/],
  ['actor_learning_rate', 5e-6, /`train.agent_learning_rate`/],
  ['learning_rate', 5e-6, /`train.agent_learning_rate`/],
  ['termination_threshold', -0.2, /`env.early_termination_threshold`/],
  ['weight_decay', 0.01, /`train.weight_decay`/],
  ['adam_beta1', 0.9, /`train.adam_beta1`/],
  ['adam_beta2', 0.999, /`train.adam_beta2`/],
  ['adam_epsilon', 1e-8, /`train.adam_epsilon`/],
  ['max_grad_norm', 0.5, /`train.max_grad_norm`/],
  ['do_sample', true, /Remove it: .*always samples/],
  ['pad_token_id', 0, /Remove it: .*padding token/],
];

describe('a configuration of CoMLRL', () => {
  it('pasted in whole is answered key by key', () => {
    const flat = Object.fromEntries(parameters.map(([name, value]) => [name, value]));
    const found = problems(flat, {});
    for (const [name, , answer] of parameters) {
      const own = found.filter((message) => message.startsWith(`\`${name}\` is not a known key.`));
      expect(own, name).toHaveLength(1);
      expect(own[0]).toMatch(answer);
    }
    // Beside these: the three sections that every run needs.
    expect(found).toHaveLength(parameters.length + 3);
  });

  it('of an experiment is answered section by section', () => {
    const found = problems(
      {
        agent_model: { name: 'org/model', type: 'qwen', temperature: 0.6, max_length: 2048, dtype: 'bf16' },
        agents: null,
        dataset: { name: 'str_build', csv_path: 'data.csv', spacing: 2 },
        external: { mode: 'position_feedback', original_prompt: true },
        maac: { num_turns: 4, parallel_training: 'auto', logging_steps: 20 },
        reward_processor: { enabled: true, scale_factor: 1, shift: -2 },
        wandb: { project: 'str_build', dir: 'output' },
        task: { block_agent1: ['stone'], max_commands: 300 },
      },
      {},
    ).join('\n');
    for (const answer of [
      /`agent_model.name` .*Did you mean `agent_model.path`\?/,
      /`agent_model.type` .*Remove it/,
      /`agent_model.temperature` .*`train.temperature`/,
      /`agent_model.max_length` .*`agent_model.max_prompt_tokens`/,
      /`agents` .*A list has one model per agent/,
      /`dataset` .*Did you mean `env`/,
      /`dataset.name` .*`env.type`/,
      /`dataset.csv_path` .*Did you mean `env.dataset`\?/,
      /`external.mode` .*`env.feedback`\?/,
      /`maac` .*Did you mean `algorithm`\? With `name: collm_cc`/,
      /`maac.num_turns` .*`env.num_turns`/,
      /`maac.logging_steps` .*Every step is logged/,
      /`reward_processor.shift` .*`env.reward_shift`/,
      /`wandb` .*Remove it/,
      /`task.block_agent1` .*`env.blocks`/,
    ]) {
      expect(found).toMatch(answer);
    }
    expect(found).not.toMatch(/wandb\.|task\.max_commands/);
    expect(found).not.toMatch(/`agent_model.dtype`/);
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

  it('does not call keys unknown when the algorithm is', () => {
    const found = problems({
      algorithm: { name: 'magrop', joint_mode: 'cross', num_generations: 1, tau: 1 },
    });
    expect(found).toHaveLength(2);
    expect(found[0]).toMatch(/`algorithm.name` is "magrop"/);
    expect(found[1]).toMatch(/`algorithm.tau` is not a known key/);
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
      /`algorithm.name` is not set.*collm_cc or collm_dc/,
    );
    expect(problems({}, { ...base, train: 3 })[0]).toMatch(/`train` is 3, but must be a section/);
    expect(problems({}, { ...base, env: [] })[0]).toMatch(/`env` is \[\], but must be a section/);
  });
});
