/**
 * The one training loop of all algorithms.
 *
 *   train   evaluate, keep, step (step.ts); until done, asked to stop, or failed
 */
import type { Algorithm } from '../algorithms/algorithm.js';
import { createAlgorithm } from '../algorithms/create-algorithm.js';
import { StopRequested } from '../errors.js';
import { lostWorker } from '../workers/worker-lost.js';
import { checkResumable, initialState, loadTeam, type TrainerState } from './checkpoints.js';
import { evaluateTeam, evaluationIsDue } from './evaluation.js';
import { keepAfterFailure, keepCheckpoint, keepRecovery, type Progress, tellInterrupted } from './keep.js';
import { expectedSteps, progressOf } from './progress.js';
import { takeStep } from './step.js';
import { checkTeam, type TrainingRun } from './training-run.js';

export interface TrainingResult {
  readonly state: TrainerState;
  readonly reason: 'finished' | 'requested';
}

/**
 * Trains a team to the end of its options, or until the signal fires.
 *
 * @throws what stopped it; with a `WorkerLostError` in it, the run can go on from its last state once that member's
 *   worker is there again (`lostWorker`)
 */
export async function train(run: TrainingRun): Promise<TrainingResult> {
  const algorithm = createAlgorithm(run.algorithm);
  checkTeam(run, algorithm);
  const fresh = initialState(algorithm.name, run.environment, run.options.seed);
  if (run.resumeFrom) checkResumable(run.resumeFrom.state, fresh);
  const state = run.resumeFrom?.state ?? fresh;
  const isSaved = run.resumeFrom !== undefined && !run.resumeFrom.recovery;
  const progress: Progress = { state, saved: isSaved ? state : null };
  try {
    if (run.resumeFrom) await loadTeam(run.resumeFrom.dir, run);
    tellStart(run, progress.state);
    const reason = await loop(run, algorithm, progress);
    await keepCheckpoint(run, progress);
    run.onEvent({ type: 'run-stopped', step: progress.state.step, reason });
    return { state: progress.state, reason };
  } catch (error) {
    await tellFailure(run, algorithm, progress, error);
    throw error;
  }
}

async function loop(
  run: TrainingRun,
  algorithm: Algorithm,
  progress: Progress,
): Promise<TrainingResult['reason']> {
  const { environment, options, control } = run;
  const { checkpointEvery } = options;
  try {
    for (;;) {
      // Evaluating before saving puts the evaluation into the checkpoint: a resumed run does not repeat it.
      const finished = progressOf(progress.state, environment.trainItems.length, options) >= 1;
      if (evaluationIsDue(options, progress.state, finished)) {
        progress.state = await evaluateTeam(run, algorithm, progress.state);
      }
      const { step } = progress.state;
      const scheduled = checkpointEvery > 0 && step > 0 && step % checkpointEvery === 0;
      const asked = control?.saveRequested() ?? false;
      if ((scheduled && step !== progress.saved?.step) || asked) await keepCheckpoint(run, progress);
      if (asked) control?.saveDone();
      if (finished) return 'finished';
      const kept = await keepRecovery(run, progress);
      if (control?.pauseRequested()) await hold(run, progress);
      progress.state = await takeStep(run, algorithm, progress.state, kept);
    }
  } catch (error) {
    if (error instanceof StopRequested) return 'requested';
    throw error;
  }
}

/** Waits, with everything saved, until the run may go on or is to stop. */
async function hold(run: TrainingRun, progress: Progress): Promise<void> {
  await keepCheckpoint(run, progress);
  const { step } = progress.state;
  run.onEvent({ type: 'run-paused', step });
  await run.control?.hold();
  if (run.signal?.aborted) throw new StopRequested();
  run.onEvent({ type: 'run-resumed', step });
}

function tellStart(run: TrainingRun, state: TrainerState): void {
  const { environment, algorithm, onEvent, resumeFrom } = run;
  onEvent({
    type: 'run-started',
    algorithm: algorithm.name,
    environment: environment.name,
    numAgents: environment.numAgents,
    numTurns: environment.numTurns,
    step: state.step,
    totalSteps: expectedSteps(run, state),
    resumed: resumeFrom !== undefined,
  });
}

/** Saves what is whole and tells the sinks. With a worker gone nothing can be saved. */
async function tellFailure(
  run: TrainingRun,
  algorithm: Algorithm,
  progress: Progress,
  error: unknown,
): Promise<void> {
  const { state } = progress;
  const lost = lostWorker(error);
  if (lost !== undefined) {
    const episodes = tellInterrupted(run, state, algorithm.options.discount, error, lost);
    run.onEvent({ type: 'worker-lost', step: state.step, error: lost, episodes });
    return;
  }
  const cause = error instanceof Error ? error : new Error(String(error));
  await keepAfterFailure(run, progress, cause);
  run.onEvent({ type: 'run-failed', step: state.step, error: cause });
}
