/** Rules of how data becomes updates of the agents. */
import type { Config } from '../schema.js';
import { isActorCritic } from '../schema-algorithm.js';
import { problem, type Rule } from './rule.js';
import { largestStep, stepKeys } from './step-size.js';

export const updateRules: readonly Rule[] = [
  function severalUpdatesWantPpo({ algorithm }) {
    if (algorithm.policy_loss === 'ppo' || algorithm.update_epochs === 1) return null;
    return problem(
      ['algorithm.update_epochs', 'algorithm.policy_loss'],
      `is ${algorithm.update_epochs}, but \`algorithm.policy_loss\` is pg: from the second pass on the samples are not ` +
        'from the policy that is updated. Set it to 1, or `algorithm.policy_loss` to ppo.',
    );
  },
  function severalMinibatchesWantPpo(config) {
    const { algorithm } = config;
    const size = algorithm.train_batch_size;
    if (algorithm.policy_loss === 'ppo' || size === null || size >= largestStep(config)) return null;
    if (algorithm.parity) return null;
    return problem(
      [
        'algorithm.train_batch_size',
        'algorithm.policy_loss',
        'algorithm.parity',
        'algorithm.branches_per_node',
        ...stepKeys,
      ],
      `is ${size}, but a step can have ${largestStep(config)} samples, so it would take several optimiser steps on samples ` +
        'of an older policy (D6). Set it to null, or `algorithm.policy_loss` to ppo, or `algorithm.parity` to true to do ' +
        'as CoMLRL does.',
    );
  },
  function normalizationNeedsTwo({ algorithm, train, env }) {
    const { advantage_normalization: mode, rollout_buffer_size: buffer } = algorithm;
    const node = advantagesAtNode(algorithm);
    const turn = train.items_per_step * (isActorCritic(algorithm) ? algorithm.num_generations : 1) * node;
    const round = { none: 2, node, turn, batch: turn * env.num_turns }[mode];
    if (round >= 2 || (mode !== 'node' && (buffer ?? 1) >= 2)) return null;
    return problem(
      ['algorithm.advantage_normalization', 'algorithm.q_baseline', ...stepKeys],
      `is ${mode}, but that set never holds more than one advantage, and one has no deviation to scale by. ` +
        'Set it to none, or raise `train.items_per_step`, `algorithm.num_generations` or `algorithm.rollout_buffer_size`.',
    );
  },
  function sequentialWantsAligned({ algorithm, env }) {
    if (isActorCritic(algorithm) || algorithm.joint_mode === 'aligned' || env.num_agents === 1) return null;
    if (algorithm.update_order === 'simultaneous') return null;
    return problem(
      ['algorithm.update_order', 'algorithm.joint_mode', 'env.num_agents'],
      'is sequential, but `algorithm.joint_mode` is cross: a response goes with many of the teammates before it, and ' +
        'has no one factor to correct by. Set `algorithm.joint_mode` to aligned, or this to simultaneous.',
    );
  },
  function sequentialWantsJointSamples({ algorithm, env }) {
    if (algorithm.update_order === 'simultaneous' || env.num_agents === 1) return null;
    if (!isActorCritic(algorithm) || algorithm.critic_type === 'v') return null;
    if (algorithm.q_baseline !== 'counterfactual') return null;
    return problem(
      ['algorithm.update_order', 'algorithm.q_baseline', 'algorithm.critic_type', 'env.num_agents'],
      "is sequential, but `algorithm.q_baseline` is counterfactual: an agent's other responses stand beside what its " +
        'teammates played, not beside other responses of theirs, so no factor corrects them. Set ' +
        '`algorithm.q_baseline` to loo, mean or v, or this to simultaneous.',
    );
  },
  function sequentialWantsOwnWeights({ algorithm, agent_model, env }) {
    if (algorithm.update_order === 'simultaneous' || !agent_model.share || env.num_agents === 1) return null;
    return problem(
      ['algorithm.update_order', 'agent_model.share', 'env.num_agents'],
      'is sequential, but with `agent_model.share` all roles are one set of weights, updated at once. ' +
        'Set one of the two back.',
    );
  },
  function sequentialClipIsARange({ algorithm }) {
    const [low, high] = algorithm.sequential_clip;
    if (low <= high) return null;
    return problem(
      ['algorithm.sequential_clip'],
      `is [${low}, ${high}], but its first number is the lower end. Swap them.`,
    );
  },
  function responseRatiosWantResponseWeights({ algorithm }) {
    const { policy_loss: loss, ratio_level: level, is_correction: correction } = algorithm;
    if (loss === 'pg' || level === 'token' || correction !== 'token') return null;
    return problem(
      ['algorithm.is_correction', 'algorithm.ratio_level', 'algorithm.policy_loss'],
      `is token, but \`algorithm.ratio_level\` is ${level}: one ratio for the whole response. Set this to sequence or ` +
        'off, or `algorithm.ratio_level` to token.',
    );
  },
  function rewardK3IsParity({ algorithm }) {
    const { kl_mode: mode, name, parity, reference_faults: faults } = algorithm;
    const hasTargetPerAgent = name !== 'collm_cc' || faults.includes('D1');
    if (mode !== 'rewardK3' || (parity && hasTargetPerAgent)) return null;
    if (!hasTargetPerAgent) {
      return problem(
        ['algorithm.kl_mode', 'algorithm.name', 'algorithm.reference_faults'],
        'is rewardK3, but the one critic of collm_cc learns the reward of the team, which no agent may change. ' +
          'Set it to lossK3, lossExact or rewardK1, or add D1 to `algorithm.reference_faults`, with which the critic ' +
          'has a target per agent, as in CoMLRL.',
      );
    }
    return problem(
      ['algorithm.kl_mode', 'algorithm.parity'],
      'is rewardK3, whose gradient nearly vanishes close to the reference (D7). Set it to lossK3, lossExact or ' +
        'rewardK1, or `algorithm.parity` to true to do as CoMLRL does.',
    );
  },
];

/** Advantages of one agent at a node: of all its responses, in chains of the played one and those of a baseline. */
function advantagesAtNode(algorithm: Config['algorithm']): number {
  if (!isActorCritic(algorithm)) return algorithm.num_generations;
  return algorithm.critic_type === 'q' && algorithm.q_baseline !== 'v' ? algorithm.baseline_samples : 1;
}
