import type { MareinforceOptions } from '../config.js';
import { groupAdvantages } from '../credit/group-advantages.js';
import { collectTrees, nodeReturns, treeLesson, withoutCritics } from '../learner/tree-lesson.js';
import type { Algorithm } from './algorithm.js';

/**
 * MAREINFORCE: Monte Carlo returns of a tree of joint samples, without a baseline (algorithms spec 2.1, P4 raw).
 *
 *     ∇J_i = E[ Σ_t ρ_i,t R_g ∇ log π_i(a_i,t,g | h_i,t) ]
 */
export function mareinforce(options: MareinforceOptions): Algorithm {
  return {
    name: options.name,
    options,
    ...withoutCritics,
    async lesson(run) {
      const trees = await collectTrees(run, options);
      const returns = nodeReturns(trees, run.agents.length, options);
      const advantages = returns.map((ofAgent) =>
        ofAgent.map((node) => groupAdvantages(node.returns, 'raw')),
      );
      return treeLesson(trees, returns, advantages, options);
    },
  };
}
