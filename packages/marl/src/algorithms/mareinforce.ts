import type { MareinforceOptions } from '../config.js';
import { groupAdvantages } from '../credit/group-advantages.js';
import { groupMethod } from '../learner/tree-lesson.js';
import type { Algorithm } from './algorithm.js';

/**
 * MAREINFORCE: Monte Carlo returns of a tree of joint samples, without a baseline (algorithms spec 2.1, P4 raw).
 *
 *     ∇J_i = E[ Σ_t ρ_i,t R_g ∇ log π_i(a_i,t,g | h_i,t) ]
 */
export function mareinforce(options: MareinforceOptions): Algorithm {
  return groupMethod(options, (returns) => groupAdvantages(returns, 'raw'));
}
