import { describe } from 'vitest';
import { itAllows, itRefuses } from '../../../test/config-problems.js';

const q = { 'algorithm.critic_type': 'q' };
const token = { 'algorithm.value_level': 'token' };
const horizon = { 'algorithm.bootstrap_on_horizon': true };
const head = { 'algorithm.use_separate_critic': false };
const response = { 'algorithm.policy_loss': 'ppo', 'algorithm.ratio_level': 'sequenceMean' };

describe('values after the horizon', () => {
  itRefuses([
    [
      'those of responses',
      { ...horizon, ...q },
      /`algorithm.bootstrap_on_horizon` is true, but `algorithm.critic_type` is q/,
    ],
    [
      'those of a head',
      { ...horizon, ...head },
      /is true, but a value head .*use_separate_critic` to true/,
      'collm_dc',
    ],
    ['those before tokens', { ...horizon, ...token }, /is true, but `algorithm.value_level` is token/],
  ]);
  itAllows([['those of histories', horizon]]);
});

describe('values before tokens', () => {
  itRefuses([
    ['of Q', { ...token, ...q }, /`algorithm.value_level` is token, but `algorithm.critic_type` is q/],
    [
      'with one ratio a response',
      { ...token, ...response },
      /is token, .*`algorithm.ratio_level` is sequenceMean/,
    ],
  ]);
  itAllows([
    ['with ratios of tokens', { ...token, 'algorithm.policy_loss': 'ppo', 'algorithm.gae_lambda': 0.95 }],
    ['with weights of responses', { ...token, 'algorithm.is_correction': 'sequence' }, 'collm_dc'],
  ]);
});

describe('baselines of Q', () => {
  itRefuses([
    [
      'a baseline of V',
      { 'algorithm.q_baseline': 'loo' },
      /`algorithm.q_baseline` is loo, but `algorithm.critic_type` is v/,
    ],
    [
      'samples that nobody compares',
      { 'algorithm.baseline_samples': 8 },
      /`algorithm.baseline_samples` is 8, but only/,
    ],
    [
      'samples beside a learned baseline',
      { ...q, 'algorithm.baseline_samples': 2 },
      /is 2, but only the baselines mean, loo and counterfactual/,
    ],
    [
      'two values of one head',
      { ...q, ...head },
      /`algorithm.q_baseline` is v, but the one value head/,
      'collm_dc',
    ],
  ]);
  itAllows([
    ['a learned one', q],
    [
      'a counterfactual one',
      { ...q, 'algorithm.q_baseline': 'counterfactual', 'algorithm.baseline_samples': 8 },
    ],
    ['one of samples with a head', { ...q, ...head, 'algorithm.q_baseline': 'mean' }, 'collm_dc'],
  ]);
});

describe('critic models', () => {
  const lora = { 'critic_model.lora': { r: 2 } };
  itRefuses([
    [
      'a stopped gradient without a head',
      { 'algorithm.value_stop_gradient': true },
      /value_stop_gradient` is true, but a separate critic/,
      'ac',
    ],
    [
      'passes of a head alone',
      { ...head, 'algorithm.critic_update_epochs': 4 },
      /critic_update_epochs` is 4, but a value head .*use_separate_critic` to true/,
      'collm_dc',
    ],
    [
      'a path beside a head',
      { ...head, 'critic_model.path': '/c' },
      /`critic_model.path` is set, but `algorithm.use_separate_critic` is false/,
      'collm_dc',
    ],
    [
      'an adapter beside a head',
      { ...head, ...lora },
      /`critic_model.lora` is set, .*set that to true/,
      'ac',
    ],
    [
      'a path without a critic',
      { 'critic_model.path': '/c' },
      /`critic_model.path` is set, but `algorithm.name` is magrpo, which has no critic/,
      'magrpo',
    ],
    [
      'states for local critics',
      { 'critic_model.sees': 'state' },
      /`critic_model.sees` is state, but `algorithm.name` is collm_dc, which has no central critic/,
      'collm_dc',
    ],
    [
      'states without a critic',
      { 'critic_model.sees': 'state' },
      /is magrpo, which has no central/,
      'magrpo',
    ],
    ['an adapter without a critic', lora, /`critic_model.lora` is set, .*is grpo/, 'grpo'],
    [
      'a head without a critic',
      { 'critic_model.value_head_hidden_dim': 8 },
      /value_head_hidden_dim` is set, .*is marloo/,
      'marloo',
    ],
  ]);
  itAllows([
    ['a stopped gradient of a head', { ...head, 'algorithm.value_stop_gradient': true }, 'ac'],
    ['the width of a head on an agent', { ...head, 'critic_model.value_head_hidden_dim': 8 }, 'collm_dc'],
    ['an oracle of values', { 'critic_model.sees': 'state' }],
    ['an oracle of actions', { ...q, 'critic_model.sees': 'state' }],
    ['a critic of its own', { 'critic_model.path': '/c', ...lora }],
  ]);
});
