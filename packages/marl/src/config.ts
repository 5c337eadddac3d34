/**
 * Options of algorithms and trainer. Types only: defaults, ranges and cross-field checks live in the
 * configuration schema of the `collm` package, and nowhere else. Names follow algorithms spec 3.1 and 3.2.
 */
import type { PolicyUpdate, Sampling } from './messages.js';

export type AlgorithmName = AlgorithmOptions['name'];

export type AlgorithmOptions = CollmCcOptions | MagrpoOptions;

/** What every algorithm has. */
export interface CommonAlgorithmOptions {
  /** γ in [0, 1], per turn. */
  readonly discount: number;
  /** Joint transitions (collm_cc) or nodes (magrpo) per optimiser step; null takes the whole step at once. */
  readonly trainBatchSize: number | null;
  /** Passes over the data of a step, >= 1. More than one optimiser step per rollout wants `policyLoss: 'ppo'`. */
  readonly updateEpochs: number;
  /** Set over which advantages are normalised (P5): none, the node, the turn index, the whole step. */
  readonly advantageNormalization: 'none' | 'node' | 'turn' | 'batch';
  readonly policyLoss: PolicyUpdate['loss'];
  readonly clipEps: number;
  readonly ratioLevel: PolicyUpdate['ratioLevel'];
  readonly lossAggregation: PolicyUpdate['aggregation'];
}

/** CoLLM-CC: one critic on the joint history (spec 2.4). */
export interface CollmCcOptions extends CommonAlgorithmOptions {
  readonly name: 'collm_cc';
  /** Independent trajectories per item, >= 1. */
  readonly numGenerations: number;
  /** λ of GAE over turns (P9) in [0, 1]; 0 is one-step TD. */
  readonly gaeLambda: number;
  /** Treat the horizon as a cut, not as an end: bootstrap from V(h_T) (P8). */
  readonly bootstrapOnHorizon: boolean;
  readonly valueLossCoef: number;
  readonly valueClipRange: number | null;
  /** First steps that update the critic only, >= 0. */
  readonly criticWarmupSteps: number;
}

/** MAGRPO: Monte Carlo returns against the group mean (spec 2.1). */
export interface MagrpoOptions extends CommonAlgorithmOptions {
  readonly name: 'magrpo';
  /** G, responses per agent and node, >= 2. */
  readonly numGenerations: number;
  /** How the agents' responses at a node are combined: by index (G), or every tuple (G^n). */
  readonly jointMode: JointMode;
  /** How an agent's return is reduced over its teammates' responses in cross mode (P7). */
  readonly crossReduce: 'mean' | 'sum';
}

export type JointMode = 'aligned' | 'cross';

export interface TrainerOptions {
  /** Drives the item order, environment resets, sampling and minibatches. */
  readonly seed: number;
  /** Items rolled out together in one step, >= 1. */
  readonly itemsPerStep: number;
  /** Shuffle the training items anew (seeded) every epoch. */
  readonly shuffle: boolean;
  /** Passes over the training items, >= 1. */
  readonly numTrainEpochs: number;
  /** Stop after so many steps even if epochs are left; null for no limit. */
  readonly maxSteps: number | null;
  /** P3. Absent: the environment's own threshold. null: never stop early. */
  readonly earlyTerminationThreshold?: number | null;
  readonly sampling: SamplingOptions;
  /** Evaluate after every so many steps, and before the first and after the last; 0 never. */
  readonly evalInterval: number;
  /** Evaluation items: a fixed seeded subset of the environment's; 0 never evaluates. */
  readonly evalNumSamples: number;
  /** 0 is greedy. */
  readonly evalTemperature: number;
  /** Episodes per evaluation item, >= 1. */
  readonly evalGenerations: number;
  /** Checkpoint after every so many steps; 0 only at the end and when stopped. */
  readonly checkpointEvery: number;
}

/** Sampling while training; see `Sampling`. */
export type SamplingOptions = Omit<Sampling, 'greedy'>;
