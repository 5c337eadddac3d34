/** What recipes of building tasks share: they count command lines. */
import type { TurnRecord } from '@collm/marl';
import type { Count } from '../recipe.js';

/** Accepted lines among all, by the counts in the metrics of a turn. */
export function acceptedLines({ metrics }: TurnRecord): Count {
  let [good, all] = [0, 0];
  for (const [name, count] of Object.entries(metrics)) {
    const kind = /^agent_\d+_(accepted|rejected)$/.exec(name)?.[1];
    if (kind === undefined) continue;
    all += count;
    if (kind === 'accepted') good += count;
  }
  return { good, all };
}
