/**
 * Philox4x32-10 (Salmon et al., SC 2011): a counter-based generator. A draw depends on its key and
 * counter alone, so a response is the same whatever the batch, its order or where the agent runs.
 */

const high = (a: number, b: number): number => {
  // The upper half of a 32 x 32 bit product, in 16-bit pieces since doubles hold 53 bits.
  const [a1, a0, b1, b0] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const low = a0 * b0;
  const middle = a1 * b0 + (low >>> 16);
  const other = a0 * b1 + (middle & 0xffff);
  return (a1 * b1 + Math.floor(middle / 65536) + Math.floor(other / 65536)) >>> 0;
};

export type Words4 = readonly [number, number, number, number];

/** Ten rounds of Philox on four 32-bit counter words under two key words. */
export function philox(counter: Words4, key: readonly [number, number]): Words4 {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const h0 = high(0xd2511f53, c0);
    const l0 = Math.imul(0xd2511f53, c0) >>> 0;
    const h1 = high(0xcd9e8d57, c2);
    const l1 = Math.imul(0xcd9e8d57, c2) >>> 0;
    [c0, c1, c2, c3] = [(h1 ^ c1 ^ k0) >>> 0, l1, (h0 ^ c3 ^ k1) >>> 0, l0];
    k0 = (k0 + 0x9e3779b9) >>> 0;
    k1 = (k1 + 0xbb67ae85) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** Names a stream of draws: a seed, and three words that say whose stream it is. */
export interface StreamKey {
  /** Safe integer >= 0. */
  seed: number;
  /** Three 32-bit words, e.g. episode, turn and agent, sample. */
  words: readonly [number, number, number];
}

/** Draw number `index` of a stream: uniform in [0, 1) with 24 bits, exact in f32. */
export function uniform(key: StreamKey, index: number): number {
  const seedHigh = Math.floor(key.seed / 2 ** 32) >>> 0;
  const [word] = philox(
    [index >>> 0, key.words[0] >>> 0, key.words[1] >>> 0, key.words[2] >>> 0],
    [key.seed >>> 0, seedHigh],
  );
  return (word >>> 8) / 2 ** 24;
}
