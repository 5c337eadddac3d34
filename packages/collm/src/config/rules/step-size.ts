/** How much data a step has, before anything is played. */

import type { Config } from '../schema.js';
import { isActorCritic, type MonteCarloConfig } from '../schema-algorithm.js';

/** The keys that it depends on. */
export const stepKeys = [
  'train.items_per_step',
  'algorithm.num_generations',
  'algorithm.rollout_buffer_size',
  'env.num_turns',
  'env.num_agents',
];

/** Joint samples of a node: as many as responses per agent, in cross mode every combination of them. */
export function jointSamples(algorithm: MonteCarloConfig, numAgents: number): number {
  const { num_generations: generations, joint_mode: mode } = algorithm;
  return mode === 'aligned' ? generations : generations ** numAgents;
}

/**
 * The most joint transitions (with a critic) or nodes (Monte Carlo) that a step can have. Baselines add none: they are
 * compared with, not trained on.
 */
export function largestStep(config: Config): number {
  const round = largestRound(config);
  const { rollout_buffer_size: buffer } = config.algorithm;
  // Early stops can leave a buffer one short of full before its last round.
  return buffer === null ? round : buffer - 1 + round;
}

function largestRound({ algorithm, env, train }: Config): number {
  if (isActorCritic(algorithm)) return train.items_per_step * algorithm.num_generations * env.num_turns;
  const all = jointSamples(algorithm, env.num_agents);
  const branches = Math.min(algorithm.branches_per_node ?? all, all);
  let nodes = 0;
  for (let turn = 0; turn < env.num_turns; turn++) nodes += branches ** turn;
  return train.items_per_step * nodes;
}
