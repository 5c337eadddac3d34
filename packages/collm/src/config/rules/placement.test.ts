import { describe } from 'vitest';
import { itAllows, itRefuses } from '../../../test/config-problems.js';

const mp = { 'train.parallel_training': 'mp' };
const agents = { 'agent_model.device': ['cuda:0', 'cuda:1'] };
const kl = { 'algorithm.kl_mode': 'lossK3' };

describe('lists', () => {
  itRefuses([
    [
      'three models for two agents',
      { 'agent_model.path': ['/a', '/b', '/c'] },
      /`agent_model.path` has 3 entries, but there are 2 agents/,
    ],
    [
      'three devices for two agents',
      { 'agent_model.device': ['cpu', 'cpu', 'cpu'] },
      /`agent_model.device` has 3 entries/,
    ],
    [
      'two formats for one agent',
      { 'agent_model.dtype': ['float32', 'bfloat16'] },
      /`agent_model.dtype` has 2 entries, but there is 1 agent\./,
      'grpo',
    ],
    [
      'three reference devices for two agents',
      { ...kl, 'agent_model.reference_device': ['cpu', 'cpu', 'cpu'] },
      /`agent_model.reference_device` has 3 entries/,
    ],
    [
      'two models for one critic',
      { 'critic_model.path': ['/a', '/b'] },
      /`critic_model.path` has 2 entries, but with collm_cc there is 1 critic. Give one value\./,
    ],
    [
      'three models for two critics',
      { 'critic_model.path': ['/a', '/b', '/c'] },
      /has 3 entries, but with collm_dc there are 2 critics/,
      'collm_dc',
    ],
    [
      'three devices for two critics',
      { 'critic_model.device': ['cpu', 'cpu', 'cpu'] },
      /`critic_model.device` has 3 entries/,
      'collm_dc',
    ],
    [
      'three formats for two critics',
      { 'critic_model.dtype': ['float32', 'float32', 'float32'] },
      /`critic_model.dtype` has 3/,
      'collm_dc',
    ],
  ]);
  itRefuses([
    [
      'three placements for two agents',
      { 'agent_model.placement': ['thread', 'thread', 'inline'] },
      /`agent_model.placement` has 3 entries, but there are 2 agents/,
    ],
    [
      'three numbers of threads for two agents',
      { 'agent_model.placement': 'thread', 'agent_model.threads': [1, 1, 1] },
      /`agent_model.threads` has 3 entries/,
    ],
    [
      'two placements for one critic',
      { 'critic_model.placement': ['thread', 'inline'] },
      /`critic_model.placement` has 2 entries, but with collm_cc there is 1 critic/,
    ],
    [
      'three numbers of threads for two critics',
      { 'critic_model.threads': [1, 1, 1] },
      /`critic_model.threads` has 3 entries/,
      'collm_dc',
    ],
  ]);
  itAllows([
    [
      'a team of two models',
      { 'agent_model.path': ['/a', '/b'], 'agent_model.dtype': ['float32', 'bfloat16'] },
    ],
    ['a list of one for all', { 'agent_model.path': ['/a'], 'critic_model.path': ['/b'] }, 'collm_dc'],
    ['a critic per agent', { 'critic_model.path': ['/a', '/b'] }, 'collm_dc'],
    ['reference devices without a reference', { 'agent_model.reference_device': 'cpu' }],
  ]);
});

describe('shared weights', () => {
  const share = { 'agent_model.share': true };
  itRefuses([
    [
      'two models',
      { ...share, 'agent_model.path': ['/a', '/b'] },
      /`agent_model.path` differs between agents, .*are one model/,
    ],
    [
      'two formats',
      { ...share, 'agent_model.dtype': ['float32', 'bfloat16'] },
      /`agent_model.dtype` differs/,
    ],
    [
      'two devices',
      { ...share, ...mp, ...agents, 'critic_model.device': 'cpu' },
      /`agent_model.device` differs/,
    ],
    [
      'two reference devices',
      { ...share, ...kl, 'agent_model.reference_device': ['cpu', 'cuda'] },
      /reference_device` differs/,
    ],
    [
      'two placements',
      { ...share, 'agent_model.placement': ['thread', 'process'] },
      /`agent_model.placement` differs between agents, .*are one model/,
    ],
    [
      'two numbers of threads',
      { ...share, 'agent_model.placement': 'thread', 'agent_model.threads': [1, 2] },
      /`agent_model.threads` differs/,
    ],
  ]);
  itAllows([['one model', share]]);
});

describe('devices', () => {
  itRefuses([
    [
      'several without mp',
      agents,
      /`agent_model.device` has several devices, but `train.parallel_training` is none/,
      'magrpo',
    ],
    [
      'several of critics without mp',
      { 'critic_model.device': ['cpu', 'cuda'] },
      /`critic_model.device` has several/,
      'collm_dc',
    ],
    [
      'mp with one device',
      { ...mp, 'agent_model.device': 'cuda' },
      /is mp, but `agent_model.device` is cuda, not a list/,
      'magrpo',
    ],
    [
      'mp without devices of critics',
      { ...mp, ...agents },
      /is mp, but `critic_model.device` is null. Say where collm_cc/,
    ],
    [
      'mp without devices of several critics',
      { ...mp, ...agents },
      /Say where collm_dc has its critics/,
      'collm_dc',
    ],
    [
      'a reference elsewhere than its base',
      { ...kl, 'agent_model.lora': { r: 2 }, 'agent_model.reference_device': 'cuda:1' },
      /`agent_model.reference_device` is set, but agents with adapters/,
    ],
  ]);
  itAllows([
    ['mp with all of them', { ...mp, ...agents, 'critic_model.device': 'cuda:2' }],
    ['mp without a critic', { ...mp, ...agents }, 'magrpo'],
    ['mp with heads on the agents', { ...mp, ...agents, 'algorithm.use_separate_critic': false }, 'collm_dc'],
    ['a critic elsewhere', { 'agent_model.device': 'cuda:0', 'critic_model.device': 'cuda:1' }],
    ['a reference elsewhere', { ...kl, 'agent_model.reference_device': ['cpu', 'cuda:1'] }],
  ]);
});

describe('threads', () => {
  itRefuses([
    [
      'two numbers for inline agents',
      { 'agent_model.threads': [1, 2] },
      /`agent_model.threads` gives 1 and 2 to members that are inline, but these live in one thread/,
      'magrpo',
    ],
    [
      'another number for an inline critic',
      { 'agent_model.threads': 1, 'critic_model.threads': 2 },
      /`agent_model.threads` gives 1 and 2 to members that are inline/,
    ],
  ]);
  itAllows([
    ['one number for all that are inline', { 'agent_model.threads': [2, 2], 'critic_model.threads': 2 }],
    [
      'several numbers apart from each other',
      { 'agent_model.placement': ['thread', 'process'], 'agent_model.threads': [1, 2] },
    ],
    [
      'an inline critic beside agents that are not',
      {
        'agent_model.placement': 'thread',
        'agent_model.threads': 1,
        'critic_model.placement': 'inline',
        'critic_model.threads': 2,
      },
    ],
  ]);
});
