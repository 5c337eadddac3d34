import type { Environment } from '@collm/envs';
import { mean } from '../credit/statistics.js';
import { treeReturns } from '../credit/tree-returns.js';
import type { AgentTurnRecord, EpisodeRecord, TurnRecord } from '../events.js';
import type { History } from '../messages.js';
import { type Episode, type JointTransition, nodeOf, responseOf, rewardOf } from './episode.js';

/** What an algorithm computed for one joint transition. */
export interface TransitionCredit {
  readonly value?: number;
  readonly target?: number;
  /** Per agent; with token-level values the mean over its tokens. */
  readonly advantages?: readonly number[];
}

/** Monte Carlo returns of all transitions of an episode (P6), from the team's processed rewards. */
export function episodeReturns(episode: Episode, discount: number): number[] {
  return returnsOf(episode, discount, (transition) => transition.result.processedReward);
}

/** The same from the rewards of one agent, which differ from the team's where the environment gives them. */
export function agentEpisodeReturns(episode: Episode, discount: number, agent: number): number[] {
  return returnsOf(episode, discount, (transition) => rewardOf(transition, agent));
}

function returnsOf(
  { transitions }: Episode,
  discount: number,
  reward: (transition: JointTransition) => number,
): number[] {
  return treeReturns(
    transitions.map(reward),
    transitions.map(({ parent }) => parent),
    discount,
    transitions.map(({ end }) => end === 'pruned'),
  );
}

/** Return of an episode: the mean over its root joint samples, as far as they were played on. */
export function rootReturn(episode: Episode, returns: readonly number[]): number {
  return mean(
    returns.filter((_, index) => {
      const { parent, end } = episode.transitions[index] as JointTransition;
      return parent === null && end !== 'pruned';
    }),
  );
}

/** The episode as plain data for logs and viewers. */
export function episodeRecord(
  environment: Environment,
  episode: Episode,
  phase: 'train' | 'evaluation',
  step: number,
  discount: number,
  credits: readonly TransitionCredit[] = [],
): EpisodeRecord {
  const returns = episodeReturns(episode, discount);
  return {
    phase,
    step,
    episode: episode.episode,
    itemId: episode.item.id,
    // A failed episode may have played nothing at all.
    return: episode.transitions.length === 0 ? 0 : rootReturn(episode, returns),
    ...(episode.failure === null ? {} : { failure: episode.failure.message }),
    turns: episode.transitions.map((transition, index) =>
      turnRecord(environment, episode, transition, returns[index] as number, credits[index] ?? {}),
    ),
  };
}

function turnRecord(
  environment: Environment,
  episode: Episode,
  transition: JointTransition,
  value: number,
  credit: TransitionCredit,
): TurnRecord {
  const { reward, processedReward, agentRewards, components, metrics, info, state } = transition.result;
  const picture = environment.picture?.(state);
  return {
    turn: transition.turn,
    path: transition.path,
    reward,
    processedReward,
    ...(agentRewards === undefined ? {} : { agentRewards }),
    components,
    metrics,
    info,
    agents: agentTurnRecords(episode, transition),
    end: transition.end,
    return: value,
    ...credit,
    ...(picture === undefined ? {} : { picture }),
  };
}

function agentTurnRecords(episode: Episode, transition: JointTransition): AgentTurnRecord[] {
  return nodeOf(episode, transition).history.agents.map((history: History, agent) => {
    const response = responseOf(episode, transition, agent);
    return {
      messages: history.observation.messages,
      response: response.text,
      promptTokens: response.counted?.prompt ?? response.promptTokens.length,
      responseTokens: response.counted?.response ?? response.tokens.length,
      finish: response.finish,
      promptTruncated: response.promptTruncated,
    };
  });
}
