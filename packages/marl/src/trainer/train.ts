/**
 * The one training loop of all algorithms.
 *
 *   train     evaluate, checkpoint, step; until done or asked to stop
 *   takeStep  lends an algorithm what it needs for a step, adds metrics, emits records
 */
import type { Environment } from '@collm/envs';
import type { Algorithm, StepOutcome, StepRun } from '../algorithms/algorithm.js';
import { createAlgorithm } from '../algorithms/create-algorithm.js';
import type { AlgorithmOptions, TrainerOptions } from '../config.js';
import { StopRequested, TeamError } from '../errors.js';
import { evaluate, evaluationItems, evaluationMetrics, evaluationSampling } from '../evaluation/evaluate.js';
import type { EventSink, Metrics } from '../events.js';
import { rolloutMetrics } from '../learner/rollout-metrics.js';
import type { Agent, Critic } from '../messages.js';
import { episodeRecord } from '../rollout/records.js';
import { rollout } from '../rollout/rollout.js';
import {
  type Checkpoint,
  type CheckpointStore,
  checkResumable,
  initialState,
  loadTeam,
  saveTeam,
  type TrainerState,
} from './checkpoints.js';
import { itemsFrom } from './item-order.js';
import { Phases } from './phases.js';

export interface TrainingRun {
  readonly environment: Environment;
  /** One per agent of the environment, in its order. Disposing of them stays with the caller. */
  readonly agents: readonly Agent[];
  /** Needed by collm_cc; null for algorithms without one. */
  readonly critic: Critic | null;
  readonly algorithm: AlgorithmOptions;
  readonly options: TrainerOptions;
  /** null keeps nothing. */
  readonly checkpoints: CheckpointStore | null;
  readonly onEvent: EventSink;
  /** Continue from here: agents and critic are loaded from it first. */
  readonly resumeFrom?: Checkpoint;
  /**
   * Stop as soon as nothing is lost by it: a step whose updates have begun is finished, one that is still
   * collecting is dropped and played again, the same, after a resume. Either way a checkpoint follows.
   */
  readonly signal?: AbortSignal;
}

export interface TrainingResult {
  readonly state: TrainerState;
  readonly reason: 'finished' | 'requested';
}

/** Number of steps a run has: its epochs' items over `itemsPerStep`, the last step may have fewer. */
export function totalSteps(trainItems: number, options: TrainerOptions): number {
  const steps = Math.ceil((trainItems * options.numTrainEpochs) / options.itemsPerStep);
  return Math.min(steps, options.maxSteps ?? steps);
}

/** Trains a team to the end of its options, or until the signal fires. */
export async function train(run: TrainingRun): Promise<TrainingResult> {
  const algorithm = createAlgorithm(run.algorithm);
  checkTeam(run, algorithm);
  const fresh = initialState(algorithm.name, run.environment, run.options.seed);
  let state = fresh;
  if (run.resumeFrom) {
    checkResumable(run.resumeFrom.state, fresh);
    await loadTeam(run.resumeFrom.dir, run.agents, run.critic);
    state = run.resumeFrom.state;
  }
  const total = totalSteps(run.environment.trainItems.length, run.options);
  run.onEvent({
    type: 'run-started',
    algorithm: algorithm.name,
    environment: run.environment.name,
    numAgents: run.environment.numAgents,
    numTurns: run.environment.numTurns,
    step: state.step,
    totalSteps: total,
    resumed: run.resumeFrom !== undefined,
  });
  const progress: Progress = { state, saved: run.resumeFrom ? state : null };
  try {
    const reason = await loop(run, algorithm, progress, total);
    if (progress.state !== progress.saved) await checkpoint(run, progress.state);
    run.onEvent({ type: 'run-stopped', step: progress.state.step, reason });
    return { state: progress.state, reason };
  } catch (error) {
    const cause = error instanceof Error ? error : new Error(String(error));
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
  total: number,
): Promise<TrainingResult['reason']> {
  const { checkpointEvery } = run.options;
  try {
    for (;;) {
      // Evaluating before saving puts the evaluation into the checkpoint: a resumed run does not repeat it.
      if (evaluationIsDue(run.options, progress.state, total)) {
        progress.state = await evaluateTeam(run, algorithm, progress.state);
      }
      const { step } = progress.state;
      const due = checkpointEvery > 0 && step > 0 && step % checkpointEvery === 0;
      if (due && step !== progress.saved?.step) {
        await checkpoint(run, progress.state);
        progress.saved = progress.state;
      }
      if (step >= total) return 'finished';
      progress.state = await takeStep(run, algorithm, progress.state, total);
    }
  } catch (error) {
    if (error instanceof StopRequested) return 'requested';
    throw error;
  }
}

/** Before the first step, after every `evalInterval` steps and after the last, but never twice. */
function evaluationIsDue(options: TrainerOptions, state: TrainerState, total: number): boolean {
  if (options.evalInterval === 0 || options.evalNumSamples === 0) return false;
  const scheduled = state.step % options.evalInterval === 0 || state.step >= total;
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
      discount: algorithm.discount,
      step: state.step,
      onTurn: progress,
      ...(run.signal ? { signal: run.signal } : {}),
    }),
  );
  for (const { record } of evaluation.episodes) run.onEvent({ type: 'episode', record });
  run.onEvent({
    type: 'evaluation-finished',
    step: state.step,
    envSteps: state.envSteps,
    metrics: { ...evaluationMetrics(evaluation), 'time/evaluation': phases.seconds.get('evaluation') ?? 0 },
  });
  return { ...state, evaluatedStep: state.step };
}

async function takeStep(
  run: TrainingRun,
  algorithm: Algorithm,
  state: TrainerState,
  total: number,
): Promise<TrainerState> {
  const started = performance.now();
  const phases = new Phases(state.step, run.onEvent, run.signal);
  const stepRun = lendStep(run, state, phases);
  const outcome = await algorithm.step(stepRun);
  const { episodes } = outcome;
  const next: TrainerState = {
    ...state,
    step: state.step + 1,
    items: state.items + stepRun.items.length,
    episodes: state.episodes + episodes.length,
    envSteps: state.envSteps + episodes.reduce((sum, episode) => sum + episode.transitions.length, 0),
  };
  report(run, algorithm, outcome, next, total, timeMetrics(phases, outcome, started));
  return next;
}

function lendStep(run: TrainingRun, state: TrainerState, phases: Phases): StepRun {
  const { environment, agents, critic, options } = run;
  const { seed } = options;
  const left = environment.trainItems.length * options.numTrainEpochs - state.items;
  const count = Math.min(options.itemsPerStep, left);
  const items = itemsFrom(environment.trainItems, state.items, count, options.shuffle, seed);
  const sampling = { ...options.sampling, greedy: false };
  return {
    items,
    agents,
    critic,
    step: state.step,
    seed,
    sampling,
    rollout: ({ episodesPerItem, ...shape }) =>
      phases.run('rollout', (progress) => {
        const specs = items.flatMap((item, index) =>
          Array.from({ length: episodesPerItem }, (_, generation) => ({
            item,
            episode: state.episodes + index * episodesPerItem + generation,
          })),
        );
        return rollout(environment, agents, specs, {
          ...shape,
          seed,
          phase: 'train',
          sampling,
          earlyTerminationThreshold: thresholdOf(run),
          onTurn: progress,
          ...(run.signal ? { signal: run.signal } : {}),
        });
      }),
    phase: (phase, work, agent) => phases.run(phase, work, agent),
    commit: () => phases.commit(),
  };
}

function report(
  run: TrainingRun,
  algorithm: Algorithm,
  outcome: StepOutcome,
  state: TrainerState,
  total: number,
  times: Metrics,
): void {
  const { environment } = run;
  outcome.episodes.forEach((episode, index) => {
    const credits = outcome.credits[index] ?? [];
    const record = episodeRecord(environment, episode, 'train', state.step, algorithm.discount, credits);
    run.onEvent({ type: 'episode', record });
  });
  run.onEvent({
    type: 'step-finished',
    step: state.step,
    envSteps: state.envSteps,
    metrics: {
      ...rolloutMetrics(environment, outcome.episodes, algorithm.discount),
      ...outcome.metrics,
      'train/env_steps': state.envSteps,
      'train/epoch': state.items / environment.trainItems.length,
      'train/progress': state.step / total,
      ...times,
    },
  });
}

function timeMetrics(phases: Phases, outcome: StepOutcome, started: number): Metrics {
  const metrics: Record<string, number> = { 'time/step': (performance.now() - started) / 1000 };
  for (const [phase, seconds] of phases.seconds) metrics[`time/${phase.replace('-', '_')}`] = seconds;
  const responses = outcome.episodes.flatMap(({ nodes }) => nodes.flatMap((node) => node.responses.flat()));
  const tokens = responses.reduce((sum, response) => sum + response.tokens.length, 0);
  const seconds = phases.seconds.get('rollout') ?? 0;
  if (seconds > 0) metrics['time/rollout_tokens_per_second'] = tokens / seconds;
  return metrics;
}

async function checkpoint(run: TrainingRun, state: TrainerState): Promise<void> {
  const store = run.checkpoints;
  if (store === null) return;
  const phases = new Phases(state.step, run.onEvent, undefined);
  const location = await phases.run('checkpoint', () =>
    store.save(state, (dir) => saveTeam(dir, run.agents, run.critic)),
  );
  run.onEvent({ type: 'checkpoint-saved', step: state.step, location });
}

function thresholdOf({ environment, options }: TrainingRun): number | null {
  const { earlyTerminationThreshold } = options;
  return earlyTerminationThreshold === undefined
    ? environment.earlyTerminationThreshold
    : earlyTerminationThreshold;
}

function checkTeam(
  { environment, agents, critic, algorithm }: TrainingRun,
  { needsCritic }: Algorithm,
): void {
  if (agents.length !== environment.numAgents) {
    throw new TeamError(
      `${agents.length} agents were given, but ${environment.name} is played by ${environment.numAgents}. Give one per role.`,
    );
  }
  if (new Set(agents).size !== agents.length) {
    throw new TeamError('One agent object was given for several roles; make one agent per role.');
  }
  if (needsCritic !== (critic !== null)) {
    const problem = needsCritic ? 'needs a critic, but none was given' : 'has no critic, but one was given';
    throw new TeamError(`${algorithm.name} ${problem}.`);
  }
  if (environment.trainItems.length === 0) throw new TeamError(`${environment.name} has no training items.`);
}
