/**
 * Seeded choices outside of sampling: item order, environment seeds, minibatches. Each is a pure
 * function of the run's seed, a purpose and counters, so there is no generator state to save.
 */

/** Keeps the streams of one seed apart. */
export type Purpose =
  | 'items'
  | 'reset'
  | 'minibatch'
  | 'evaluation-items'
  | 'evaluation-reset'
  | 'diagnostics-items'
  | 'diagnostics-reset'
  | 'branches'
  | 'agent-order'
  | 'endpoint';

const PURPOSES: Readonly<Record<Purpose, number>> = {
  items: 1,
  reset: 2,
  minibatch: 3,
  'evaluation-items': 4,
  'evaluation-reset': 5,
  'diagnostics-reset': 6,
  branches: 7,
  'agent-order': 8,
  'diagnostics-items': 9,
  endpoint: 10,
};

/** 32-bit hash (MurmurHash3 over the low and high halves of each counter); counters are integers. */
export function seededHash(seed: number, purpose: Purpose, ...counters: readonly number[]): number {
  let state = 0;
  const words = [seed, PURPOSES[purpose], ...counters];
  for (const word of words) {
    state = mixWord(state, word | 0);
    state = mixWord(state, Math.floor(word / 2 ** 32) | 0);
  }
  state ^= words.length * 8;
  state = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
  return (state ^ (state >>> 16)) >>> 0;
}

/** The numbers 0 to count - 1 in seeded order (Fisher-Yates). */
export function seededOrder(
  count: number,
  seed: number,
  purpose: Purpose,
  ...counters: readonly number[]
): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor((seededHash(seed, purpose, ...counters, last) / 2 ** 32) * (last + 1));
    const moved = order[last] as number;
    order[last] = order[other] as number;
    order[other] = moved;
  }
  return order;
}

function mixWord(state: number, word: number): number {
  let key = Math.imul(word, 0xcc9e2d51);
  key = (key << 15) | (key >>> 17);
  const mixed = state ^ Math.imul(key, 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}
