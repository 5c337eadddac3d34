/** Plays episodes under a protocol, turn by turn, and books what they cost. */
import { setImmediate as nextTick } from 'node:timers/promises';
import { StopRequested } from '../errors.js';
import type { Response } from '../messages.js';
import type { Episode } from '../rollout/episode.js';
import { inEnvironment, type LiveNode, observeAll, placeOf, playNode } from '../rollout/nodes.js';
import type { EpisodeSpec, RolloutSettings } from '../rollout/rollout.js';
import { seededHash } from '../seeded.js';
import { sideBySide } from '../side-by-side.js';
import { attempt } from './attempt.js';
import { askTeam, type Play, type TeamTurn } from './turn.js';

/** What an episode cost. */
export interface Cost {
  /** Wall-clock seconds of generation on the critical path, summed over turns. */
  readonly seconds: number;
  /** Generated tokens of all calls. */
  readonly tokens: number;
}

export interface PlayedEpisode {
  readonly episode: Episode;
  readonly cost: Cost;
}

/**
 * Plays a batch of episodes to their ends. An episode whose environment fails ends there, with its `failure`.
 *
 * @throws RolloutError when an agent fails
 * @throws StopRequested when the signal fires, between turns
 */
export async function playBatch(
  play: Play,
  specs: readonly EpisodeSpec[],
  signal?: AbortSignal,
): Promise<PlayedEpisode[]> {
  const costs = new Map<Episode, Cost>();
  let live: LiveNode[] = [];
  for (const { item, episode: number } of specs) {
    const episode: Episode = { item, episode: number, nodes: [], transitions: [], failure: null };
    costs.set(episode, { seconds: 0, tokens: 0 });
    const opened = await attempt(episode, () => open(play, episode));
    if (opened !== undefined) live.push(opened);
  }
  try {
    while (live.length > 0) {
      const turns = await askTeam(play, live);
      for (const turn of turns) book(costs, turn);
      live = await step(play, turns);
      await nextTick();
      if (signal?.aborted) throw new StopRequested();
    }
  } finally {
    for (const actor of new Set(play.actors)) actor.endRollout?.();
  }
  return [...costs].map(([episode, cost]) => ({ episode, cost }));
}

function open({ environment, settings }: Play, episode: Episode): LiveNode {
  const place = placeOf(episode, 0, settings.phase);
  const seed = seededHash(settings.seed, 'evaluation-reset', episode.episode);
  const state = inEnvironment('reset', place, () => environment.reset(episode.item, seed));
  const histories = observeAll(environment, state, place).map((observation) => ({ past: [], observation }));
  return { episode, turn: 0, path: 0, parent: null, branches: 1, state, histories };
}

/** Scores the turns; returns where it goes on. What agents were really shown becomes their history. */
async function step({ environment, settings }: Play, turns: readonly TeamTurn[]): Promise<LiveNode[]> {
  const next = await sideBySide(
    turns.map(({ node, histories, responses }) => async () => {
      const own = responses.map((response): Response[] => [response]);
      const shown = { ...node, histories };
      return (await attempt(node.episode, () => playNode(environment, shown, own, settings))) ?? [];
    }),
  );
  return next.flat();
}

function book(costs: Map<Episode, Cost>, { node, seconds, tokens }: TeamTurn): void {
  const before = costs.get(node.episode) as Cost;
  costs.set(node.episode, { seconds: before.seconds + seconds, tokens: before.tokens + tokens });
}

/** One response per agent and turn, with the random numbers of an evaluation. */
export function chainSettings(
  options: Pick<RolloutSettings, 'seed' | 'sampling' | 'earlyTerminationThreshold'>,
): RolloutSettings {
  const { seed, sampling, earlyTerminationThreshold } = options;
  return {
    seed,
    sampling,
    earlyTerminationThreshold,
    phase: 'evaluation',
    numGenerations: 1,
    jointMode: 'aligned',
  };
}
