/**
 * The one training loop of all algorithms.
 *
 *   train   evaluate, checkpoint, step (step.ts); until done, asked to stop, or failed
 */
import type { Algorithm } from '../algorithms/algorithm.js';
import { createAlgorithm } from '../algorithms/create-algorithm.js';
import type { TrainerOptions } from '../config.js';
import { NonFiniteError, RolloutError, StopRequested } from '../errors.js';
import { evaluate, evaluationItems, evaluationMetrics, evaluationSampling } from '../evaluation/evaluate.js';
import { checkResumable, initialState, loadTeam, saveTeam, type TrainerState } from './checkpoints.js';
import { Phases } from './phases.js';
import { progressOf, totalSteps } from './progress.js';
import { writeReplay } from './replay.js';
import { takeStep } from './step.js';
import { checkTeam, type TrainingRun, thresholdOf } from './training-run.js';

export interface TrainingResult {
  readonly state: TrainerState;
  readonly reason: 'finished' | 'requested';
}

/** Trains a team to the end of its options, or until the signal fires. */
export async function train(run: TrainingRun): Promise<TrainingResult> {
  const algorithm = createAlgorithm(run.algorithm);
  checkTeam(run, algorithm);
  const fresh = initialState(algorithm.name, run.environment, run.options.seed);
  let state = fresh;
  if (run.resumeFrom) {
    checkResumable(run.resumeFrom.state, fresh);
    await loadTeam(run.resumeFrom.dir, run);
    state = run.resumeFrom.state;
  }
  const { environment, options } = run;
  const total = totalSteps(environment.trainItems.length, options);
  run.onEvent({
    type: 'run-started',
    algorithm: algorithm.name,
    environment: environment.name,
    numAgents: environment.numAgents,
    numTurns: environment.numTurns,
    step: state.step,
    totalSteps: total,
    resumed: run.resumeFrom !== undefined,
  });
  const progress: Progress = { state, saved: run.resumeFrom ? state : null };
  try {
    const reason = await loop(run, algorithm, progress);
    if (progress.state !== progress.saved) await checkpoint(run, progress.state);
    run.onEvent({ type: 'run-stopped', step: progress.state.step, reason });
    return { state: progress.state, reason };
  } catch (error) {
    const cause = error instanceof Error ? error : new Error(String(error));
    await saveAfterFailure(run, progress, cause);
    run.onEvent({ type: 'run-failed', step: progress.state.step, error: cause });
    throw error;
  }
}

/** How far a run is, and which state its newest checkpoint holds. */
interface Progress {
  state: TrainerState;
  saved: TrainerState | null;
}

async function loop(
  run: TrainingRun,
  algorithm: Algorithm,
  progress: Progress,
): Promise<TrainingResult['reason']> {
  const { environment, options } = run;
  const { checkpointEvery } = options;
  try {
    for (;;) {
      // Evaluating before saving puts the evaluation into the checkpoint: a resumed run does not repeat it.
      const finished = progressOf(progress.state, environment.trainItems.length, options) >= 1;
      if (evaluationIsDue(options, progress.state, finished)) {
        progress.state = await evaluateTeam(run, algorithm, progress.state);
      }
      const { step } = progress.state;
      const due = checkpointEvery > 0 && step > 0 && step % checkpointEvery === 0;
      if (due && step !== progress.saved?.step) {
        await checkpoint(run, progress.state);
        progress.saved = progress.state;
      }
      if (finished) return 'finished';
      progress.state = await takeStep(run, algorithm, progress.state);
    }
  } catch (error) {
    if (error instanceof StopRequested) return 'requested';
    throw error;
  }
}

/** Before the first step, after every `evalInterval` steps and after the last, but never twice. */
function evaluationIsDue(options: TrainerOptions, state: TrainerState, finished: boolean): boolean {
  if (options.evalInterval === 0 || options.evalNumSamples === 0) return false;
  const scheduled = state.step % options.evalInterval === 0 || finished;
  return scheduled && state.evaluatedStep !== state.step;
}

async function evaluateTeam(
  run: TrainingRun,
  algorithm: Algorithm,
  state: TrainerState,
): Promise<TrainerState> {
  const { environment, options } = run;
  const phases = new Phases(state.step, run.onEvent, run.signal);
  const evaluation = await phases.run('evaluation', (progress) =>
    evaluate(environment, run.agents, {
      items: evaluationItems(environment, options.evalNumSamples, options.seed),
      generations: options.evalGenerations,
      seed: options.seed,
      sampling: evaluationSampling(options.sampling, options.evalTemperature),
      earlyTerminationThreshold: thresholdOf(run),
      discount: algorithm.options.discount,
      maxFailureRate: options.maxFailureRate,
      step: state.step,
      onTurn: progress,
      ...(run.signal ? { signal: run.signal } : {}),
    }),
  );
  for (const record of [...evaluation.episodes.map((episode) => episode.record), ...evaluation.failed])
    run.onEvent({ type: 'episode', record });
  const reached = targetReachedAt(options, state, evaluation.summary.return?.mean);
  run.onEvent({
    type: 'evaluation-finished',
    step: state.step,
    envSteps: state.envSteps,
    metrics: {
      ...evaluationMetrics(evaluation),
      ...(reached === null ? {} : { 'eval/env_steps_to_target': reached }),
      'time/evaluation': phases.seconds.get('evaluation') ?? 0,
    },
  });
  return { ...state, evaluatedStep: state.step, targetReachedAt: reached };
}

/** Samples to reach the target return, once an evaluation has. */
function targetReachedAt(
  { targetReturn }: TrainerOptions,
  { targetReachedAt: before, envSteps }: TrainerState,
  evaluated: number | undefined,
): number | null {
  if (before !== null || targetReturn === null || evaluated === undefined) return before;
  return evaluated >= targetReturn ? envSteps : null;
}

async function checkpoint(run: TrainingRun, state: TrainerState): Promise<void> {
  const store = run.checkpoints;
  if (store === null) return;
  const phases = new Phases(state.step, run.onEvent, undefined);
  const location = await phases.run('checkpoint', () => store.save(state, (dir) => saveTeam(dir, run)));
  run.onEvent({ type: 'checkpoint-saved', step: state.step, location });
}

/**
 * What fails before the first update of a step has changed nothing: the finished steps are saved, and a resume plays
 * the same again. An update that was not finite may follow others of its step: what it needs to be done again is kept
 * beside the checkpoints.
 */
async function saveAfterFailure(run: TrainingRun, progress: Progress, error: Error): Promise<void> {
  const { state } = progress;
  const update = error instanceof NonFiniteError ? error.update : undefined;
  if (update !== undefined) {
    if (run.checkpoints?.saveFailure === undefined) return;
    const location = await run.checkpoints.saveFailure(state, (dir) => writeReplay(dir, run, update));
    run.onEvent({ type: 'failure-saved', step: state.step, location });
    return;
  }
  const early = error instanceof RolloutError || error instanceof NonFiniteError;
  if (early && state !== progress.saved && state.step > 0) await checkpoint(run, state);
}
