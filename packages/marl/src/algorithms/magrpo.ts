import type { MagrpoOptions } from '../config.js';
import { groupAdvantages } from '../credit/group-advantages.js';
import { reduceCross } from '../credit/joint-samples.js';
import { normaliseWithin } from '../credit/normalisation.js';
import { planMinibatches } from '../learner/minibatches.js';
import { policySample, policyUpdate, updateAgents } from '../learner/updates.js';
import type { PolicySample } from '../messages.js';
import { type Episode, pick, type RolloutNode } from '../rollout/episode.js';
import { episodeReturns, type TransitionCredit } from '../rollout/records.js';
import type { Algorithm } from './algorithm.js';

/**
 * MAGRPO: Monte Carlo returns of a tree of joint samples against the mean of their node (arXiv
 * 2508.04652; algorithms spec 2.1). One agent makes it GRPO.
 *
 *     ∇J_i = E[ Σ_t ρ_i,t (R_g - mean_g R) ∇ log π_i(a_i,t,g | h_i,t) ]
 */
export function magrpo(options: MagrpoOptions): Algorithm {
  return {
    name: 'magrpo',
    discount: options.discount,
    needsCritic: false,
    async step(run) {
      // Collect: at every node each agent answers G times, every joint sample is scored and branches (2.1.1-4).
      const episodes = await run.rollout({
        episodesPerItem: 1,
        numGenerations: options.numGenerations,
        jointMode: options.jointMode,
        observeAfterHorizon: false,
      });
      const returns = episodes.map((episode) => episodeReturns(episode, options.discount));
      const nodes = episodes.flatMap((episode, index) =>
        episode.nodes.map((node) => ({
          episode,
          node,
          jointReturns: node.transitions.map((transition) => returns[index]?.[transition] as number),
        })),
      );

      // Advantages per node and per agent (P6, P7, P4), then normalised if asked for (P5).
      const advantages = run.agents.map((_, agent) => {
        const raw = nodes.map(({ jointReturns }) =>
          groupAdvantages(agentReturns(jointReturns, agent, run.agents.length, options), 'mean'),
        );
        return normaliseNodes(raw, nodes, options);
      });

      // One update per agent and minibatch of nodes; all nodes have G members, so P10's two means are one.
      const samples = run.agents.map((_, agent) =>
        nodes.map(({ episode, node }, index) =>
          nodeSamples(episode, node, agent, advantages[agent]?.[index] as number[]),
        ),
      );
      const minibatches = planMinibatches(
        nodes.map(({ episode }) => episode.episode),
        options.trainBatchSize,
        options.updateEpochs,
        run.seed,
        run.step,
      );
      const settings = policyUpdate(options, run.sampling.temperature);
      const agentMetrics = await updateAgents(run, samples, minibatches, settings);

      const tied = nodes.filter(({ jointReturns }) =>
        jointReturns.every((value) => value === jointReturns[0]),
      );
      const nodeIndex = new Map(nodes.map(({ node }, index) => [node, index]));
      return {
        episodes,
        credits: episodes.map((episode) => transitionCredits(episode, advantages, nodeIndex)),
        metrics: { ...agentMetrics, 'train/tied_nodes': tied.length / nodes.length },
      };
    },
  };
}

/** An agent's G returns at a node: the joint returns, reduced over the teammates' responses in cross mode. */
function agentReturns(
  jointReturns: readonly number[],
  agent: number,
  numAgents: number,
  { jointMode, numGenerations, crossReduce }: MagrpoOptions,
): readonly number[] {
  if (jointMode === 'aligned') return jointReturns;
  return reduceCross(jointReturns, agent, numAgents, numGenerations, crossReduce);
}

function normaliseNodes(
  raw: readonly (readonly number[])[],
  nodes: readonly { node: RolloutNode }[],
  { advantageNormalization, numGenerations }: MagrpoOptions,
): number[][] {
  if (advantageNormalization === 'none') return raw.map((own) => [...own]);
  const groups = nodes.flatMap(({ node }, index) =>
    new Array<number>(numGenerations).fill(
      { node: index, turn: node.turn, batch: 0 }[advantageNormalization],
    ),
  );
  const flat = normaliseWithin(raw.flat(), groups);
  return raw.map((_, index) => flat.slice(index * numGenerations, (index + 1) * numGenerations));
}

function nodeSamples(
  episode: Episode,
  node: RolloutNode,
  agent: number,
  advantages: readonly number[],
): PolicySample[] {
  return advantages.map((advantage, g) =>
    policySample(pick(node.responses, agent, g), advantage, agent, node.turn, episode.item.id),
  );
}

/** What each joint sample's responses were trained on. */
function transitionCredits(
  episode: Episode,
  advantages: readonly (readonly (readonly number[])[])[],
  nodeIndex: ReadonlyMap<RolloutNode, number>,
): TransitionCredit[] {
  return episode.transitions.map(({ node, choice }) => {
    const index = nodeIndex.get(episode.nodes[node] as RolloutNode) as number;
    return { advantages: choice.map((g, agent) => advantages[agent]?.[index]?.[g] as number) };
  });
}
