import type { MarlooOptions } from '../config.js';
import { groupAdvantages } from '../credit/group-advantages.js';
import { collectTrees, nodeReturns, treeLesson, withoutCritics } from '../learner/tree-lesson.js';
import type { Algorithm } from './algorithm.js';

/**
 * MARLOO: Monte Carlo returns against the mean of the other samples of their node (algorithms spec 2.1, P4 rloo; left
 * out is the sample itself, not an agent).
 *
 *     ∇J_i = E[ Σ_t ρ_i,t (R_g - mean_{g' != g} R) ∇ log π_i(a_i,t,g | h_i,t) ]
 */
export function marloo(options: MarlooOptions): Algorithm {
  return {
    name: options.name,
    options,
    ...withoutCritics,
    async lesson(run) {
      const trees = await collectTrees(run, options);
      const returns = nodeReturns(trees, run.agents.length, options);
      const advantages = returns.map((ofAgent) =>
        ofAgent.map((node) => groupAdvantages(node.returns, 'rloo')),
      );
      return treeLesson(trees, returns, advantages, options);
    },
  };
}
