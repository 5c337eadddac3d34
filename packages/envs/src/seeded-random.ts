/** Repeatable random numbers. */

/** A stream of uniform numbers in [0, 1). */
export type Random = () => number;

/** A 32-bit hash of a text (FNV-1a over its UTF-16 units). */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/**
 * Numbers that follow from a seed: a counter in steps of the golden ratio, mixed by multiplications
 * (the finaliser of MurmurHash3). Not for secrets.
 */
export function seededRandom(seed: number): Random {
  let counter = seed | 0;
  return () => {
    counter = (counter + 0x9e3779b9) | 0;
    let mixed = Math.imul(counter ^ (counter >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}

/**
 * One of the values, each equally likely: a single draw.
 *
 * @throws {RangeError} when there are none
 */
export function pick<T>(values: readonly T[], random: Random): T {
  const index = Math.floor(random() * values.length);
  if (index >= values.length) throw new RangeError('There is nothing to pick from: the list is empty.');
  return values[index] as T;
}
