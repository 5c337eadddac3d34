import { RolloutError } from '../errors.js';
import type { Episode } from './episode.js';

/**
 * Failed episodes are data up to a share of them; above it, or when none is whole, the first failure is thrown with
 * their number.
 *
 * @param maxFailureRate in [0, 1]
 * @throws RolloutError naming the place of the first failure
 */
export function checkFailureRate(episodes: readonly Episode[], maxFailureRate: number): void {
  const failures = episodes.flatMap(({ failure }) => failure ?? []);
  const [first] = failures;
  if (first === undefined) return;
  if (failures.length <= maxFailureRate * episodes.length && failures.length < episodes.length) return;
  throw new RolloutError(
    first.source,
    `${failures.length} of ${episodes.length} episodes failed, and max_failure_rate is ${maxFailureRate}. The first: ${first.what}`,
    first.place,
    { cause: first },
  );
}
