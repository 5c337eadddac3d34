import type { GrpoOptions, MagrpoOptions } from '../config.js';
import { groupAdvantages } from '../credit/group-advantages.js';
import { collectTrees, nodeReturns, treeLesson, withoutCritics } from '../learner/tree-lesson.js';
import type { Algorithm } from './algorithm.js';

/**
 * MAGRPO: Monte Carlo returns of a tree of joint samples against the mean of their node (arXiv
 * 2508.04652; algorithms spec 2.1).
 *
 *     ∇J_i = E[ Σ_t ρ_i,t (R_g - mean_g R) ∇ log π_i(a_i,t,g | h_i,t) ]
 */
export function magrpo(options: MagrpoOptions | GrpoOptions): Algorithm {
  return {
    name: options.name,
    options,
    ...withoutCritics,
    async lesson(run) {
      const trees = await collectTrees(run, options);
      const returns = nodeReturns(trees, run.agents.length, options);
      const advantages = returns.map((ofAgent) =>
        ofAgent.map((node) => groupAdvantages(node.returns, 'mean')),
      );
      return treeLesson(trees, returns, advantages, options);
    },
  };
}
