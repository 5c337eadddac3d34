/**
 * Monte Carlo methods (spec 2.1): trees of joint samples, credited with the returns that followed.
 *
 *   groupMethod     collect, credit, compare within a node: most of them
 *   collectTrees    plays full or pruned trees
 *   nodeReturns     per agent and node, the returns of its responses (P6, P7)
 *   treeLesson      advantages as samples, one unit a node
 */
import type { Algorithm, Lesson, LessonRun, RolloutShape, Unit } from '../algorithms/algorithm.js';
import type { MonteCarloOptions } from '../config.js';
import { reduceOverTeammates } from '../credit/joint-samples.js';
import { scaleAdvantages } from '../credit/normalisation.js';
import type { Response } from '../messages.js';
import { type Episode, type JointTransition, pick, played, type RolloutNode } from '../rollout/episode.js';
import { agentEpisodeReturns, type TransitionCredit } from '../rollout/records.js';
import { split } from '../split.js';
import { collect } from './collect.js';
import { klOf, policySample, type References, referencesFor } from './policy-samples.js';
import { asTrained, type PaddedGroups, paddedGroups, scoredAsReference } from './reference-faults.js';

/** What Monte Carlo methods have in common: no critic. */
export const withoutCritics = {
  criticWarmupSteps: 0,
  value: null,
  critics: () => 0,
} satisfies Partial<Algorithm>;

/**
 * A Monte Carlo method whose advantages follow from the returns of one agent's responses at one node.
 *
 * @param advantagesOf one advantage per return
 */
export function groupMethod(
  options: MonteCarloOptions,
  advantagesOf: (returns: readonly number[]) => number[],
): Algorithm {
  return {
    name: options.name,
    options,
    ...withoutCritics,
    async lesson(run) {
      const trees = await collectTrees(run, options);
      const returns = nodeReturns(trees, run.agents.length, options);
      const advantages = returns.map((ofAgent) => ofAgent.map((node) => advantagesOf(node.returns)));
      return treeLesson(trees, returns, advantages, options);
    },
  };
}

export interface Trees {
  readonly episodes: readonly Episode[];
  /** Nodes of the episodes that did not fail. */
  readonly nodes: readonly TreeNode[];
  readonly references: References;
  /** What is trained of the responses, with D3. */
  readonly padded: PaddedGroups;
}

export interface TreeNode {
  readonly episode: Episode;
  readonly node: RolloutNode;
}

/** The responses of one agent at one node whose returns are known, and these. */
export interface NodeReturns {
  readonly responses: readonly number[];
  readonly returns: readonly number[];
}

/** At every node each agent answers G times; every joint sample is scored, and all or some are played on. */
export async function collectTrees(run: LessonRun, options: MonteCarloOptions): Promise<Trees> {
  const shape: RolloutShape = {
    episodesPerItem: 1,
    numGenerations: options.numGenerations,
    jointMode: options.jointMode,
    play: 'all',
    branchesPerNode: options.branchesPerNode,
    observeAfterHorizon: false,
  };
  const made = await collect(run, shape, options.rolloutBufferSize, ({ nodes }) => nodes.length);
  const episodes = await scoredAsReference(run, made, options);
  const nodes = played(episodes).flatMap((episode) => episode.nodes.map((node) => ({ episode, node })));
  const responses = run.agents.map((_, agent) =>
    nodes.flatMap(({ node }) => node.responses[agent] as readonly Response[]),
  );
  const references = await referencesFor(run, responses, options);
  const padded = await paddedGroups(
    run,
    nodes.map(({ node }) => node),
    options,
  );
  return { episodes, nodes, references, padded };
}

/**
 * `returns[agent][node]`: each response's return is the mean over the joint samples that contain it (P7), of their
 * rewards and what followed (P6). With `klMode: 'rewardK3'` its own divergence is taken off at that turn only.
 */
export function nodeReturns(
  { nodes, references }: Trees,
  numAgents: number,
  { discount, numGenerations, crossReduce, klMode, klCoef }: MonteCarloOptions,
): NodeReturns[][] {
  const episodes = [...new Set(nodes.map(({ episode }) => episode))];
  return Array.from({ length: numAgents }, (_, agent) => {
    const ofEpisode = new Map(
      episodes.map((episode) => [episode, agentEpisodeReturns(episode, discount, agent)]),
    );
    return nodes.map(({ episode, node }) => {
      // The future of a joint sample that was not played on is not known: it has no return.
      const known = node.transitions.filter((index) => episode.transitions[index]?.end !== 'pruned');
      const reduced = reduceOverTeammates(
        known.map((index) => ofEpisode.get(episode)?.[index] as number),
        known.map((index) => (episode.transitions[index] as JointTransition).choice),
        agent,
        numGenerations,
        crossReduce,
      );
      const responses = [...reduced.keys()].filter((g) => reduced[g] !== null);
      const returns = responses.map((g) => {
        const penalty =
          klMode === 'rewardK3' ? klCoef * klOf(pick(node.responses, agent, g), references, 'k3') : 0;
        return (reduced[g] as number) - penalty;
      });
      return { responses, returns };
    });
  });
}

/**
 * @param returns of `nodeReturns`
 * @param advantages `advantages[agent][node]`, one per entry of the returns
 * @param extraEnvSteps joint samples that were scored for baselines
 */
export function treeLesson(
  { episodes, nodes, references, padded }: Trees,
  returns: readonly (readonly NodeReturns[])[],
  advantages: readonly (readonly (readonly number[])[])[],
  options: MonteCarloOptions,
  extraEnvSteps = 0,
): Lesson {
  const scaled = advantages.map((own) => scaleNodes(own, nodes, options));
  const units = nodes.map(({ episode, node }, index): Unit => {
    const share = options.nodeWeighting === 'path' ? 1 / node.branches : 1;
    const policy = scaled.map((own, agent) => {
      const { responses } = (returns[agent] as readonly NodeReturns[])[index] as NodeReturns;
      const place = {
        agent,
        turn: node.turn,
        itemId: episode.item.id,
        // The mean over a node's members, then over nodes (P10), whatever the number of members.
        weight: (share * options.numGenerations) / responses.length,
      };
      return responses.map((g, k) => {
        const response = pick(node.responses, agent, g);
        const sample = policySample(response, own[index]?.[k] as number, place, references, options);
        return asTrained(sample, padded.get(node)?.[agent]?.[g]);
      });
    });
    return { episode, turn: node.turn, policy, regression: [] };
  });
  const tied = nodes.filter((_, index) =>
    returns.every((own) => allEqual((own[index] as NodeReturns).returns)),
  );
  return {
    episodes,
    units,
    credits: creditsOf(nodes, returns, units),
    extraEnvSteps,
    metrics: nodes.length === 0 ? {} : { 'train/tied_nodes': tied.length / nodes.length },
  };
}

const allEqual = (values: readonly number[]) => values.every((value) => value === values[0]);

/** P5 over a node, a turn or the whole step, then the cut. */
function scaleNodes(
  advantages: readonly (readonly number[])[],
  nodes: readonly TreeNode[],
  { advantageNormalization: mode, advantageClip }: MonteCarloOptions,
): number[][] {
  const groups =
    mode === 'none'
      ? null
      : nodes.flatMap(({ node }, index) =>
          (advantages[index] as readonly number[]).map(
            () => ({ node: index, turn: node.turn, batch: 0 })[mode],
          ),
        );
  const flat = scaleAdvantages(advantages.flat(), groups, advantageClip) as number[];
  return split(
    flat,
    advantages.map((own) => own.length),
  );
}

/** What each joint sample's responses were trained on; nothing for one whose return is not known. */
function creditsOf(
  nodes: readonly TreeNode[],
  returns: readonly (readonly NodeReturns[])[],
  units: readonly Unit[],
): Map<Episode, TransitionCredit[]> {
  const credits = new Map<Episode, TransitionCredit[]>();
  nodes.forEach(({ episode, node }, index) => {
    const own = credits.get(episode) ?? episode.transitions.map(() => ({}));
    credits.set(episode, own);
    for (const transition of node.transitions) {
      const { choice, end } = episode.transitions[transition] as JointTransition;
      if (end === 'pruned') continue;
      const advantages = choice.map((g, agent) => {
        const position = returns[agent]?.[index]?.responses.indexOf(g) as number;
        return units[index]?.policy[agent]?.[position]?.advantage as number;
      });
      own[transition] = { advantages };
    }
  });
  return credits;
}
