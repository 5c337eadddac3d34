/**
 * What the trainer tells the world. Terminal, files, dashboard and trackers are sinks of these events;
 * the trainer itself writes nothing but checkpoints. Everything is plain JSON-able data.
 *
 * Agents and turns are counted from 0 here; metric names count from 1 (docs/metrics.md).
 */
import type { Message, Picture } from '@collm/envs';
import type { AlgorithmName } from './config.js';
import type { WorkerLostError } from './workers/worker-lost.js';

/** Metric values by `group/name`; every value is finite. Only `time/*` differs between equal runs. */
export type Metrics = Readonly<Record<string, number>>;

export type Phase =
  | 'rollout'
  | 'reference'
  | 'values'
  | 'update-critic'
  | 'update-agent'
  | 'diagnostics'
  | 'evaluation'
  | 'checkpoint';

export type TrainerEvent =
  | RunStarted
  | PhaseStarted
  | PhaseProgress
  | PhaseFinished
  | EpisodeFinished
  | StepFinished
  | EvaluationFinished
  | CheckpointSaved
  | FailureSaved
  | RunPaused
  | RunResumed
  | WorkerLost
  | RunStopped
  | RunFailed;

export type EventSink = (event: TrainerEvent) => void;

export interface RunStarted {
  readonly type: 'run-started';
  readonly algorithm: AlgorithmName;
  readonly environment: string;
  readonly numAgents: number;
  readonly numTurns: number;
  /** Finished steps; above 0 when resumed. */
  readonly step: number;
  /** Where env steps limit the run: as many as are to be expected. */
  readonly totalSteps: number;
  readonly resumed: boolean;
}

interface PhaseEvent {
  readonly phase: Phase;
  /** Finished steps at the time. */
  readonly step: number;
  /** Set for `update-agent`; the first of its roles where agents share their weights. */
  readonly agent?: number;
}

export interface PhaseStarted extends PhaseEvent {
  readonly type: 'phase-started';
}

export interface PhaseProgress extends PhaseEvent {
  readonly type: 'phase-progress';
  /** Units done of `total`: turns of a rollout or evaluation, minibatches of an update. */
  readonly done: number;
  readonly total: number;
}

export interface PhaseFinished extends PhaseEvent {
  readonly type: 'phase-finished';
  readonly seconds: number;
}

/** One agent's part of a turn. */
export interface AgentTurnRecord {
  /** What the agent newly saw. */
  readonly messages: readonly Message[];
  readonly response: string;
  readonly promptTokens: number;
  readonly responseTokens: number;
  readonly finish: 'stop' | 'length';
  readonly promptTruncated: boolean;
}

/** One joint transition of an episode. */
export interface TurnRecord {
  readonly turn: number;
  /** Number of the joint sample among all of this turn, `parent * branching + j`; 0 in chains. */
  readonly path: number;
  /** Team reward as the environment defines it. */
  readonly reward: number;
  /** What the learner saw: scaled and shifted. */
  readonly processedReward: number;
  /** What each agent's learner saw, where the environment rewards them one by one. */
  readonly agentRewards?: readonly number[];
  readonly components: Readonly<Record<string, number>>;
  readonly metrics: Readonly<Record<string, number>>;
  readonly info: Readonly<Record<string, unknown>>;
  readonly agents: readonly AgentTurnRecord[];
  /** Why nothing follows this transition, or null when something does. */
  readonly end: 'environment' | 'horizon' | 'early' | 'pruned' | null;
  /** P6 return of the joint sample: own reward plus the discounted mean of what followed. */
  readonly return: number;
  /** V or Q of the joint history, with a critic only; the mean over critics and tokens where there are several. */
  readonly value?: number;
  /** Value target, likewise. */
  readonly target?: number;
  /** Advantage of each agent as it was trained on, the mean over tokens where they differ; training only. */
  readonly advantages?: readonly number[];
  /** What the team has built after this turn, where the environment can draw it. */
  readonly picture?: Picture;
}

/** One episode: a chain of turns, or in Monte Carlo rollouts a whole tree of them, parents first. */
export interface EpisodeRecord {
  readonly phase: 'train' | 'evaluation';
  readonly step: number;
  readonly episode: number;
  readonly itemId: string;
  /** Mean of the root joint samples' returns. */
  readonly return: number;
  /** Why the episode broke off; it was not trained on. Absent when it did not. */
  readonly failure?: string;
  /** A worker died while it was played, so its failure says nothing of the team: it is played again, under its number. */
  readonly interrupted?: true;
  readonly turns: readonly TurnRecord[];
}

export interface EpisodeFinished {
  readonly type: 'episode';
  readonly record: EpisodeRecord;
}

export interface StepFinished {
  readonly type: 'step-finished';
  /** Finished steps, this one included. */
  readonly step: number;
  /** Joint samples scored since the start of training (P14): the budget to compare methods at. */
  readonly envSteps: number;
  /** Where env steps limit the run: the steps that it will have at the pace so far, in place of `RunStarted.totalSteps`. */
  readonly totalSteps?: number;
  readonly metrics: Metrics;
}

export interface EvaluationFinished {
  readonly type: 'evaluation-finished';
  readonly step: number;
  readonly envSteps: number;
  /** `eval/*`. */
  readonly metrics: Metrics;
}

export interface CheckpointSaved {
  readonly type: 'checkpoint-saved';
  readonly step: number;
  /** Where the store put it, as the store says it. */
  readonly location: string;
}

/** What the step that failed needs to be done again (trainer/replay.ts); `run-failed` follows. */
export interface FailureSaved {
  readonly type: 'failure-saved';
  readonly step: number;
  readonly location: string;
}

/** The run holds before its next step; a checkpoint of it is saved. */
export interface RunPaused {
  readonly type: 'run-paused';
  readonly step: number;
}

/** The pause is over. */
export interface RunResumed {
  readonly type: 'run-resumed';
  readonly step: number;
}

/** The end of this attempt, in place of `run-failed`: the team can be opened again and go on from its last state. */
export interface WorkerLost {
  readonly type: 'worker-lost';
  /** Finished steps. */
  readonly step: number;
  readonly error: WorkerLostError;
  /** Episodes that were being played; each has been told of as failed. */
  readonly episodes: number;
}

export interface RunStopped {
  readonly type: 'run-stopped';
  readonly step: number;
  /** `requested` leaves steps undone and can be resumed. */
  readonly reason: 'finished' | 'requested';
}

export interface RunFailed {
  readonly type: 'run-failed';
  readonly step: number;
  readonly error: Error;
}
