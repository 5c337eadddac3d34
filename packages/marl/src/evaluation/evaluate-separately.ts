import type { Environment } from '@collm/envs';
import { StopRequested } from '../errors.js';
import type { EpisodeRecord } from '../events.js';
import type { Actor } from '../messages.js';
import { chainSettings } from '../protocols/play.js';
import type { Episode } from '../rollout/episode.js';
import { type EpisodeSpec, rollout } from '../rollout/rollout.js';
import {
  type Evaluation,
  type EvaluationOptions,
  episodeSpecs,
  evaluationOf,
  evaluationRecord,
} from './evaluate.js';

export interface SeparateOptions extends Omit<EvaluationOptions, 'onTurn' | 'maxFailureRate'> {
  /** Episodes at the same time, >= 1. */
  readonly concurrency: number;
  /** Called after every episode with its record and the number of those that are over. */
  readonly onEpisode?: (record: EpisodeRecord, done: number, total: number) => void;
}

export interface SeparateEvaluation extends Evaluation {
  /** Episodes that were to be played: more than those of the evaluation when the signal fired. */
  readonly wanted: number;
}

/**
 * What `evaluate` does, but each episode is a rollout of its own, so that none waits for the turns of another: for
 * agents that answer request by request and not batch by batch. Episodes and figures are those of `evaluate`. Failed
 * episodes are data, however many they are; what was under way when the signal fires is left out.
 *
 * @throws RolloutError when an agent fails as a whole, after the episodes that are under way have ended
 */
export async function evaluateSeparately(
  environment: Environment,
  actors: readonly Actor[],
  options: SeparateOptions,
): Promise<SeparateEvaluation> {
  const { concurrency, signal, onEpisode } = options;
  const specs = episodeSpecs(options.items, options.generations);
  const settings = { ...chainSettings(options), ...(signal === undefined ? {} : { signal }) };
  const over = new Map<EpisodeSpec, Episode>();
  const waiting = specs.values();
  let failure: unknown;
  const playNext = async () => {
    for (const spec of waiting) {
      if (signal?.aborted || failure !== undefined) return;
      try {
        const [episode] = (await rollout(environment, actors, [spec], settings)) as [Episode];
        over.set(spec, episode);
        onEpisode?.(evaluationRecord(environment, episode, options), over.size, specs.length);
      } catch (error) {
        if (!wasStopped(error)) failure ??= error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, specs.length) }, playNext));
  if (failure !== undefined) throw failure;
  const episodes = specs.flatMap((spec) => over.get(spec) ?? []);
  return { ...evaluationOf(environment, episodes, options), wanted: specs.length };
}

/** Whether an episode ended because the signal fired, between turns or within one. */
function wasStopped(error: unknown): boolean {
  return error instanceof StopRequested || (error as Error).cause instanceof StopRequested;
}
