import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '@collm/envs';
import type { AlgorithmName } from '../config.js';
import { CheckpointError } from '../errors.js';
import type { Agent, Critic } from '../messages.js';
import { sideBySide } from '../side-by-side.js';

/**
 * Everything the trainer itself needs to continue, as plain JSON. All randomness is a pure function of
 * the seed and of these counters, so there is no generator state.
 */
export interface TrainerState {
  readonly version: 2;
  readonly algorithm: AlgorithmName;
  readonly environment: string;
  readonly seed: number;
  /** Finished steps. */
  readonly step: number;
  /** Training items taken so far, over all epochs: the data position. */
  readonly items: number;
  /** Training episodes played so far: the next running number. */
  readonly episodes: number;
  /** Joint samples scored so far in training (P14). */
  readonly envSteps: number;
  /** Step of the last evaluation, null before the first; a resumed run does not repeat it. */
  readonly evaluatedStep: number | null;
  /** Env steps at the last evaluation, where those say when the next one is due; absent before the first. */
  readonly evaluatedEnvSteps?: number;
  /** Updates in a row, up to now, that were left out because they were not finite, by member. */
  readonly skippedInARow: Readonly<Record<string, number>>;
  /** Env steps at the first evaluation whose return reached the target; null before, and without a target. */
  readonly targetReachedAt: number | null;
}

/** Where checkpoints go. */
export interface CheckpointStore {
  /**
   * Makes an empty folder, lets `write` fill it, adds the state, and only then makes the whole visible and
   * durable at once. Resolves to the location in the store's own words.
   */
  save(state: TrainerState, write: (dir: string) => Promise<void>): Promise<string>;
  /**
   * Keeps what a run stopped at, beside the checkpoints and never in place of one; same promises as `save`.
   */
  saveFailure?(state: TrainerState, write: (dir: string) => Promise<void>): Promise<string>;
}

/** A checkpoint to continue from. */
export interface Checkpoint {
  readonly dir: string;
  readonly state: TrainerState;
  /** It was kept for restarts only: a run that stops here saves a checkpoint first. */
  readonly recovery?: boolean;
}

/** The members of a team: agents in the order of their roles, and critics. */
export interface Team {
  readonly agents: readonly Agent[];
  readonly critics: readonly Critic[];
}

/**
 * Writes `agent-0/`, `agent-1/`, ... and `critic/`, or `critic-0/`, ... when there are several, into a folder. Agents
 * that share their weights are written once, under their first role.
 */
export async function saveTeam(dir: string, team: Team): Promise<void> {
  await sideBySide(
    members(dir, team).map(([path, member]) => async () => {
      await mkdir(path, { recursive: true });
      await member.save(path);
    }),
  );
}

/** Reads what `saveTeam` wrote. */
export async function loadTeam(dir: string, team: Team): Promise<void> {
  await sideBySide(
    members(dir, team).map(
      ([path, member]) =>
        () =>
          member.load(path),
    ),
  );
}

/** Folder of a critic in a checkpoint. */
function criticFolder(critic: number, numCritics: number): string {
  return numCritics === 1 ? 'critic' : `critic-${critic}`;
}

/** The state of a run that has not begun. */
export function initialState(algorithm: AlgorithmName, environment: Environment, seed: number): TrainerState {
  return {
    version: 2,
    algorithm,
    environment: environment.name,
    seed,
    step: 0,
    items: 0,
    episodes: 0,
    envSteps: 0,
    evaluatedStep: null,
    skippedInARow: {},
    targetReachedAt: null,
  };
}

/** Throws unless a checkpoint's state belongs to the run that wants to continue from it. */
export function checkResumable(saved: TrainerState, fresh: TrainerState): void {
  for (const key of ['version', 'algorithm', 'environment', 'seed'] as const) {
    if (saved[key] === fresh[key]) continue;
    throw new CheckpointError(
      `The checkpoint was written with ${key} ${saved[key]}, but this run has ${key} ${fresh[key]}. ` +
        'Continuing would mix two experiments; resume with the configuration of the run that wrote it.',
    );
  }
}

function members(dir: string, { agents, critics }: Team): (readonly [string, Agent | Critic])[] {
  return [
    ...[...new Set(agents)].map((agent) => [join(dir, `agent-${agents.indexOf(agent)}`), agent] as const),
    ...critics.map((critic, index) => [join(dir, criticFolder(index, critics.length)), critic] as const),
  ];
}
