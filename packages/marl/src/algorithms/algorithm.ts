import type { AlgorithmName, CommonAlgorithmOptions, JointMode } from '../config.js';
import type { Metrics, Phase } from '../events.js';
import type { Agent, Critic, PolicySample, Sampling, ValueSample } from '../messages.js';
import type { Episode, RolloutNode } from '../rollout/episode.js';
import type { TransitionCredit } from '../rollout/records.js';

/**
 * An algorithm says what is played and what is learned of it; it changes nothing itself. The one learner
 * (learner/learn.ts) does the updates of every algorithm.
 */
export interface Algorithm {
  readonly name: AlgorithmName;
  readonly options: CommonAlgorithmOptions;
  /** First steps that update the critics only. */
  readonly criticWarmupSteps: number;
  /** Value losses of critics, and of heads on the agents' own backbones. */
  readonly value: ValueSettings | null;
  /** Number of critics beside a team. */
  critics(numAgents: number): number;
  /** Plays, values and assigns credit. */
  lesson(run: LessonRun): Promise<Lesson>;
}

export interface ValueSettings {
  readonly valueLossCoef: number;
  readonly valueClipRange: number | null;
  /** Passes of critics beside the team over the units; null: as many as the agents make. */
  readonly criticUpdateEpochs: number | null;
  /** See `HeadUpdate`. */
  readonly stopGradient: boolean;
}

/** What a step learns from. */
export interface Lesson {
  /** All that were played, failed ones included. */
  readonly episodes: readonly Episode[];
  readonly units: readonly Unit[];
  /** `credits[episode][transition]`, for the episode log. */
  readonly credits: ReadonlyMap<Episode, readonly TransitionCredit[]>;
  /** Joint samples that were scored beside those of the episodes (greedy baselines). */
  readonly extraEnvSteps: number;
  /** What the credit shows, e.g. how well the critics explain the returns. */
  readonly metrics: Metrics;
}

/** What stays together in a minibatch: a joint transition, or in Monte Carlo methods a node. */
export interface Unit {
  readonly episode: Episode;
  readonly turn: number;
  /** `policy[agent]`: the responses it gave here; position k belongs to the same joint sample for all agents. */
  readonly policy: readonly (readonly PolicySample[])[];
  /** `regression[critic]`; with D1 `regression[agent]`, all of them of the one critic. */
  readonly regression: readonly (readonly ValueSample[])[];
}

/** What the trainer lends to an algorithm. */
export interface LessonRun {
  readonly agents: readonly Agent[];
  /** As many as the algorithm asked for. */
  readonly critics: readonly Critic[];
  readonly sampling: Sampling;
  /** Plays the next round of items; see `RolloutShape`. */
  rollout(shape: RolloutShape): Promise<Episode[]>;
  /** Whether there is another round. */
  roundsLeft(): boolean;
  /** Plays on from nodes, everybody greedily: one episode each. */
  greedyFrom(nodes: readonly { episode: Episode; node: RolloutNode }[]): Promise<Episode[]>;
  /** Runs part of a step as a phase that sinks can see and that a stop request can end before it starts. */
  phase<T>(phase: Phase, work: (progress: Progress) => Promise<T>, agent?: number): Promise<T>;
}

/** What the trainer lends to the learner. */
export interface StepRun extends LessonRun {
  /** Finished steps. */
  readonly step: number;
  readonly seed: number;
  /** Multiplies all learning rates in this step. */
  readonly learningRateFactor: number;
  /** From here on the step is finished even when a stop is requested: weights are about to change. */
  commit(): void;
  /** Tells of a member's update that was refused because it was not finite; throws when it has had too many in a row. */
  refused(member: string, error: Error): void;
  /** Tells of a member's update that was made. */
  accepted(member: string): void;
}

export type Progress = (done: number, total: number) => void;

export interface RolloutShape {
  /** Independent episodes per item, each with its own environment seed. */
  readonly episodesPerItem: number;
  /** Responses per agent and node: 1 makes chains, more makes trees. */
  readonly numGenerations: number;
  readonly jointMode: JointMode;
  readonly play: 'all' | 'first';
  readonly branchesPerNode: number | null;
  readonly observeAfterHorizon: boolean;
  /** Whether joint histories come with the environment's state as text. */
  readonly describeStates?: boolean;
}
