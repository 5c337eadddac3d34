import { RolloutError } from '../errors.js';
import type { Episode } from './episode.js';

/** Does the environment's part of an episode; its failure becomes the episode's, and undefined comes back. */
export async function attempt<T>(episode: Episode, work: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof RolloutError)) throw error;
    episode.failure ??= error;
    return undefined;
  }
}
