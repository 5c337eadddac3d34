/** Seeded random whole numbers for resampling. */

/**
 * A stream of uniform whole numbers (the generator sfc32: 128 bits of state, passes PractRand). Two streams of one seed
 * are equal on every machine.
 *
 * @param seed a whole number, 0 to 2^32 - 1
 * @returns a function that draws from 0 to `below` - 1, `below` being 1 to 2^32
 */
export function seededIndices(seed: number): (below: number) => number {
  let [a, b, c, counter] = [0x9e3779b9, 0x243f6a88, seed | 0, 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  // The seed has to reach all of the state first.
  for (let round = 0; round < 16; round++) next();
  return (below) => Math.floor((next() / 2 ** 32) * below);
}
