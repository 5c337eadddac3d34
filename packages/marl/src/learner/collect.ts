import type { LessonRun, RolloutShape } from '../algorithms/algorithm.js';
import { type Episode, played } from '../rollout/episode.js';

/**
 * Plays rounds of items until there are enough units to learn from, or no items left. The buffer is full or empty
 * between steps, so a checkpoint never has to hold one.
 *
 * @param bufferSize null: one round
 * @param unitsOf how many units an episode gives
 */
export async function collect(
  run: LessonRun,
  shape: RolloutShape,
  bufferSize: number | null,
  unitsOf: (episode: Episode) => number,
): Promise<Episode[]> {
  const episodes: Episode[] = [];
  const units = () => played(episodes).reduce((sum, episode) => sum + unitsOf(episode), 0);
  do episodes.push(...(await run.rollout(shape)));
  while (bufferSize !== null && units() < bufferSize && run.roundsLeft());
  return episodes;
}
