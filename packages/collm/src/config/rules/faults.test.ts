import { describe } from 'vitest';
import { itAllows, itRefuses } from '../../../test/config-problems.js';

const faults = (...names: string[]) => ({
  'algorithm.reference_faults': names,
  'algorithm.parity': true,
});
const q = { 'algorithm.critic_type': 'q' };
const one = { 'env.num_agents': 1 };

describe('faults of the reference', () => {
  itRefuses([
    [
      'them by accident',
      { 'algorithm.reference_faults': ['D5', 'D8'] },
      /`algorithm.reference_faults` is D5, D8: what CoMLRL does wrong.*`algorithm.parity` to true/,
    ],
    ['D1 of critics that nobody shares', faults('D1'), /has D1.*collm_dc has no critic that/, 'collm_dc'],
    ['D1 without a critic', faults('D1'), /has D1.*magrpo has no critic that/, 'magrpo'],
    [
      'D1 of agents one after another',
      { ...faults('D1'), 'algorithm.update_order': 'sequential' },
      /has D1.*`algorithm.update_order` orders.*to simultaneous/,
    ],
    [
      'D1 of agents that are one',
      { ...faults('D1'), 'agent_model.share': true },
      /has D1.*`agent_model.share` orders.*to false/,
    ],
    ['D2 of V', faults('D2'), /has D2.*critic_type` is v.*`algorithm.critic_type` to q/],
    ['D2 without a critic', faults('D2'), /has D2.*marloo has no critic/, 'marloo'],
    [
      'D2 beside another baseline',
      { ...faults('D2'), ...q, 'algorithm.q_baseline': 'loo' },
      /has D2.*`algorithm.q_baseline` is loo.*Remove one/,
    ],
    ['D3 of chains', faults('D3'), /has D3.*collm_cc has no groups.*Monte Carlo/],
    [
      'D3 weighed by what sampled',
      { ...faults('D3'), 'algorithm.is_correction': 'token' },
      /has D3.*`algorithm.is_correction` is token.*to off/,
      'magrpo',
    ],
    [
      'D3 with a divergence of tokens',
      { ...faults('D3'), 'algorithm.kl_mode': 'lossK3' },
      /has D3.*`algorithm.kl_mode` is lossK3.*off, rewardK1 or rewardK3/,
      'magrpo',
    ],
    [
      'D5 corrected at once',
      { ...faults('D5'), 'algorithm.is_correction': 'sequence' },
      /has D5.*`algorithm.is_correction` is sequence.*Remove one/,
    ],
  ]);
  itAllows([
    ['all that collm_cc can have', { ...faults('D1', 'D2', 'D5', 'D8'), ...q }],
    ['all that collm_dc can have', { ...faults('D2', 'D5', 'D8'), ...q }, 'collm_dc'],
    [
      'D2 of a head on the agent',
      { ...faults('D2'), ...q, 'algorithm.use_separate_critic': false },
      'collm_dc',
    ],
    ['all that magrpo can have', { ...faults('D3', 'D5', 'D8'), 'algorithm.kl_mode': 'rewardK3' }, 'magrpo'],
    [
      'D1 of one agent, whatever the order',
      { ...faults('D1'), ...one, 'algorithm.update_order': 'sequential' },
    ],
    ['a target per agent: k3 as a reward with D1', { ...faults('D1'), 'algorithm.kl_mode': 'rewardK3' }],
    ['several steps without a ratio (D6)', { 'algorithm.parity': true, 'algorithm.train_batch_size': 4 }],
    ['those of nodes', { 'algorithm.parity': true, 'algorithm.train_batch_size': 4 }, 'magrpo'],
  ]);
});
