import { describe } from 'vitest';
import { itAllows, itRefuses } from '../../../test/config-problems.js';

describe('the task', () => {
  itRefuses([
    ['words twice', { 'env.words': 'short', 'env.dataset': '/x.csv' }, /`env.words` and `env.dataset`/],
    ['too few palettes', { 'env.blocks': [['stone']] }, /has 1 list\(s\), but there are 2 agents/],
    ['air only', { 'env.blocks': [['stone'], ['air', 'minecraft:cave_air']] }, /\[1\] has nothing but air/],
  ]);
});

describe('evaluation', () => {
  itRefuses([
    ['nothing to evaluate', { 'env.eval_split': null }, /nothing to evaluate on/],
    ['greedy repeats', { 'train.eval_generations': 4 }, /every episode of an item is the same/],
    [
      'a target that nothing can reach',
      { 'train.target_return': 1, 'train.eval_interval': 0 },
      /`train.target_return` is set, but the run never evaluates/,
    ],
  ]);
  itRefuses([
    [
      'evaluations by steps and by env steps',
      { 'train.eval_env_steps': 64, 'train.eval_interval': 4 },
      /`train.eval_env_steps` is 64, but `train.eval_interval` is 4, which it replaces/,
    ],
    [
      'nothing to evaluate by env steps',
      { 'train.eval_env_steps': 64, 'env.eval_split': null },
      /nothing to evaluate on.*`train.eval_num_samples` to 0/,
    ],
  ]);
  itAllows([
    ['a target', { 'train.target_return': -0.5 }],
    ['the default of what env steps replace', { 'train.eval_env_steps': 64, 'train.eval_interval': 16 }],
    ['a target by env steps', { 'train.target_return': 1, 'train.eval_env_steps': 64 }],
  ]);
});

describe('steps', () => {
  itRefuses([
    [
      'a warm-up that never ends',
      { 'train.warmup_steps': 10, 'train.max_steps': 10 },
      /`train.warmup_steps` is 10, but `train.max_steps` is 10/,
    ],
    [
      'critics that never stop warming up',
      { 'algorithm.critic_warmup_steps': 12, 'train.max_steps': 10 },
      /`algorithm.critic_warmup_steps` is 12, .*the agents would never be trained/,
      'collm_dc',
    ],
  ]);
  itAllows([
    [
      'warm-ups that end',
      { 'train.warmup_steps': 9, 'algorithm.critic_warmup_steps': 9, 'train.max_steps': 10 },
    ],
  ]);
});
