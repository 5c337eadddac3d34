/** Evaluations within a run. */
import type { Algorithm } from '../algorithms/algorithm.js';
import type { TrainerOptions } from '../config.js';
import { evaluate, evaluationItems, evaluationMetrics, evaluationSampling } from '../evaluation/evaluate.js';
import type { TrainerState } from './checkpoints.js';
import { Phases } from './phases.js';
import { type TrainingRun, thresholdOf } from './training-run.js';

/**
 * Before the first step, after the last, and in between after every `evalInterval` steps or where another multiple of
 * `evalEnvSteps` was passed since the last evaluation; but never twice.
 */
export function evaluationIsDue(options: TrainerOptions, state: TrainerState, finished: boolean): boolean {
  const { evalInterval, evalEnvSteps, evalNumSamples } = options;
  const never = evalEnvSteps === null && evalInterval === 0;
  if (never || evalNumSamples === 0 || state.evaluatedStep === state.step) return false;
  if (finished || state.step === 0) return true;
  if (evalEnvSteps === null) return state.step % evalInterval === 0;
  return (
    Math.floor(state.envSteps / evalEnvSteps) > Math.floor((state.evaluatedEnvSteps ?? 0) / evalEnvSteps)
  );
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
  return {
    ...state,
    evaluatedStep: state.step,
    ...(options.evalEnvSteps === null ? {} : { evaluatedEnvSteps: state.envSteps }),
    targetReachedAt: reached,
  };
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
