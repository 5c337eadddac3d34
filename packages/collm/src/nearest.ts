import { closest, distance } from 'fastest-levenshtein';

/** The nearest of some names, if at most a third of it differs. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const near = closest(name, candidates);
  return distance(name, near) <= Math.max(2, Math.floor(near.length / 3)) ? near : undefined;
}
