import type { AcOptions, CollmDcOptions } from '../config.js';
import { chainLesson, collectChains } from '../learner/chain-lesson.js';
import { localJudges } from '../learner/judges.js';
import { judgeChains } from '../learner/verdicts.js';
import type { Algorithm } from './algorithm.js';

/**
 * CoLLM-DC: every agent has a critic V_i(h_i) of its own history (arXiv 2601.21972; algorithms spec 2.3; IAC in
 * CoMLRL), as a model of its own or as a head on the agent's backbone. Agent i follows its own TD error,
 *
 *     δ_i,t = r_t + γ V_i(h_i,t+1) - V_i(h_i,t)
 *     ∇J_i = E[ Σ_t ρ_i,t δ_i,t ∇ log π_i(a_i,t | h_i,t) ]
 *
 * and its critic minimises δ_i². It differs from CoLLM-CC in what a critic sees, and in nothing else.
 */
export function collmDc(options: CollmDcOptions | AcOptions): Algorithm {
  const separate = options.useSeparateCritic;
  return {
    name: options.name,
    options,
    criticWarmupSteps: options.criticWarmupSteps,
    value: { ...options, stopGradient: options.valueStopGradient },
    critics: (numAgents) => (separate ? numAgents : 0),
    async lesson(run) {
      // Collect: independent trajectories, one joint action a turn.
      const played = await collectChains(run, options);

      // Value: each critic sees one agent's history; targets and advantages are that agent's.
      const judges = localJudges(run.agents.length, separate);
      const verdicts = await judgeChains(run, judges, played.chains, played.references, options);

      // Learn: every critic from its own looks; a shared head within its agent's update.
      return chainLesson(played, judges, verdicts, options);
    },
  };
}
