/** Plays episodes under a protocol, turn by turn, and books what they cost. */
import type { Episode } from '../rollout/episode.js';
import { type EpisodeSpec, type RolloutSettings, rollout } from '../rollout/rollout.js';
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
  const { environment, actors, settings } = play;
  const costs = new Map<Episode, Cost>();
  const episodes = await rollout(
    environment,
    actors,
    specs,
    signal === undefined ? settings : { ...settings, signal },
    async (live) => {
      const turns = await askTeam(play, live);
      for (const turn of turns) book(costs, turn);
      // What agents were really shown becomes their history.
      return turns.map(({ node, histories, responses }) => ({
        node: { ...node, histories },
        responses: responses.map((response) => [response]),
      }));
    },
  );
  return episodes.map((episode) => ({ episode, cost: costs.get(episode) ?? nothing }));
}

const nothing: Cost = { seconds: 0, tokens: 0 };

function book(costs: Map<Episode, Cost>, { node, seconds, tokens }: TeamTurn): void {
  const before = costs.get(node.episode) ?? nothing;
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
