import type { Environment } from '@collm/envs';
import type { Unit } from '../algorithms/algorithm.js';
import { meanAdvantage } from '../credit/normalisation.js';
import { mean, populationVariance } from '../credit/statistics.js';
import type { Metrics } from '../events.js';
import type { Response } from '../messages.js';
import type { Episode, JointTransition, RolloutNode } from '../rollout/episode.js';
import { episodeReturns, rootReturn } from '../rollout/records.js';

/** What the whole episodes of a step show, before any update. Each name is defined in docs/metrics.md. */
export function rolloutMetrics(
  environment: Environment,
  episodes: readonly Episode[],
  units: readonly Unit[],
  discount: number,
): Metrics {
  const returns = episodes.map((episode) => episodeReturns(episode, discount));
  const roots = episodes.map((episode, index) => rootReturn(episode, returns[index] as number[]));
  const transitions = episodes.flatMap((episode, index) =>
    episode.transitions.map((transition, t) => ({ ...transition, return: returns[index]?.[t] as number })),
  );
  const leaves = transitions.filter(({ end }) => end !== null && end !== 'pruned');
  return {
    'train/return_mean': mean(roots),
    'train/return_std': Math.sqrt(populationVariance(roots)),
    'train/reward_mean': mean(transitions.map(({ result }) => result.processedReward)),
    'train/score_mean': mean(leaves.map(({ result }) => score(environment, result.reward))),
    'train/turns_mean': mean(leaves.map(({ turn }) => turn + 1)),
    'train/early_stopped': mean(leaves.map(({ end }) => (end === 'early' ? 1 : 0))),
    'train/episodes': episodes.length,
    'train/joint_transitions': transitions.length,
    ...turnMetrics(transitions),
    ...namedMeans(
      'reward',
      transitions.map(({ result }) => result.components),
    ),
    ...namedMeans(
      'env',
      leaves.map(({ result }) => result.metrics),
    ),
    ...responseMetrics(episodes),
    ...agentTurnMetrics(episodes, units),
  };
}

/** Raw reward on a scale from 0 (lowest possible) to 1 (highest possible). */
export function score(environment: Environment, reward: number): number {
  const [low, high] = environment.rewardRange;
  return (reward - low) / (high - low);
}

/** Mean of every name over the records that have it, as `group/name`. */
export function namedMeans(group: string, records: readonly Readonly<Record<string, number>>[]): Metrics {
  const values = new Map<string, number[]>();
  for (const record of records) {
    for (const [name, value] of Object.entries(record)) {
      const known = values.get(name);
      if (known) known.push(value);
      else values.set(name, [value]);
    }
  }
  return Object.fromEntries([...values].map(([name, own]) => [`${group}/${name}`, mean(own)]));
}

function turnMetrics(transitions: readonly (JointTransition & { return: number })[]): Metrics {
  const metrics: Record<string, number> = {};
  for (const turn of new Set(transitions.map((transition) => transition.turn))) {
    const own = transitions.filter((transition) => transition.turn === turn);
    metrics[`turn_${turn + 1}/reward_mean`] = mean(own.map(({ result }) => result.processedReward));
    // What a pruned sample would have led to is not known; a turn has at least one that was played on.
    metrics[`turn_${turn + 1}/return_mean`] = mean(
      own.flatMap((transition) => (transition.end === 'pruned' ? [] : transition.return)),
    );
    // What an early end leaves out is in no mean; how many there were is said instead.
    metrics[`turn_${turn + 1}/count`] = own.length;
    Object.assign(
      metrics,
      namedMeans(
        `turn_${turn + 1}/env`,
        own.map(({ result }) => result.metrics),
      ),
    );
  }
  return metrics;
}

function responseMetrics(episodes: readonly Episode[]): Metrics {
  const metrics: Record<string, number> = {};
  for (const [agent, responses] of responsesOf(episodes.flatMap(({ nodes }) => nodes)).entries()) {
    const group = `agent_${agent + 1}`;
    metrics[`${group}/response_tokens`] = mean(responses.map(({ tokens }) => tokens.length));
    metrics[`${group}/prompt_tokens`] = mean(responses.map(({ promptTokens }) => promptTokens.length));
    metrics[`${group}/truncated`] = mean(responses.map(({ finish }) => (finish === 'length' ? 1 : 0)));
    metrics[`${group}/prompt_truncated`] = mean(
      responses.map(({ promptTruncated }) => (promptTruncated ? 1 : 0)),
    );
    // Monte Carlo estimate of the entropy of a whole response, at the sampling temperature.
    metrics[`${group}/response_log_prob`] = mean(
      responses.map(({ logProbs }) => logProbs.reduce((sum, value) => sum + value, 0)),
    );
  }
  return metrics;
}

/** The same by agent and turn, which the reference's metrics mix up (D19), and what each was trained on there. */
function agentTurnMetrics(episodes: readonly Episode[], units: readonly Unit[]): Metrics {
  const metrics: Record<string, number> = {};
  const nodes = episodes.flatMap((episode) => episode.nodes);
  for (const turn of new Set(nodes.map((node) => node.turn))) {
    for (const [agent, responses] of responsesOf(nodes.filter((node) => node.turn === turn)).entries()) {
      const group = `agent_${agent + 1}/turn_${turn + 1}`;
      metrics[`${group}/response_tokens`] = mean(responses.map(({ tokens }) => tokens.length));
      metrics[`${group}/truncated`] = mean(responses.map(({ finish }) => (finish === 'length' ? 1 : 0)));
      const advantages = units.flatMap((unit) =>
        unit.turn === turn ? (unit.policy[agent] ?? []).map((sample) => meanAdvantage(sample.advantage)) : [],
      );
      if (advantages.length === 0) continue;
      metrics[`${group}/advantage_mean`] = mean(advantages);
      metrics[`${group}/advantage_std`] = Math.sqrt(populationVariance(advantages));
    }
  }
  return metrics;
}

/** `responses[agent]` of all nodes. */
function responsesOf(nodes: readonly RolloutNode[]): Response[][] {
  const numAgents = nodes[0]?.responses.length ?? 0;
  return Array.from({ length: numAgents }, (_, agent) =>
    nodes.flatMap((node) => node.responses[agent] as readonly Response[]),
  );
}
