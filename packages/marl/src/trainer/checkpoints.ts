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
  readonly version: 1;
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
}

/** Where checkpoints go. */
export interface CheckpointStore {
  /**
   * Makes an empty folder, lets `write` fill it, adds the state, and only then makes the whole visible and
   * durable at once. Resolves to the location in the store's own words.
   */
  save(state: TrainerState, write: (dir: string) => Promise<void>): Promise<string>;
}

/** A checkpoint to continue from. */
export interface Checkpoint {
  readonly dir: string;
  readonly state: TrainerState;
}

/** Writes `agent-0/`, `agent-1/`, ... and `critic/` into a folder. */
export async function saveTeam(dir: string, agents: readonly Agent[], critic: Critic | null): Promise<void> {
  await sideBySide(
    members(dir, agents, critic).map(([path, member]) => async () => {
      await mkdir(path, { recursive: true });
      await member.save(path);
    }),
  );
}

/** Reads what `saveTeam` wrote. */
export async function loadTeam(dir: string, agents: readonly Agent[], critic: Critic | null): Promise<void> {
  await sideBySide(
    members(dir, agents, critic).map(
      ([path, member]) =>
        () =>
          member.load(path),
    ),
  );
}

/** The state of a run that has not begun. */
export function initialState(algorithm: AlgorithmName, environment: Environment, seed: number): TrainerState {
  return {
    version: 1,
    algorithm,
    environment: environment.name,
    seed,
    step: 0,
    items: 0,
    episodes: 0,
    envSteps: 0,
    evaluatedStep: null,
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

function members(
  dir: string,
  agents: readonly Agent[],
  critic: Critic | null,
): (readonly [string, Agent | Critic])[] {
  return [
    ...agents.map((agent, index) => [join(dir, `agent-${index}`), agent] as const),
    ...(critic ? [[join(dir, 'critic'), critic] as const] : []),
  ];
}
