/**
 * Options of algorithms and trainer. Types only: defaults, ranges and cross-field checks live in the
 * configuration schema of the `collm` package, and nowhere else. Names follow algorithms spec 3.1 and 3.2.
 */
import type { PolicyUpdate, Sampling } from './messages.js';

export type AlgorithmName = AlgorithmOptions['name'];

export type AlgorithmOptions = ActorCriticOptions | MonteCarloOptions;

export type ActorCriticOptions = CollmCcOptions | CollmDcOptions | AcOptions;

export type MonteCarloOptions =
  | MareinforceOptions
  | MagrpoOptions
  | MarlooOptions
  | MaremaxOptions
  | GrpoOptions;

/** What every algorithm has. */
export interface CommonAlgorithmOptions {
  /** γ in [0, 1], per turn. */
  readonly discount: number;
  /**
   * Rounds of `itemsPerStep` items are played until there are so many joint transitions (actor-critic) or nodes
   * (Monte Carlo), >= 1; null: one round.
   */
  readonly rolloutBufferSize: number | null;
  /** Joint transitions or nodes per optimiser step; null takes the whole step at once. */
  readonly trainBatchSize: number | null;
  /** Passes over the data of a step, >= 1. More than one optimiser step per rollout wants `policyLoss: 'ppo'`. */
  readonly updateEpochs: number;
  /** Set over which advantages are normalised (P5): none, the node, the turn index, the whole step. */
  readonly advantageNormalization: 'none' | 'node' | 'turn' | 'batch';
  /** Advantages are cut to [-c, c] after normalisation, > 0; null leaves them. */
  readonly advantageClip: number | null;
  readonly policyLoss: PolicyUpdate['loss'];
  readonly clipEps: number;
  readonly ratioLevel: PolicyUpdate['ratioLevel'];
  readonly lossAggregation: PolicyUpdate['aggregation'];
  readonly isCorrection: PolicyUpdate['isCorrection'];
  readonly isCap: number;
  /**
   * Where the divergence from the initial policy enters (P13, D7): `lossK3` and `lossExact` as a differentiable loss,
   * `rewardK1` in each agent's own advantage; `rewardK3` in its reward, as the reference does.
   */
  readonly klMode: 'off' | 'lossK3' | 'lossExact' | 'rewardK1' | 'rewardK3';
  /** β, >= 0 */
  readonly klCoef: number;
  readonly entropyCoef: number;
  /** `sequential` updates agents one after another, each corrected for those before it (P16). */
  readonly updateOrder: 'simultaneous' | 'sequential';
  /** Range of the factor M of P16. */
  readonly sequentialClip: readonly [number, number];
  /** What the reference implementation does wrong and is to be done likewise (learner/reference-faults.ts). */
  readonly referenceFaults: readonly ReferenceFault[];
}

/** A row of docs/algorithms.md, "Departures from CoMLRL", that is a switch. */
export type ReferenceFault = 'D1' | 'D2' | 'D3' | 'D5' | 'D8';

/** What methods with a critic have (spec 2.3, 2.4). */
interface CriticOptions extends CommonAlgorithmOptions {
  /** Independent trajectories per item, >= 1 (D30). */
  readonly numGenerations: number;
  /** λ of GAE over turns (P9), over tokens with `valueLevel: 'token'`, in [0, 1]; 0 is one-step TD. */
  readonly gaeLambda: number;
  /** Treat the horizon as a cut, not as an end: bootstrap from V(h_T) (P8). */
  readonly bootstrapOnHorizon: boolean;
  /** What the critic learns: V(h), or Q(h, a) with an action-independent baseline (D2). */
  readonly criticType: 'v' | 'q';
  /**
   * Baseline of Q: a second head V(h), the mean or the leave-one-out mean of Q over `baselineSamples` joint samples of
   * the same history, or for each agent its own samples with the others' responses fixed.
   */
  readonly qBaseline: 'v' | 'mean' | 'loo' | 'counterfactual';
  /** K joint samples a history for the baselines that need them, >= 2. Only the first is played. */
  readonly baselineSamples: number;
  /** One value a turn, or one a token of each response. */
  readonly valueLevel: 'turn' | 'token';
  readonly valueLossCoef: number;
  readonly valueClipRange: number | null;
  /** First steps that update the critics only, >= 0. */
  readonly criticWarmupSteps: number;
  /** Passes of critics of their own over a step's units, >= 1; null: as many as the agents make (`updateEpochs`). */
  readonly criticUpdateEpochs: number | null;
}

/** CoLLM-CC: one critic on the joint history (spec 2.4). */
export interface CollmCcOptions extends CriticOptions {
  readonly name: 'collm_cc';
  /**
   * What the critic is shown: the joint history, all that the method may use, or the environment's true state
   * (`Environment.describeState`). That one is an oracle, to study what the critic's knowledge is worth.
   */
  readonly criticSees: 'history' | 'state';
}

/** Where a decentralised value function lives (spec 2.3). */
interface LocalCriticOptions extends CriticOptions {
  /** True: a critic of its own beside each agent. False: a value head on the agent's own backbone. */
  readonly useSeparateCritic: boolean;
  /** Of a value head on the agent's backbone: its loss leaves the backbone alone (D12). */
  readonly valueStopGradient: boolean;
}

/** CoLLM-DC: a critic per agent on its own history (spec 2.3). */
export interface CollmDcOptions extends LocalCriticOptions {
  readonly name: 'collm_dc';
}

/** AC: the single-agent case of both (spec 2.2). */
export interface AcOptions extends LocalCriticOptions {
  readonly name: 'ac';
}

/** What Monte Carlo methods have (spec 2.1). */
interface TreeOptions extends CommonAlgorithmOptions {
  /** G, responses per agent and node. */
  readonly numGenerations: number;
  /** How the agents' responses at a node are combined: by index (G), or every tuple (G^n). */
  readonly jointMode: JointMode;
  /** How an agent's return is reduced over its teammates' responses in cross mode (P7). */
  readonly crossReduce: 'mean' | 'sum';
  /** Only so many (seeded) joint samples of a node are played on, and count at that node (D29); null: all. */
  readonly branchesPerNode: number | null;
  /**
   * What a node counts for in the loss: `path` 1 / (branches that led to it), so that every turn weighs as in a chain
   * and the gradient is that of the return; `equal` the same for all, which weighs later turns up.
   */
  readonly nodeWeighting: 'path' | 'equal';
}

/** MAREINFORCE: the return itself. */
export interface MareinforceOptions extends TreeOptions {
  readonly name: 'mareinforce';
}

/** MAGRPO: returns against the mean of their node. */
export interface MagrpoOptions extends TreeOptions {
  readonly name: 'magrpo';
}

/** MARLOO: returns against the mean of the other samples of their node. */
export interface MarlooOptions extends TreeOptions {
  readonly name: 'marloo';
}

/** MAREMAX: returns against the best of their node, or against the return of a greedy team from there. */
export interface MaremaxOptions extends TreeOptions {
  readonly name: 'maremax';
  readonly maxSource: 'group' | 'greedy';
}

/** GRPO: MAGRPO with one agent. */
export interface GrpoOptions extends TreeOptions {
  readonly name: 'grpo';
}

export type JointMode = 'aligned' | 'cross';

export interface TrainerOptions {
  /** Drives the item order, environment resets, sampling and minibatches. */
  readonly seed: number;
  /** Items rolled out together in one round, >= 1. */
  readonly itemsPerStep: number;
  /** Shuffle the training items anew (seeded) every epoch. */
  readonly shuffle: boolean;
  /** Passes over the training items, >= 1. */
  readonly numTrainEpochs: number;
  /** Stop after so many steps even if epochs are left; null for no limit. */
  readonly maxSteps: number | null;
  /** Stop after the first step at whose end the env steps (P14) are so many, >= 1; null for no limit. */
  readonly maxEnvSteps: number | null;
  /** P3. Absent: the environment's own threshold. null: never stop early. */
  readonly earlyTerminationThreshold?: number | null;
  readonly sampling: SamplingOptions;
  /** How the learning rates go over the steps of the run; all rise linearly over `warmupSteps` first. */
  readonly lrSchedule: 'constant' | 'linear' | 'cosine';
  readonly warmupSteps: number;
  /** Evaluate after every so many steps, and before the first and after the last; 0 never. */
  readonly evalInterval: number;
  /**
   * Evaluate after every step at whose end another multiple of so many env steps was passed, >= 1, and before the first
   * and after the last; null leaves it to `evalInterval`, which has no effect otherwise.
   */
  readonly evalEnvSteps: number | null;
  /** Evaluation items: a fixed seeded subset of the environment's; 0 never evaluates. */
  readonly evalNumSamples: number;
  /** 0 is greedy. */
  readonly evalTemperature: number;
  /** Episodes per evaluation item, >= 1. */
  readonly evalGenerations: number;
  /** Checkpoint after every so many steps; 0 only at the end and when stopped. */
  readonly checkpointEvery: number;
  /** The run stops when more than this share of a step's episodes fails, in [0, 1]. */
  readonly maxFailureRate: number;
  /** Updates in a row whose loss or gradient is not finite that are left out before the run stops, >= 0. */
  readonly maxSkippedUpdates: number;
  /** Return of evaluations for which the env steps it took are reported; null for none. */
  readonly targetReturn: number | null;
  readonly diagnostics: DiagnosticsOptions;
}

/** Measurements of variance and drift (docs/metrics.md); they change nothing of the training. */
export interface DiagnosticsOptions {
  /** Measure in every so-many-th step; 0 never. */
  readonly interval: number;
  /** Items that are played again, >= 1. */
  readonly items: number;
  /** Times they are played, >= 2. */
  readonly rollouts: number;
}

/** Sampling while training; see `Sampling`. */
export type SamplingOptions = Omit<Sampling, 'greedy'>;
