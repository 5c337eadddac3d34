import { describe } from 'vitest';
import { itAllows, itRefuses } from '../../../test/config-problems.js';

const ppo = { 'algorithm.policy_loss': 'ppo' };
const oneByOne = { 'train.items_per_step': 1 };
const sequential = { 'algorithm.update_order': 'sequential' };
const k3 = { 'algorithm.kl_mode': 'rewardK3' };

describe('several optimiser steps on one rollout', () => {
  itRefuses([
    [
      'several epochs',
      { 'algorithm.update_epochs': 2 },
      /`algorithm.update_epochs` is 2, but .*is pg.*Set it to 1/,
    ],
    [
      'minibatches',
      { 'algorithm.train_batch_size': 4 },
      /train_batch_size` is 4, but a step can have 32 samples/,
    ],
    [
      'minibatches of a buffer',
      { 'algorithm.train_batch_size': 32, 'algorithm.rollout_buffer_size': 20 },
      /can have 51 samples/,
      'collm_dc',
    ],
    ['minibatches of nodes', { 'algorithm.train_batch_size': 8 }, /can have 680 samples/, 'magrpo'],
    [
      'minibatches of nodes in cross mode',
      { 'algorithm.train_batch_size': 8, 'algorithm.joint_mode': 'cross', 'env.num_turns': 2 },
      /can have 136 samples/,
      'magrpo',
    ],
    [
      'minibatches of the branches that are played on',
      { 'algorithm.train_batch_size': 8, 'algorithm.branches_per_node': 2 },
      /can have 120 samples/,
      'marloo',
    ],
  ]);
  itAllows([
    ['both with ppo', { ...ppo, 'algorithm.update_epochs': 2, 'algorithm.train_batch_size': 4 }],
    ['a minibatch of the whole step', { 'algorithm.train_batch_size': 32 }],
    [
      'baselines, which add none',
      { 'algorithm.train_batch_size': 32, 'algorithm.critic_type': 'q', 'algorithm.q_baseline': 'loo' },
    ],
  ]);
});

describe('sets to normalise over', () => {
  itRefuses([
    [
      'a batch of one',
      { ...oneByOne, 'env.num_turns': 1 },
      /`algorithm.advantage_normalization` is batch, but that set never holds more than one/,
    ],
    [
      'turns of one',
      { ...oneByOne, 'algorithm.advantage_normalization': 'turn' },
      /is turn, but/,
      'collm_dc',
    ],
    ['nodes of chains', { 'algorithm.advantage_normalization': 'node' }, /is node, but/, 'ac'],
  ]);
  itAllows([
    ['a batch of the turns of one item', oneByOne],
    ['a batch that a buffer fills', { ...oneByOne, 'env.num_turns': 1, 'algorithm.rollout_buffer_size': 2 }],
    [
      'nodes with the samples of a baseline',
      {
        'algorithm.advantage_normalization': 'node',
        'algorithm.critic_type': 'q',
        'algorithm.q_baseline': 'mean',
      },
    ],
    ['one item without', { ...oneByOne, 'env.num_turns': 1, 'algorithm.advantage_normalization': 'none' }],
  ]);
});

describe('one agent after another', () => {
  itRefuses([
    [
      'cross mode',
      { ...sequential, 'algorithm.joint_mode': 'cross' },
      /`algorithm.update_order` is sequential, but `algorithm.joint_mode` is cross/,
      'magrpo',
    ],
    [
      'counterfactual samples',
      { ...sequential, 'algorithm.critic_type': 'q', 'algorithm.q_baseline': 'counterfactual' },
      /`algorithm.update_order` is sequential, but `algorithm.q_baseline` is counterfactual/,
    ],
    [
      'shared weights',
      { ...sequential, 'agent_model.share': true },
      /is sequential, but with `agent_model.share`/,
    ],
    [
      'a range upside down',
      { 'algorithm.sequential_clip': [2, 0.1] },
      /`algorithm.sequential_clip` is \[2, 0.1\].*Swap/,
    ],
  ]);
  itAllows([
    ['aligned samples', sequential, 'magrpo'],
    ['chains', { ...sequential, 'algorithm.sequential_clip': [0.5, 1.5] }],
  ]);
});

describe('ratios and divergences', () => {
  itRefuses([
    [
      'weights of tokens on ratios of responses',
      { ...ppo, 'algorithm.ratio_level': 'sequence', 'algorithm.is_correction': 'token' },
      /`algorithm.is_correction` is token, but `algorithm.ratio_level` is sequence/,
    ],
    ['k3 as a reward', k3, /`algorithm.kl_mode` is rewardK3, .*`algorithm.parity` to true/, 'magrpo'],
    [
      'k3 as a reward of the one critic',
      k3,
      /is rewardK3, but the one critic of collm_cc.*lossK3, lossExact or rewardK1/,
    ],
    [
      'that even for parity',
      { ...k3, 'algorithm.parity': true },
      /is rewardK3, but the one critic of collm_cc/,
    ],
  ]);
  itAllows([
    [
      'weights of responses on their ratios',
      { ...ppo, 'algorithm.ratio_level': 'sequence', 'algorithm.is_correction': 'sequence' },
    ],
    ['k3 as a reward for parity', { ...k3, 'algorithm.parity': true }, 'collm_dc'],
    ['k1 in the advantage', { 'algorithm.kl_mode': 'rewardK1' }],
  ]);
});
