import type { Item, StepResult } from '@collm/envs';
import type { RolloutError } from '../errors.js';
import type { JointHistory, Response } from '../messages.js';

/**
 * A rolled-out episode, flat: nodes and joint transitions refer to each other by index, parents come
 * first. With one generation it is a chain, with more a tree (spec 2.1).
 */
export interface Episode {
  readonly item: Item;
  /** Running number within its phase. */
  readonly episode: number;
  readonly nodes: RolloutNode[];
  readonly transitions: JointTransition[];
  /** What ended the episode before its time; what was played until then is kept for the log, never trained on. */
  failure: RolloutError | null;
}

/** A joint history at which every agent answered. */
export interface RolloutNode {
  readonly turn: number;
  /** Path number of the transition that led here; 0 at the root. */
  readonly path: number;
  /** Transition that led here, or null at the root. */
  readonly parent: number | null;
  /** Joint samples that were played on at each node before this one, multiplied: one over the node's share of the tree. */
  readonly branches: number;
  /** The environment's state, to play from here again. */
  readonly state: unknown;
  readonly history: JointHistory;
  /** `responses[agent][g]`: G responses per agent, sampled independently. */
  readonly responses: readonly (readonly Response[])[];
  /** The joint samples made of them that were played. */
  readonly transitions: readonly number[];
}

/** The unit of data (D1): one joint action and what it led to. */
export interface JointTransition {
  readonly node: number;
  readonly turn: number;
  /** `node.path * branching + j`: unique within the turn, whichever other branches have ended. */
  readonly path: number;
  /** The transition before it, or null at the root. */
  readonly parent: number | null;
  /** Index of each agent's response in `node.responses[agent]`. */
  readonly choice: readonly number[];
  readonly result: StepResult<unknown>;
  /**
   * Why nothing follows, or null when something does. `early` is P3; `pruned`: the episode goes on, but only other
   * branches of the node were played (D29); any other end at the last turn is the `horizon`.
   */
  readonly end: 'environment' | 'horizon' | 'early' | 'pruned' | null;
  /** The joint history after a horizon cut, when the rollout was asked for it (`bootstrapOnHorizon`). */
  readonly endHistory: JointHistory | null;
}

/** The node of a transition. */
export function nodeOf(episode: Episode, transition: JointTransition): RolloutNode {
  return episode.nodes[transition.node] as RolloutNode;
}

/** The response of one agent in a joint transition. */
export function responseOf(episode: Episode, transition: JointTransition, agent: number): Response {
  return pick(nodeOf(episode, transition).responses, agent, transition.choice[agent] as number);
}

/** Response `g` of an agent. */
export function pick(responses: readonly (readonly Response[])[], agent: number, g: number): Response {
  return (responses[agent] as readonly Response[])[g] as Response;
}

/** The episodes that can be learned from. */
export function played(episodes: readonly Episode[]): Episode[] {
  return episodes.filter(({ failure }) => failure === null);
}

/** What an agent's learner is rewarded with: its own reward where the environment gives one, else the team's. */
export function rewardOf({ result }: JointTransition, agent: number): number {
  return result.agentRewards?.[agent] ?? result.processedReward;
}
