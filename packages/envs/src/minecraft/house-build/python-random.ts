/**
 * Python's `random.Random(seed)` as far as spiders and houses need it: the Mersenne Twister MT19937, seeded by
 * `init_by_array`, and `randint` (minecraft spec, 3.4).
 */

const SIZE = 624;
const SHIFT = 397;

/** Uniform integers, the same as Python draws from the same seed. */
export class PythonRandom {
  readonly #state = new Uint32Array(SIZE);
  #next = SIZE;

  /**
   * @param seeds safe integers; Python's generator for one seed, and one of its own for each further list. Signs do
   *   not matter.
   */
  constructor(...seeds: readonly number[]) {
    this.#seed(seeds.flatMap(words));
  }

  /** Uniform on the integers from `low` to `high`, both included; the range holds less than 2^32 numbers. */
  randint(low: number, high: number): number {
    const width = high - low + 1;
    const surplusBits = Math.clz32(width);
    for (;;) {
      const draw = this.#word() >>> surplusBits;
      if (draw < width) return low + draw;
    }
  }

  /** 32 uniform bits. */
  #word(): number {
    if (this.#next === SIZE) this.#twist();
    let word = this.#state[this.#next++] as number;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  #twist(): void {
    const state = this.#state;
    for (let i = 0; i < SIZE; i++) {
      const mixed = ((state[i] as number) & 0x80000000) | ((state[(i + 1) % SIZE] as number) & 0x7fffffff);
      state[i] = (state[(i + SHIFT) % SIZE] as number) ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }

  /** `init_by_array`. */
  #seed(key: readonly number[]): void {
    const state = this.#state;
    state[0] = 19650218;
    for (let i = 1; i < SIZE; i++) state[i] = Math.imul(1812433253, this.#scrambled(i)) + i;
    let i = 1;
    const advance = () => {
      i++;
      if (i < SIZE) return;
      state[0] = state[SIZE - 1] as number;
      i = 1;
    };
    for (let round = 0; round < Math.max(SIZE, key.length); round++) {
      const j = round % key.length;
      state[i] = ((state[i] as number) ^ Math.imul(this.#scrambled(i), 1664525)) + (key[j] as number) + j;
      advance();
    }
    for (let round = 1; round < SIZE; round++) {
      state[i] = ((state[i] as number) ^ Math.imul(this.#scrambled(i), 1566083941)) - i;
      advance();
    }
    state[0] = 0x80000000;
  }

  #scrambled(i: number): number {
    const before = this.#state[i - 1] as number;
    return before ^ (before >>> 30);
  }
}

/** A number's magnitude in words of 32 bits, the lowest first; zero is one word. */
function words(seed: number): number[] {
  const size = Math.abs(seed);
  const high = Math.floor(size / 2 ** 32);
  return high === 0 ? [size] : [size % 2 ** 32, high];
}
