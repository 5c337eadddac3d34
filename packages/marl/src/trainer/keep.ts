/**
 * What a run keeps, and when.
 *
 *   keepCheckpoint  for people and resumes: on schedule, when asked for, at the end
 *   keepRecovery    for a restart after a lost worker, newest only
 *   keepAfterFailure, tellInterrupted  of a step that failed
 */
import { NonFiniteError, RolloutError } from '../errors.js';
import type { Metrics } from '../events.js';
import { episodeRecord } from '../rollout/records.js';
import type { WorkerLostError } from '../workers/worker-lost.js';
import { saveTeam, type TrainerState } from './checkpoints.js';
import { Phases } from './phases.js';
import { writeReplay } from './replay.js';
import type { TrainingRun } from './training-run.js';

/** How far a run is, and what it would go on from. */
export interface Progress {
  state: TrainerState;
  /** State of the newest checkpoint. */
  saved: TrainerState | null;
}

/** Saves a checkpoint, unless the newest holds this very state. */
export async function keepCheckpoint(run: TrainingRun, progress: Progress): Promise<void> {
  const { state } = progress;
  const store = run.checkpoints;
  if (store === null || state === progress.saved) return;
  const phases = new Phases(state.step, run.onEvent, undefined);
  const location = await phases.run('checkpoint', () => store.save(state, (dir) => saveTeam(dir, run)));
  progress.saved = state;
  run.onEvent({ type: 'checkpoint-saved', step: state.step, location });
}

/** Keeps what a restart goes on from, if it is time to and nothing as new is kept. @returns what that took */
export async function keepRecovery(run: TrainingRun, { state, saved }: Progress): Promise<Metrics> {
  if (run.recovery === undefined || state === saved || state === run.resumeFrom?.state) return {};
  const { store, interval } = run.recovery;
  if (state.step % interval !== 0) return {};
  const phases = new Phases(state.step, run.onEvent, undefined);
  await phases.run('checkpoint', () => store.save(state, (dir) => saveTeam(dir, run)));
  return { 'time/recovery': phases.seconds.get('checkpoint') ?? 0 };
}

/**
 * What fails before the first update of a step has changed nothing: the finished steps are saved, and a resume plays
 * the same again. An update that was not finite may follow others of its step: what it needs to be done again is kept
 * beside the checkpoints.
 */
export async function keepAfterFailure(run: TrainingRun, progress: Progress, error: Error): Promise<void> {
  const { state } = progress;
  const update = error instanceof NonFiniteError ? error.update : undefined;
  if (update !== undefined) {
    if (run.checkpoints?.saveFailure === undefined) return;
    const location = await run.checkpoints.saveFailure(state, (dir) => writeReplay(dir, run, update));
    run.onEvent({ type: 'failure-saved', step: state.step, location });
    return;
  }
  const early = error instanceof RolloutError || error instanceof NonFiniteError;
  if (early && state.step > 0) await keepCheckpoint(run, progress);
}

/** Tells of the episodes that were being played when a worker died; returns how many they are. */
export function tellInterrupted(
  { environment, onEvent }: TrainingRun,
  { step }: TrainerState,
  discount: number,
  error: unknown,
  lost: WorkerLostError,
): number {
  if (!(error instanceof RolloutError)) return 0;
  const { phase } = error.place;
  if (phase !== 'train' && phase !== 'evaluation') return 0;
  for (const episode of error.inFlight) {
    const record = episodeRecord(environment, episode, phase, phase === 'train' ? step + 1 : step, discount);
    onEvent({ type: 'episode', record: { ...record, failure: lost.message, interrupted: true } });
  }
  return error.inFlight.length;
}
