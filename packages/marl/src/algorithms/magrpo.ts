import type { GrpoOptions, MagrpoOptions } from '../config.js';
import { groupAdvantages } from '../credit/group-advantages.js';
import { groupMethod } from '../learner/tree-lesson.js';
import type { Algorithm } from './algorithm.js';

/**
 * MAGRPO: Monte Carlo returns of a tree of joint samples against the mean of their node (arXiv
 * 2508.04652; algorithms spec 2.1).
 *
 *     ∇J_i = E[ Σ_t ρ_i,t (R_g - mean_g R) ∇ log π_i(a_i,t,g | h_i,t) ]
 */
export function magrpo(options: MagrpoOptions | GrpoOptions): Algorithm {
  return groupMethod(options, (returns) => groupAdvantages(returns, 'mean'));
}
