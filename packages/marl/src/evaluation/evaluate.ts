import type { Environment, Item } from '@collm/envs';
import type { SamplingOptions } from '../config.js';
import { mean, standardError } from '../credit/statistics.js';
import type { EpisodeRecord, Metrics, TurnRecord } from '../events.js';
import { namedMeans, score } from '../learner/rollout-metrics.js';
import type { Actor } from '../messages.js';
import { type Episode, played } from '../rollout/episode.js';
import { checkFailureRate } from '../rollout/failures.js';
import { episodeRecord } from '../rollout/records.js';
import { type EpisodeSpec, type RolloutSettings, rollout } from '../rollout/rollout.js';
import { seededOrder } from '../seeded.js';

export interface EvaluationOptions {
  readonly items: readonly Item[];
  /** Episodes per item, >= 1. */
  readonly generations: number;
  readonly seed: number;
  readonly sampling: RolloutSettings['sampling'];
  readonly earlyTerminationThreshold: number | null;
  /** γ of the returns. */
  readonly discount: number;
  /** Most of the episodes that may fail, as a share; 0 when left out. */
  readonly maxFailureRate?: number;
  /** Finished training steps, for the records; 0 when left out. */
  readonly step?: number;
  readonly signal?: AbortSignal;
  readonly onTurn?: (done: number, total: number) => void;
}

/** Figures of one episode. */
export interface EvaluatedEpisode {
  readonly itemId: string;
  /** `return`, `reward`, `score`, `turns` and the environment's metrics of the last turn. */
  readonly figures: Readonly<Record<string, number>>;
  readonly record: EpisodeRecord;
}

export interface Estimate {
  readonly mean: number;
  /** Over item means when there are several items, else over episodes; 0 when there is only one of either. */
  readonly standardError: number;
  /** Episodes behind it. */
  readonly count: number;
}

export interface Evaluation {
  /** Those that were played to their ends. */
  readonly episodes: readonly EvaluatedEpisode[];
  /** Records of the others: they are in no figure. */
  readonly failed: readonly EpisodeRecord[];
  /** Over all episodes, by the names of `EvaluatedEpisode.figures`. */
  readonly summary: Readonly<Record<string, Estimate>>;
}

/**
 * Plays items with the training rollout code, one response per agent and turn, and reports the figures
 * of the episodes. Equal items, seed and options draw equal random numbers, so that two teams, or one
 * team before and after training, are compared on the same cases.
 */
export async function evaluate(
  environment: Environment,
  actors: readonly Actor[],
  options: EvaluationOptions,
): Promise<Evaluation> {
  const all = await rollout(environment, actors, episodeSpecs(options.items, options.generations), {
    seed: options.seed,
    phase: 'evaluation',
    sampling: options.sampling,
    numGenerations: 1,
    jointMode: 'aligned',
    earlyTerminationThreshold: options.earlyTerminationThreshold,
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.onTurn ? { onTurn: options.onTurn } : {}),
  });
  checkFailureRate(all, options.maxFailureRate ?? 0);
  return evaluationOf(environment, all, options);
}

/** The episodes of an evaluation, numbered through. */
export function episodeSpecs(items: readonly Item[], generations: number): EpisodeSpec[] {
  return items.flatMap((item, index) =>
    Array.from({ length: generations }, (_, generation) => ({
      item,
      episode: index * generations + generation,
    })),
  );
}

/**
 * Records and figures of episodes that were played for an evaluation.
 *
 * @param more further figures of an episode
 */
export function evaluationOf(
  environment: Environment,
  all: readonly Episode[],
  options: Pick<EvaluationOptions, 'step' | 'discount'>,
  more: (record: EpisodeRecord) => Readonly<Record<string, number>> = () => ({}),
): Evaluation {
  const recordOf = (episode: Episode) => evaluationRecord(environment, episode, options);
  const episodes = played(all).map((episode) => {
    const record = recordOf(episode);
    const figures = { ...figuresOf(environment, record), ...more(record) };
    return { itemId: record.itemId, figures, record };
  });
  const failed = all.filter(({ failure }) => failure !== null).map(recordOf);
  return { episodes, failed, summary: summarise(episodes) };
}

/** An episode of an evaluation as plain data. */
export function evaluationRecord(
  environment: Environment,
  episode: Episode,
  { step = 0, discount }: Pick<EvaluationOptions, 'step' | 'discount'>,
): EpisodeRecord {
  return episodeRecord(environment, episode, 'evaluation', step, discount);
}

/** A seeded choice of evaluation items, the same for every evaluation of a seed; all when `count` covers them. */
export function evaluationItems(environment: Environment, count: number, seed: number): Item[] {
  const all = environment.evalItems;
  if (count >= all.length) return [...all];
  return seededOrder(all.length, seed, 'evaluation-items')
    .slice(0, count)
    .sort((a, b) => a - b)
    .map((index) => all[index] as Item);
}

/** The sampling of an evaluation: that of training, but greedy at temperature 0. */
export function evaluationSampling(
  training: SamplingOptions,
  temperature: number,
): RolloutSettings['sampling'] {
  return temperature === 0
    ? { ...training, temperature: 1, greedy: true }
    : { ...training, temperature, greedy: false };
}

/** The summary as `eval/name` and `eval/name_se`. */
export function evaluationMetrics({ summary, episodes, failed }: Evaluation): Metrics {
  const metrics: Record<string, number> = {
    'eval/episodes': episodes.length,
    'eval/failed_episodes': failed.length / (episodes.length + failed.length),
  };
  for (const [name, estimate] of Object.entries(summary)) {
    metrics[`eval/${name}`] = estimate.mean;
    metrics[`eval/${name}_se`] = estimate.standardError;
  }
  return { ...metrics, ...turnMetrics(episodes.flatMap(({ record }) => record.turns)) };
}

/** Means by turn, over the episodes that played it, and how many these are. */
function turnMetrics(all: readonly TurnRecord[]): Metrics {
  const turns = [...new Set(all.map(({ turn }) => turn))];
  return Object.assign(
    {},
    ...turns.map((turn) => {
      const own = all.filter((record) => record.turn === turn);
      const group = `eval/turn_${turn + 1}`;
      const figures = own.map(({ reward, metrics }) => ({ ...metrics, reward }));
      return { [`${group}/count`]: own.length, ...namedMeans(group, figures) };
    }),
  );
}

function figuresOf(environment: Environment, record: EpisodeRecord): Record<string, number> {
  const last = record.turns.at(-1) as TurnRecord;
  return {
    ...last.metrics,
    return: record.return,
    reward: last.reward,
    score: score(environment, last.reward),
    turns: record.turns.length,
  };
}

/** Mean and standard error of every figure, over the episodes that have it. */
export function summarise(
  episodes: readonly Pick<EvaluatedEpisode, 'itemId' | 'figures'>[],
): Record<string, Estimate> {
  const names = new Set(episodes.flatMap(({ figures }) => Object.keys(figures)));
  const summary: Record<string, Estimate> = {};
  for (const name of names) {
    const perItem = new Map<string, number[]>();
    for (const { itemId, figures } of episodes) {
      const value = figures[name];
      if (value === undefined) continue;
      const known = perItem.get(itemId);
      if (known) known.push(value);
      else perItem.set(itemId, [value]);
    }
    const values = [...perItem.values()].flat();
    // Episodes of one item are alike; independent are the items.
    const independent = perItem.size > 1 ? [...perItem.values()].map(mean) : values;
    summary[name] = { mean: mean(values), standardError: standardError(independent), count: values.length };
  }
  return summary;
}
