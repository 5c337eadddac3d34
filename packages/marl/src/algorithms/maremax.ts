import type { MaremaxOptions } from '../config.js';
import { groupAdvantages } from '../credit/group-advantages.js';
import { collectTrees, nodeReturns, type Trees, treeLesson, withoutCritics } from '../learner/tree-lesson.js';
import { agentEpisodeReturns } from '../rollout/records.js';
import type { Algorithm, LessonRun } from './algorithm.js';

/**
 * MAREMAX: Monte Carlo returns against the best of their node (algorithms spec 2.1, P4 max), a baseline that depends
 * on the action and so biases the gradient; or, as in ReMax (Li et al. 2023), against the return of a team that
 * answers greedily from that node on, which does not.
 *
 *     ∇J_i = E[ Σ_t ρ_i,t (R_g - b) ∇ log π_i(a_i,t,g | h_i,t) ],   b = max_g R  or  R of the greedy team
 */
export function maremax(options: MaremaxOptions): Algorithm {
  return {
    name: options.name,
    options,
    ...withoutCritics,
    async lesson(run) {
      const sampled = await collectTrees(run, options);
      const greedy = options.maxSource === 'greedy' ? await greedyBaselines(run, sampled, options) : null;
      const trees = greedy?.trees ?? sampled;
      const returns = nodeReturns(trees, run.agents.length, options);
      const advantages = returns.map((ofAgent, agent) =>
        ofAgent.map((node, index) => {
          if (greedy === null) return groupAdvantages(node.returns, 'max');
          const baseline = greedy.baselines[agent]?.[index] as number;
          return node.returns.map((value) => value - baseline);
        }),
      );
      return treeLesson(trees, returns, advantages, options, greedy?.envSteps);
    },
  };
}

/** `baselines[agent][node]`: the return of playing greedily from there. */
async function greedyBaselines(
  run: LessonRun,
  trees: Trees,
  { discount }: MaremaxOptions,
): Promise<{ trees: Trees; baselines: number[][]; envSteps: number }> {
  const greedy = await run.greedyFrom(trees.nodes);
  const envSteps = greedy.reduce((sum, { transitions }) => sum + transitions.length, 0);
  // An episode with a baseline that could not be played has failed as a whole.
  trees.nodes.forEach(({ episode }, index) => {
    episode.failure ??= greedy[index]?.failure ?? null;
  });
  const whole = [...trees.nodes.keys()].filter((index) => trees.nodes[index]?.episode.failure === null);
  const baselines = run.agents.map((_, agent) =>
    whole.map((index) => {
      const episode = greedy[index] as (typeof greedy)[number];
      return agentEpisodeReturns(episode, discount, agent)[0] as number;
    }),
  );
  const nodes = whole.map((index) => trees.nodes[index] as Trees['nodes'][number]);
  return { trees: { ...trees, nodes }, baselines, envSteps };
}
