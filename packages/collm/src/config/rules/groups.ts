/** Rules of who plays, and of the groups that Monte Carlo methods compare. */
import type { Config } from '../schema.js';
import { isActorCritic } from '../schema-algorithm.js';
import { problem, type Rule } from './rule.js';
import { jointSamples } from './step-size.js';

export const groupRules: readonly Rule[] = [
  function singleAgentNames({ algorithm, env }) {
    const team = { grpo: 'magrpo', ac: 'collm_cc or collm_dc' } as Record<string, string>;
    const many = team[algorithm.name];
    if (many === undefined || env.num_agents === 1) return null;
    return problem(
      ['algorithm.name', 'env.num_agents'],
      `is ${algorithm.name}, which trains a single agent, but \`env.num_agents\` is ${env.num_agents}. ` +
        `Set that to 1, or the name to ${many}.`,
    );
  },
  function comparisonNeedsTwo({ algorithm }) {
    const against = comparedWith(algorithm);
    if (against === null || algorithm.num_generations >= 2) return null;
    return problem(
      ['algorithm.num_generations', 'algorithm.name'],
      `is 1, but ${algorithm.name} compares a response with ${against}, and alone every advantage is 0. Set it to 2 or more.`,
    );
  },
  function branchesExist({ algorithm, env }) {
    if (isActorCritic(algorithm) || algorithm.branches_per_node === null) return null;
    const all = jointSamples(algorithm, env.num_agents);
    if (algorithm.branches_per_node <= all) return null;
    return problem(
      ['algorithm.branches_per_node', 'algorithm.num_generations', 'algorithm.joint_mode', 'env.num_agents'],
      `is ${algorithm.branches_per_node}, but a node has ${all} joint samples. Set it to ${all} or less, or to null for all.`,
    );
  },
  function branchesCompare({ algorithm }) {
    const against = comparedWith(algorithm);
    if (against === null || isActorCritic(algorithm) || algorithm.branches_per_node !== 1) return null;
    return problem(
      ['algorithm.branches_per_node', 'algorithm.name'],
      `is 1, so only one joint sample of a node counts, but ${algorithm.name} compares it with ${against}. ` +
        'Set it to 2 or more, or to null for all.',
    );
  },
  function normalisationHidesBaseline({ algorithm }) {
    const { name, parity, advantage_normalization: mode } = algorithm;
    if (!['mareinforce', 'marloo', 'maremax'].includes(name) || mode !== 'node' || parity) return null;
    return problem(
      ['algorithm.advantage_normalization', 'algorithm.name', 'algorithm.parity'],
      `is node, which takes every baseline out again: mareinforce, marloo and maremax all become magrpo (D4). ` +
        'Set it to none, turn or batch, or `algorithm.parity` to true to do as CoMLRL does.',
    );
  },
];

/** What a Monte Carlo method compares a response with, where that is others of its node. */
function comparedWith(algorithm: Config['algorithm']): string | null {
  switch (algorithm.name) {
    case 'magrpo':
    case 'grpo':
      return 'the mean of its node';
    case 'marloo':
      return 'the others of its node';
    case 'maremax':
      return algorithm.max_source === 'group' ? 'the best of its node' : null;
    default:
      return null;
  }
}
