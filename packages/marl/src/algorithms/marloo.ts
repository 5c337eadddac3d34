import type { MarlooOptions } from '../config.js';
import { groupAdvantages } from '../credit/group-advantages.js';
import { groupMethod } from '../learner/tree-lesson.js';
import type { Algorithm } from './algorithm.js';

/**
 * MARLOO: Monte Carlo returns against the mean of the other samples of their node (algorithms spec 2.1, P4 rloo; left
 * out is the sample itself, not an agent).
 *
 *     ∇J_i = E[ Σ_t ρ_i,t (R_g - mean_{g' != g} R) ∇ log π_i(a_i,t,g | h_i,t) ]
 */
export function marloo(options: MarlooOptions): Algorithm {
  return groupMethod(options, (returns) => groupAdvantages(returns, 'rloo'));
}
