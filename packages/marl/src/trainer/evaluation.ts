/** Evaluations within a run. */
import type { Algorithm } from '../algorithms/algorithm.js';
import type { TrainerOptions } from '../config.js';
import { evaluate, evaluationItems, evaluationMetrics, evaluationSampling } from '../evaluation/evaluate.js';
import type { TrainerState } from './checkpoints.js';
import { Phases } from './phases.js';
import { type TrainingRun, thresholdOf } from './training-run.js';

/** Before the first step, after every `evalInterval` steps and after the last, but never twice. */
export function evaluationIsDue(options: TrainerOptions, state: TrainerState, finished: boolean): boolean {
  if (options.evalInterval === 0 || options.evalNumSamples === 0) return false;
  const scheduled = state.step % options.evalInterval === 0 || finished;
  return scheduled && state.evaluatedStep !== state.step;
}

/** Evaluates the team as it is. @returns the state, which knows of it */
export async function evaluateTeam(
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
