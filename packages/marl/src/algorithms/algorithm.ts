import type { Item } from '@collm/envs';
import type { AlgorithmName, JointMode } from '../config.js';
import type { Metrics, Phase } from '../events.js';
import type { Agent, Critic, Sampling } from '../messages.js';
import type { Episode } from '../rollout/episode.js';
import type { TransitionCredit } from '../rollout/records.js';

/** An algorithm is what happens between two steps of the trainer's one loop. */
export interface Algorithm {
  readonly name: AlgorithmName;
  /** γ, for the returns that are logged. */
  readonly discount: number;
  readonly needsCritic: boolean;
  /** Collects data for the items of this step, assigns credit, updates the critic and the agents. */
  step(run: StepRun): Promise<StepOutcome>;
}

/** What the trainer lends to an algorithm for one step. */
export interface StepRun {
  readonly items: readonly Item[];
  readonly agents: readonly Agent[];
  /** Present when the algorithm needs one. */
  readonly critic: Critic | null;
  /** Finished steps. */
  readonly step: number;
  readonly seed: number;
  readonly sampling: Sampling;
  /** Plays the items; see `RolloutShape`. */
  rollout(shape: RolloutShape): Promise<Episode[]>;
  /** Runs part of a step as a phase that sinks can see and that a stop request can end before it starts. */
  phase<T>(phase: Phase, work: (progress: Progress) => Promise<T>, agent?: number): Promise<T>;
  /** From here on the step is finished even when a stop is requested: weights are about to change. */
  commit(): void;
}

export type Progress = (done: number, total: number) => void;

export interface RolloutShape {
  /** Independent episodes per item, each with its own environment seed. */
  readonly episodesPerItem: number;
  /** Responses per agent and node: 1 makes chains, more makes trees. */
  readonly numGenerations: number;
  readonly jointMode: JointMode;
  readonly observeAfterHorizon: boolean;
}

export interface StepOutcome {
  readonly episodes: readonly Episode[];
  /** `credits[episode][transition]`, for the episode log. */
  readonly credits: readonly (readonly TransitionCredit[])[];
  /** What the updates measured; the trainer adds what the episodes show. */
  readonly metrics: Metrics;
}
