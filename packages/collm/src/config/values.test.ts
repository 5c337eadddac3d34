import { describe, expect, it } from 'vitest';
import { problems, set, withAlgorithm } from '../../test/config-problems.js';
import { knobs } from './knobs.js';

describe('values', () => {
  const bad: readonly (readonly [path: string, value: unknown, rule: string])[] = [
    ['env.num_agents', 3, 'at least 1 and at most 2'],
    ['env.num_agents', 0, 'at least 1'],
    ['env.num_turns', 0, 'at least 1'],
    ['env.num_turns', 9, 'at most 8'],
    ['env.words', [], 'a non-empty list of texts'],
    ['env.words', 'long', 'default or short'],
    ['env.dataset', 5, 'a text'],
    ['env.dataset', 'tiny', 'no data set of its own but builtin; give that'],
    ['env.train_split', 8, 'a text'],
    ['env.eval_split', false, 'a text'],
    ['env.blocks', 'stone', 'a non-empty list of non-empty lists'],
    ['env.blocks', [[]], 'a non-empty list of non-empty lists'],
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
    ['env.reward_schedule', 'last', 'every_turn or every_second_turn or final'],
    ['env.reward_scale', Number.NaN, 'a number'],
    ['env.reward_shift', '-2', 'a number'],
    ['env.early_termination_threshold', Number.POSITIVE_INFINITY, 'a number'],
    ['agent_model.path', 5, 'a text'],
    ['agent_model.path', '', 'a text'],
    ['agent_model.device', 'gpu', 'cpu, cuda or cuda:N'],
    ['agent_model.dtype', 'int8', 'float32 or bfloat16'],
    ['agent_model.dtype', ['float32', 8], 'a non-empty list of these'],
    ['agent_model.path', [], 'a non-empty list of texts'],
    ['agent_model.device', [], 'a non-empty list of these'],
    ['agent_model.share', 'yes', 'true or false'],
    ['agent_model.reference_device', 'gpu', 'cpu, cuda or cuda:N'],
    ['agent_model.placement', 'worker', 'inline or thread or process'],
    ['agent_model.placement', [], 'a non-empty list of these'],
    ['agent_model.threads', 0, 'at least 1'],
    ['agent_model.threads', [2, 'all'], 'a non-empty list of numbers'],
    ['agent_model.max_prompt_tokens', 0, 'at least 1'],
    ['agent_model.tokens_per_micro_batch', 0, 'at least 1'],
    ['agent_model.gradient_checkpointing', 'yes', 'true or false'],
    ['critic_model.gradient_checkpointing', 1, 'true or false'],
    ['agent_model.lora', 8, 'a section, or null'],
    ['agent_model.lora.r', 0, 'an integer at least 1'],
    ['agent_model.lora.lora_alpha', 0, 'above 0'],
    ['agent_model.lora.target_modules', [], 'a text, or a non-empty list of texts'],
    ['agent_model.lora.lora_dropout', 1, 'below 1'],
    ['agent_model.lora.use_rslora', 'yes', 'true or false'],
    ['critic_model.lora', 'all', 'a section, or null'],
    ['critic_model.lora.r', 1.5, 'an integer'],
    ['critic_model.path', 1, 'a text'],
    ['critic_model.device', 'tpu', 'cpu, cuda or cuda:N'],
    ['critic_model.dtype', 32, 'float32'],
    ['critic_model.placement', 'agents', 'inline or thread or process'],
    ['critic_model.threads', 1.5, 'an integer'],
    ['critic_model.max_prompt_tokens', -1, 'at least 1'],
    ['critic_model.sees', 'everything', 'history or state'],
    ['critic_model.value_head_hidden_dim', 0, 'at least 1'],
    ['critic_model.value_norm', 'batch', 'none or running or popart'],
    ['algorithm.discount', 1.1, 'at least 0 and at most 1'],
    ['algorithm.discount', -0.1, 'at least 0'],
    ['algorithm.num_generations', 0, 'at least 1'],
    ['algorithm.gae_lambda', 2, 'at most 1'],
    ['algorithm.bootstrap_on_horizon', 'no', 'true or false'],
    ['algorithm.value_loss_coef', 0, 'above 0'],
    ['algorithm.value_clip_range', 0, 'above 0'],
    ['algorithm.critic_warmup_steps', -1, 'at least 0'],
    ['algorithm.critic_update_epochs', 0, 'at least 1'],
    ['algorithm.advantage_normalization', 'group', 'none or node or turn or batch'],
    ['algorithm.train_batch_size', 0, 'at least 1'],
    ['algorithm.update_epochs', 0, 'at least 1'],
    ['algorithm.policy_loss', 'grpo', 'pg or ppo'],
    ['algorithm.clip_eps', 0, 'above 0'],
    ['algorithm.clip_eps', 1, 'below 1'],
    ['algorithm.ratio_level', 'word', 'token or sequence'],
    ['algorithm.loss_aggregation', 'sum', 'tokenMean or seqMean'],
    ['algorithm.rollout_buffer_size', 0, 'at least 1'],
    ['algorithm.advantage_clip', 0, 'above 0'],
    ['algorithm.is_correction', 'on', 'off or token or sequence'],
    ['algorithm.is_cap', 0.5, 'at least 1'],
    ['algorithm.kl_mode', true, 'off or lossK3 or lossExact'],
    ['algorithm.kl_coef', -0.1, 'at least 0'],
    ['algorithm.entropy_coef', -1, 'at least 0'],
    ['algorithm.update_order', 'random', 'simultaneous or sequential'],
    ['algorithm.sequential_clip', [1], 'a list of 2 numbers'],
    ['algorithm.sequential_clip', [0, 2], 'each a number above 0'],
    ['algorithm.parity', 1, 'true or false'],
    ['algorithm.reference_faults', ['D4'], 'a list of these: D1, D2, D3, D5, D8'],
    ['algorithm.critic_type', 'x', 'v or q'],
    ['algorithm.q_baseline', 'max', 'v or mean or loo or counterfactual'],
    ['algorithm.baseline_samples', 1, 'at least 2'],
    ['algorithm.value_level', 'word', 'turn or token'],
    ['train.seed', -1, 'at least 0'],
    ['train.seed', 1.5, 'an integer'],
    ['train.items_per_step', 0, 'at least 1'],
    ['train.shuffle', 'true', 'true or false'],
    ['train.num_train_epochs', 0, 'at least 1'],
    ['train.max_steps', 0, 'at least 1'],
    ['train.max_env_steps', 0, 'at least 1'],
    ['train.temperature', 0, 'above 0'],
    ['train.top_p', 0, 'above 0'],
    ['train.top_p', 1.01, 'at most 1'],
    ['train.top_k', 0, 'at least 1'],
    ['train.max_new_tokens', 0, 'at least 1'],
    ['train.agent_learning_rate', 0, 'above 0'],
    ['train.critic_learning_rate', -1e-5, 'above 0'],
    ['train.lr_schedule', 'step', 'constant or linear or cosine'],
    ['train.warmup_steps', -1, 'at least 0'],
    ['train.parallel_training', 'auto', 'Nothing is placed by itself'],
    ['train.parallel_training', 'ddp', 'there is no data parallelism'],
    ['train.parallel_training', 'tp', 'none or mp'],
    ['train.weight_decay', -0.1, 'at least 0'],
    ['train.adam_beta1', 1, 'below 1'],
    ['train.adam_beta2', -0.1, 'at least 0'],
    ['train.adam_epsilon', 0, 'above 0'],
    ['train.max_grad_norm', 0, 'above 0'],
    ['train.eval_interval', -1, 'at least 0'],
    ['train.eval_env_steps', 1.5, 'an integer'],
    ['train.eval_num_samples', -1, 'at least 0'],
    ['train.eval_temperature', -1, 'at least 0'],
    ['train.eval_generations', 0, 'at least 1'],
    ['train.checkpoint_every', -1, 'at least 0'],
    ['train.keep_last', 0, 'at least 1'],
    ['train.max_failure_rate', 1.5, 'at most 1'],
    ['train.max_skipped_updates', -1, 'at least 0'],
    ['train.recovery_interval', 0, 'at least 1'],
    ['train.max_restarts', -1, 'at least 0'],
    ['train.target_return', 'best', 'a number, or null'],
    ['train.diagnostics_interval', -1, 'at least 0'],
    ['train.diagnostics_items', 0, 'at least 1'],
    ['train.diagnostics_rollouts', 1, 'at least 2'],
    ['tracking.tensorboard', 'yes', 'true or false'],
    ['tracking.wandb', true, 'a section, or null'],
    ['tracking.wandb.project', '', 'a text'],
    ['tracking.wandb.entity', 1, 'a text, or null'],
    ['tracking.wandb.group', 1, 'a text, or null'],
    ['tracking.wandb.tags', 'one', 'a list of texts'],
    ['tracking.wandb.mode', 'disabled', 'online or offline'],
    ['env.type', 'chess', 'str_build'],
    [
      'algorithm.name',
      'ppo',
      'collm_cc or collm_dc or ac or mareinforce or magrpo or marloo or maremax or grpo',
    ],
    ['env.type', { toString: 1 }, 'str_build'],
    ['env.preset', { toString: 1 }, 'paper'],
    ['env.preset', 'constructor', 'paper'],
    ['algorithm.name', { toString: 1 }, 'collm_cc'],
  ];

  it.each(bad)('%s = %j is refused with the rule', (path, value, rule) => {
    const found = problems(set(path, value));
    expect(found, found.join('\n')).toHaveLength(1);
    expect(found[0]).toContain(`\`${path}`);
    expect(found[0]).toContain(rule);
  });

  const badElsewhere: readonly (readonly [name: string, path: string, value: unknown, rule: string])[] = [
    ['collm_dc', 'algorithm.use_separate_critic', 'no', 'true or false'],
    ['collm_dc', 'algorithm.value_stop_gradient', 0, 'true or false'],
    ['magrpo', 'algorithm.num_generations', 0, 'at least 1'],
    ['magrpo', 'algorithm.joint_mode', 'all', 'aligned or cross'],
    ['magrpo', 'algorithm.cross_reduce', 'max', 'mean or sum'],
    ['magrpo', 'algorithm.branches_per_node', 0, 'at least 1'],
    ['magrpo', 'algorithm.node_weighting', 'turn', 'path or equal'],
    ['maremax', 'algorithm.max_source', 'best', 'group or greedy'],
  ];

  it.each(badElsewhere)('with %s, %s = %j is refused with the rule', (name, path, value, rule) => {
    const found = problems(set(path, value), withAlgorithm(name));
    expect(found, found.join('\n')).toHaveLength(1);
    expect(found[0]).toContain(`\`${path}`);
    expect(found[0]).toContain(rule);
  });

  it('what a schema says itself of a value of the right kind is told in its words', () => {
    const [tiny] = problems(set('env.dataset', 'tiny'));
    expect(tiny).toMatch(/^`env.dataset` is "tiny": this task has no data set of its own but builtin/);
    const falling = { env: { type: 'tldr', length_band: [4, 3, 2, 1] } };
    const [band] = problems(falling, { ...withAlgorithm('collm_cc'), env: {} });
    expect(band).toMatch(/^`env.length_band` is \[4,3,2,1\]: expected .*, none less than the one before\. /);
  });

  it.each(['house_build', 'tldr', 'mbpp'])('%s has a data set `tiny`', (type) => {
    const task = { ...withAlgorithm('collm_cc'), env: { type } };
    expect(problems(set('env.dataset', 'tiny'), task)).toEqual([]);
  });

  const ofTasks = knobs.filter(
    ({ path, branch }) =>
      path !== 'env.type' && branch?.startsWith('env.type: ') && !branch.endsWith(' str_build'),
  );

  it.each(ofTasks.map(({ path, branch, rule }) => [branch as string, path, rule] as const))(
    '%s: nonsense in %s is refused with the rule',
    (branch, path, rule) => {
      const type = branch.slice('env.type: '.length);
      const needed = type === 'module' && path !== 'env.path' ? { path: '/my-env.mjs' } : {};
      const task = { ...withAlgorithm('collm_cc'), env: { type, ...needed } };
      // A list holding a section holding a list: right nowhere.
      const found = problems(set(path, [{ nonsense: [] }]), task);
      expect(found, found.join('\n')).toHaveLength(1);
      expect(found[0]).toContain(`\`${path}`);
      expect(found[0]).toContain(rule);
    },
  );

  it('has a bad value for every key', () => {
    const paths = [...bad.map(([path]) => path), ...badElsewhere.map(([, path]) => path)];
    const tested = new Set([...paths, ...ofTasks.map(({ path }) => path)]);
    const keys = knobs.map(({ path }) => path).filter((path) => !path.includes('lora.'));
    expect(keys.filter((key) => !tested.has(key))).toEqual([]);
  });
});
