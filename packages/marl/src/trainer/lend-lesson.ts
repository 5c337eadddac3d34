import type { LessonRun, RolloutShape } from '../algorithms/algorithm.js';
import type { Episode } from '../rollout/episode.js';
import { type EpisodeSpec, rollout, rolloutFrom } from '../rollout/rollout.js';
import type { Phases } from './phases.js';
import { type TrainingRun, thresholdOf } from './training-run.js';

/** Plays episodes from their beginnings. */
export type Play = (specs: readonly EpisodeSpec[], phase: 'train' | 'diagnostics') => Promise<Episode[]>;

/** What a lesson needs; `next` says which items are played. */
export function lendLesson(
  run: TrainingRun,
  phases: Phases,
  next: (shape: RolloutShape, play: Play) => Promise<Episode[]>,
): LessonRun {
  const { environment, agents, critics, options } = run;
  const sampling = { ...options.sampling, greedy: false };
  const common = {
    seed: options.seed,
    earlyTerminationThreshold: thresholdOf(run),
    ...(run.signal ? { signal: run.signal } : {}),
  };
  return {
    agents,
    critics,
    sampling,
    rollout: (shape) =>
      next(shape, (specs, phase) =>
        phases.run('rollout', (onTurn) =>
          rollout(environment, agents, specs, { ...shape, ...common, phase, sampling, onTurn }),
        ),
      ),
    roundsLeft: () => false,
    greedyFrom: (nodes) =>
      phases.run('rollout', () =>
        rolloutFrom(environment, agents, nodes, {
          ...common,
          phase: 'baseline',
          sampling: { ...sampling, temperature: 1, greedy: true },
          numGenerations: 1,
          jointMode: 'aligned',
        }),
      ),
    phase: (phase, work, agent) => phases.run(phase, work, agent),
  };
}
