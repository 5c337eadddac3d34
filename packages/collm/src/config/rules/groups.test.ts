import { describe } from 'vitest';
import { itAllows, itRefuses } from '../../../test/config-problems.js';

const alone = { 'algorithm.num_generations': 1 };
const nodes = { 'algorithm.advantage_normalization': 'node' };

describe('who plays', () => {
  itRefuses([
    [
      'grpo with a team',
      { 'env.num_agents': 2 },
      /`algorithm.name` is grpo, .* is 2. .*1, or the name to magrpo/,
      'grpo',
    ],
    ['ac with a team', { 'env.num_agents': 2 }, /`algorithm.name` is ac, .*collm_cc or collm_dc/, 'ac'],
  ]);
  itAllows([
    ['two turns with two generations (D30)', { 'env.num_turns': 2, 'algorithm.num_generations': 2 }],
    ['one agent in a method for many', { 'env.num_agents': 1 }, 'magrpo'],
  ]);
});

describe('what a response is compared with', () => {
  itRefuses([
    [
      'magrpo alone',
      alone,
      /`algorithm.num_generations` is 1, but magrpo compares .* mean of its node.*2 or more/,
      'magrpo',
    ],
    ['grpo alone', alone, /is 1, but grpo compares/, 'grpo'],
    ['marloo alone', alone, /is 1, but marloo compares a response with the others/, 'marloo'],
    ['maremax alone', alone, /is 1, but maremax compares a response with the best/, 'maremax'],
    [
      'one branch where branches are compared',
      { 'algorithm.branches_per_node': 1 },
      /`algorithm.branches_per_node` is 1, .*magrpo compares it with the mean .*2 or more/,
      'magrpo',
    ],
    [
      'more branches than there are',
      { 'algorithm.branches_per_node': 5 },
      /`algorithm.branches_per_node` is 5, but a node has 4 joint samples/,
      'marloo',
    ],
    [
      'more branches than there are in cross mode',
      { 'algorithm.branches_per_node': 17, 'algorithm.joint_mode': 'cross' },
      /is 17, but a node has 16 joint samples/,
      'magrpo',
    ],
    ...(['mareinforce', 'marloo', 'maremax'] as const).map(
      (name) =>
        [
          `${name} normalised per node`,
          nodes,
          /is node, .*become magrpo.*`algorithm.parity` to true/,
          name,
        ] as const,
    ),
  ]);
  itAllows([
    ['mareinforce alone', alone, 'mareinforce'],
    ['maremax alone against a greedy team', { ...alone, 'algorithm.max_source': 'greedy' }, 'maremax'],
    ['one branch of mareinforce', { 'algorithm.branches_per_node': 1 }, 'mareinforce'],
    [
      'sixteen branches in cross mode',
      { 'algorithm.branches_per_node': 16, 'algorithm.joint_mode': 'cross' },
      'magrpo',
    ],
    ['magrpo normalised per node', nodes, 'magrpo'],
    ['marloo normalised per node for parity', { ...nodes, 'algorithm.parity': true }, 'marloo'],
    ['marloo normalised per turn', { 'algorithm.advantage_normalization': 'turn' }, 'marloo'],
  ]);
});
