import type { Environment } from '@collm/envs';
import type { Algorithm } from '../algorithms/algorithm.js';
import type { AlgorithmOptions, TrainerOptions } from '../config.js';
import { TeamError } from '../errors.js';
import type { EventSink } from '../events.js';
import type { Checkpoint, CheckpointStore, Team } from './checkpoints.js';

/**
 * What a run is made of. The agents stand in the order of the environment's roles; one object may stand for several,
 * which then share its weights. Critics: as many as the algorithm asks for. Disposing of them stays with the caller.
 */
export interface TrainingRun extends Team {
  readonly environment: Environment;
  readonly algorithm: AlgorithmOptions;
  readonly options: TrainerOptions;
  /** null keeps nothing. */
  readonly checkpoints: CheckpointStore | null;
  readonly onEvent: EventSink;
  /** Continue from here: agents and critics are loaded from it first. */
  readonly resumeFrom?: Checkpoint;
  /**
   * Stop as soon as nothing is lost by it: a step whose updates have begun is finished, one that is still
   * collecting is dropped and played again, the same, after a resume. Either way a checkpoint follows.
   */
  readonly signal?: AbortSignal;
  /** Where states go that only a restart after a lost worker needs, beside the checkpoints. */
  readonly recovery?: Recovery;
  /** Asks for checkpoints and pauses between steps. */
  readonly control?: RunControl;
  /** How often the run was started again because a worker died, for its metrics; 0 when left out. */
  readonly restarts?: number;
}

export interface Recovery {
  readonly store: CheckpointStore;
  /** A state at the start, and after so many steps each, >= 1. */
  readonly interval: number;
}

/** Wishes from outside, looked at before every step. A run that is held or saved goes on as if it had not been. */
export interface RunControl {
  /** Whether a checkpoint is wanted now. */
  saveRequested(): boolean;
  /** It is there. Until then the wish stands, also over the death of a worker. */
  saveDone(): void;
  /** Whether the run is to hold here. */
  pauseRequested(): boolean;
  /** Resolves when the run may go on, and when the run's signal fires. */
  hold(): Promise<void>;
}

/** P3: the run's threshold, or the environment's own. */
export function thresholdOf({ environment, options }: TrainingRun): number | null {
  const { earlyTerminationThreshold } = options;
  return earlyTerminationThreshold === undefined
    ? environment.earlyTerminationThreshold
    : earlyTerminationThreshold;
}

/** @throws TeamError when the members do not fit the environment or the algorithm */
export function checkTeam(run: TrainingRun, algorithm: Algorithm): void {
  const { environment, agents, critics, algorithm: options } = run;
  if (agents.length !== environment.numAgents) {
    throw new TeamError(
      `${agents.length} agents were given, but ${environment.name} is played by ${environment.numAgents}. Give one per role.`,
    );
  }
  const wanted = algorithm.critics(agents.length);
  if (critics.length !== wanted) {
    throw new TeamError(
      `${algorithm.name} wants ${wanted} critics for ${agents.length} agents, but ${critics.length} were given.`,
    );
  }
  if (new Set(critics).size !== critics.length)
    throw new TeamError('One critic object was given for several agents; make one per agent.');
  if (algorithm.value !== null && wanted === 0 && agents.some((agent) => agent.values === undefined))
    throw new TeamError(
      `${algorithm.name} without critics of their own wants agents with a value head, but one has none. ` +
        'Give the agents a value head, or set use_separate_critic.',
    );
  if (
    options.name === 'collm_cc' &&
    options.criticSees === 'state' &&
    environment.describeState === undefined
  )
    throw new TeamError(
      `The critic is to see states, but ${environment.name} has no describeState to tell them. Give it one, or let the ` +
        'critic see histories (criticSees).',
    );
  if (wanted === 0 && 'bootstrapOnHorizon' in options && options.bootstrapOnHorizon)
    throw new TeamError(
      `${algorithm.name} cannot bootstrap on the horizon without critics of its own: a head on an agent's backbone values ` +
        'prompts, and there is none after the horizon. Set use_separate_critic, or leave bootstrap_on_horizon out.',
    );
  if ((algorithm.name === 'grpo' || algorithm.name === 'ac') && agents.length !== 1)
    throw new TeamError(
      `${algorithm.name} is for a single agent, but ${environment.name} has ${agents.length} roles. ` +
        `Use ${algorithm.name === 'grpo' ? 'magrpo' : 'collm_cc or collm_dc'}.`,
    );
  if (environment.trainItems.length === 0) throw new TeamError(`${environment.name} has no training items.`);
}
