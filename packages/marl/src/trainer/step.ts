/**
 * One step of training: a lesson, the updates, what is told of them.
 *
 *   takeStep   plays, learns, measures
 *   Rounds     which items come next; the state moves on only when the step has ended
 *   lendStep   what the learner may use beside a lesson
 *   report     events
 */
import type { Item } from '@collm/envs';
import type { Algorithm, Lesson, StepRun } from '../algorithms/algorithm.js';
import type { Metrics } from '../events.js';
import { learn } from '../learner/learn.js';
import { rolloutMetrics } from '../learner/rollout-metrics.js';
import { learningRateFactor } from '../learner/schedule.js';
import { type Episode, played } from '../rollout/episode.js';
import { checkFailureRate } from '../rollout/failures.js';
import { episodeRecord } from '../rollout/records.js';
import type { EpisodeSpec } from '../rollout/rollout.js';
import type { TrainerState } from './checkpoints.js';
import { diagnosticsAreDue, measureDrift, measureSpread } from './diagnostics.js';
import { itemsFrom } from './item-order.js';
import { lendLesson } from './lend-lesson.js';
import { Phases } from './phases.js';
import { expectedSteps, progressOf } from './progress.js';
import type { TrainingRun } from './training-run.js';

/**
 * Plays and learns once.
 *
 * @param before metrics of what was done for the step before it began
 * @returns the state after it
 */
export async function takeStep(
  run: TrainingRun,
  algorithm: Algorithm,
  state: TrainerState,
  before: Metrics,
): Promise<TrainerState> {
  const started = performance.now();
  const phases = new Phases(state.step, run.onEvent, run.signal);
  const rounds = new Rounds(run, state);
  const updates = new UpdateCount(state.skippedInARow, run.options.maxSkippedUpdates);
  const stepRun = lendStep(run, algorithm, state, phases, rounds, updates);
  const lesson = await algorithm.lesson(stepRun);
  const measured = diagnosticsAreDue(run.options, state.step);
  const spread = measured ? await measureSpread(run, algorithm, stepRun) : {};
  const learned = await learn(stepRun, algorithm, lesson);
  const drift = measured ? await measureDrift(algorithm, stepRun, lesson) : {};
  const { episodes } = lesson;
  const scored = episodes.reduce((sum, { transitions }) => sum + transitions.length, lesson.extraEnvSteps);
  const next: TrainerState = {
    ...state,
    step: state.step + 1,
    items: rounds.items,
    episodes: rounds.episodes,
    envSteps: state.envSteps + scored,
    skippedInARow: updates.skippedInARow,
  };
  report(run, algorithm, lesson, next, {
    ...learned,
    ...spread,
    ...drift,
    'train/learning_rate_factor': stepRun.learningRateFactor,
    'train/skipped_updates': updates.skipped,
    ...timeMetrics(phases, lesson, started),
    ...before,
    'time/restarts': run.restarts ?? 0,
  });
  return next;
}

/** Which items come next. */
class Rounds {
  items: number;
  episodes: number;

  constructor(
    private readonly run: TrainingRun,
    state: TrainerState,
  ) {
    this.items = state.items;
    this.episodes = state.episodes;
  }

  get left(): number {
    const { environment, options } = this.run;
    return environment.trainItems.length * options.numTrainEpochs - this.items;
  }

  next(episodesPerItem: number): EpisodeSpec[] {
    const { environment, options } = this.run;
    const count = Math.min(options.itemsPerStep, this.left);
    const items: Item[] = itemsFrom(environment.trainItems, this.items, count, options.shuffle, options.seed);
    const first = this.episodes;
    this.items += count;
    this.episodes += count * episodesPerItem;
    return items.flatMap((item, index) =>
      Array.from({ length: episodesPerItem }, (_, generation) => ({
        item,
        episode: first + index * episodesPerItem + generation,
      })),
    );
  }
}

/** Counts the updates that were left out, and how many of a member's in a row. */
class UpdateCount {
  skipped = 0;
  readonly skippedInARow: Record<string, number>;

  constructor(
    before: Readonly<Record<string, number>>,
    private readonly limit: number,
  ) {
    this.skippedInARow = { ...before };
  }

  refused(member: string, error: Error): void {
    const inARow = (this.skippedInARow[member] ?? 0) + 1;
    if (inARow > this.limit) throw error;
    this.skippedInARow[member] = inARow;
    this.skipped += 1;
  }

  accepted(member: string): void {
    delete this.skippedInARow[member];
  }
}

function lendStep(
  run: TrainingRun,
  algorithm: Algorithm,
  state: TrainerState,
  phases: Phases,
  rounds: Rounds,
  updates: UpdateCount,
): StepRun {
  const { environment, options } = run;
  const progress = progressOf(state, environment.trainItems.length, options);
  const episodes: Episode[] = [];
  return {
    ...lendLesson(run, phases, async (shape, play) => {
      const made = await play(rounds.next(shape.episodesPerItem), 'train');
      episodes.push(...made);
      checkFailures(run, algorithm, episodes, state.step + 1);
      return made;
    }),
    roundsLeft: () => rounds.left > 0,
    step: state.step,
    seed: options.seed,
    learningRateFactor: learningRateFactor(options, state.step, progress),
    commit: () => phases.commit(),
    refused: (member, error) => updates.refused(member, error),
    accepted: (member) => updates.accepted(member),
  };
}

/** Too many failed episodes end the run; they are told of first. */
function checkFailures(
  { environment, options, onEvent }: TrainingRun,
  { options: { discount } }: Algorithm,
  episodes: readonly Episode[],
  step: number,
): void {
  try {
    checkFailureRate(episodes, options.maxFailureRate);
  } catch (error) {
    for (const episode of episodes) {
      if (episode.failure === null) continue;
      onEvent({ type: 'episode', record: episodeRecord(environment, episode, 'train', step, discount) });
    }
    throw error;
  }
}

function report(
  run: TrainingRun,
  algorithm: Algorithm,
  lesson: Lesson,
  state: TrainerState,
  metrics: Metrics,
): void {
  const { environment, options } = run;
  const { discount } = algorithm.options;
  for (const episode of lesson.episodes) {
    const credits = lesson.credits.get(episode) ?? [];
    const record = episodeRecord(environment, episode, 'train', state.step, discount, credits);
    run.onEvent({ type: 'episode', record });
  }
  const failed = lesson.episodes.filter(({ failure }) => failure !== null).length;
  run.onEvent({
    type: 'step-finished',
    step: state.step,
    envSteps: state.envSteps,
    ...(options.maxEnvSteps === null ? {} : { totalSteps: expectedSteps(run, state) }),
    metrics: {
      ...rolloutMetrics(environment, played(lesson.episodes), lesson.units, discount),
      'train/failed_episodes': failed / lesson.episodes.length,
      ...lesson.metrics,
      ...metrics,
      'train/env_steps': state.envSteps,
      'train/epoch': state.items / environment.trainItems.length,
      'train/progress': progressOf(state, environment.trainItems.length, options),
    },
  });
}

function timeMetrics(phases: Phases, { episodes }: Lesson, started: number): Metrics {
  const metrics: Record<string, number> = { 'time/step': (performance.now() - started) / 1000 };
  for (const [phase, seconds] of phases.seconds) metrics[`time/${phase.replace('-', '_')}`] = seconds;
  const responses = episodes.flatMap(({ nodes }) => nodes.flatMap((node) => node.responses.flat()));
  const tokens = responses.reduce((sum, response) => sum + response.tokens.length, 0);
  const seconds = phases.seconds.get('rollout') ?? 0;
  if (seconds > 0) metrics['time/rollout_tokens_per_second'] = tokens / seconds;
  return metrics;
}
