import type { CollmCcOptions } from '../config.js';
import { chainLesson, collectChains } from '../learner/chain-lesson.js';
import { centralJudge } from '../learner/judges.js';
import { hasFault, judgePerAgent } from '../learner/reference-faults.js';
import { judgeChains } from '../learner/verdicts.js';
import type { Algorithm } from './algorithm.js';

/**
 * CoLLM-CC: decentralised actors, one centralised critic V(h_1, .., h_n) (arXiv 2601.21972; algorithms
 * spec 2.4; MAAC in CoMLRL). Every agent i follows the same advantage,
 *
 *     A_t = δ_t = r_t + γ V(h_t+1) - V(h_t)          (GAE over turns with gaeLambda > 0, P9)
 *     ∇J_i = E[ Σ_t ρ_i,t A_t ∇ log π_i(a_i,t | h_i,t) ]
 *
 * and the critic minimises (target_t - V(h_t))², once per joint transition, not once per agent (D1). With
 * criticType 'q' it learns Q(h, a), and A is Q less a baseline that does not depend on the action (D2). Both can be had
 * as CoMLRL does them (learner/reference-faults.ts). With criticSees 'state' the environment's state takes the place of
 * the histories, in V and in Q.
 */
export function collmCc(options: CollmCcOptions): Algorithm {
  return {
    name: options.name,
    options,
    criticWarmupSteps: options.criticWarmupSteps,
    value: { ...options, stopGradient: false },
    critics: () => 1,
    async lesson(run) {
      // Collect: independent trajectories, one joint action a turn.
      const played = await collectChains(run, options);

      // Value: one critic sees every history; its targets and its one advantage per joint transition.
      const judges = (hasFault(options, 'D1') ? judgePerAgent : centralJudge)(run.agents.length);
      const verdicts = await judgeChains(run, judges, played.chains, played.references, options);

      // Learn: one regression sample per joint transition, the same advantage for every agent.
      return chainLesson(played, judges, verdicts, options);
    },
  };
}
