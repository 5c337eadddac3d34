import type { Environment } from '@collm/envs';
import { mean } from '../credit/statistics.js';
import { StopRequested } from '../errors.js';
import {
  type Evaluation,
  type EvaluationOptions,
  episodeSpecs,
  evaluationOf,
} from '../evaluation/evaluate.js';
import type { EpisodeRecord } from '../events.js';
import { score } from '../learner/rollout-metrics.js';
import type { Actor } from '../messages.js';
import type { Episode } from '../rollout/episode.js';
import { checkFailureRate } from '../rollout/failures.js';
import { passRates } from './pass-at-k.js';
import { type Cost, chainSettings, playBatch } from './play.js';
import type { ProtocolName } from './protocol.js';

export interface ProtocolOptions extends Omit<EvaluationOptions, 'onTurn'> {
  /** Episodes played together, >= 1; 1 when left out, so that times are those of single episodes. */
  readonly batchSize?: number;
  /** Called after every batch with the episodes done. */
  readonly onEpisodes?: (done: number, total: number) => void;
  /** Seconds since whenever; the process's clock when left out. */
  readonly now?: () => number;
}

export interface ProtocolEvaluation extends Evaluation {
  /** Episodes that were to be played: more than those of the evaluation when the signal fired. */
  readonly wanted: number;
}

/**
 * Plays items of an environment under a protocol and reports, beside what `evaluate` does, per episode `seconds`, `tokens`
 * and `score_percent`, and over items `pass@k`. Equal items, seed and sampling draw equal random numbers: under
 * `trained`, and under `parallel` where the environment asks nothing else, responses and rewards are those of `evaluate`.
 *
 * @param environment what `protocolEnvironment` gives for the protocol, with one actor per agent
 * @throws RolloutError when an agent fails, or too many episodes do
 */
export async function evaluateProtocol(
  environment: Environment,
  actors: readonly Actor[],
  protocol: ProtocolName,
  options: ProtocolOptions,
): Promise<ProtocolEvaluation> {
  const { batchSize = 1, now = () => performance.now() / 1000, signal, onEpisodes } = options;
  const specs = episodeSpecs(options.items, options.generations);
  const play = { protocol, environment, actors, settings: chainSettings(options), now };
  const all: Episode[] = [];
  const costs = new Map<number, Cost>();
  for (let start = 0; start < specs.length && !signal?.aborted; start += batchSize) {
    try {
      for (const { episode, cost } of await playBatch(play, specs.slice(start, start + batchSize), signal)) {
        all.push(episode);
        costs.set(episode.episode, cost);
      }
    } catch (error) {
      if (error instanceof StopRequested) break;
      throw error;
    }
    onEpisodes?.(all.length, specs.length);
  }
  checkFailureRate(all, options.maxFailureRate ?? 0);
  const evaluation = evaluationOf(environment, all, options, (record) => ({
    score_percent: scorePercent(environment, record),
    ...(costs.get(record.episode) as Cost),
  }));
  const summary = { ...evaluation.summary, ...passRates(evaluation.episodes, options.generations) };
  return { ...evaluation, summary, wanted: specs.length };
}

/**
 * The mean over all turns of the horizon of the reward, from 0 for the lowest possible to 100 for the highest. A turn that
 * was not played because the episode ended early counts as the last one that was (coding spec 12 and 16.14).
 */
function scorePercent(environment: Environment, { turns }: EpisodeRecord): number {
  const scores = turns.map(({ reward }) => 100 * score(environment, reward));
  const last = scores.at(-1) as number;
  return mean(Array.from({ length: environment.numTurns }, (_, turn) => scores[turn] ?? last));
}
