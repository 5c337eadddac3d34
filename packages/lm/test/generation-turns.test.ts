/** Turns of an episode that continue each other through a PrefixCache. */
import { fileURLToPath } from 'node:url';
import { memory, tensor } from '@collm/torch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  Decoder,
  type Generation,
  type GenerationOptions,
  generate,
  loadDecoder,
  PrefixCache,
} from '../src/index.js';
import { tinyConfig } from './tiny.js';

const windowed = fileURLToPath(new URL('fixtures/hf-parity/mistral-window', import.meta.url));
const options = { greedy: false, temperature: 1, topK: null, topP: 1, maxNewTokens: 6, stopTokens: [] };
const key = (sample: number) => ({ seed: 11, words: [0, 0, sample] as const });
const numbers = (count: number, from: number) =>
  Array.from({ length: count }, (_, i) => 5 + ((from + 7 * i) % 50));

let alive = 0;
beforeEach(() => {
  alive = memory().tensors;
});
afterEach(() => {
  expect(memory().tensors).toBe(alive);
});

/** Two episodes of three turns: a prompt is all before it, one sampled response and a new observation. */
async function episodes(decoder: Decoder, more: Partial<GenerationOptions>): Promise<Generation[][]> {
  let prompts = [numbers(12, 1), numbers(9, 40)];
  const turns: Generation[][] = [];
  for (let turn = 0; turn < 3; turn++) {
    const requests = prompts.flatMap((prompt, i) =>
      [0, 1].map((sample) => ({ prompt, key: key(10 * turn + 2 * i + sample) })),
    );
    const made = await generate(decoder, requests, { ...options, ...more });
    turns.push(made);
    prompts = prompts.map((prompt, i) => [
      ...prompt,
      ...(made[2 * i] as Generation).tokens,
      ...numbers(3 + 2 * i, turn),
    ]);
  }
  return turns;
}

function expectClose(made: readonly Generation[], expected: readonly Generation[]): void {
  expect(made.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
  for (const [i, { logProbs }] of expected.entries())
    for (const [k, value] of logProbs.entries())
      expect(Math.abs((made[i]?.logProbs[k] as number) - value)).toBeLessThan(1e-4);
}

describe.each([
  ['full attention', () => Decoder.random(tinyConfig, { seed: 4 })],
  ['sliding windows', () => loadDecoder(windowed, { dtype: 'f32' })],
])('turns with a prefix cache, %s', (_, open) => {
  it.each([{ greedy: true }, { greedy: false }, { greedy: false, prefillTokens: 7 }])(
    'gives what computing every prompt from its start gives: %o',
    async (more) => {
      using decoder = open();
      using prefixes = new PrefixCache(2 ** 24);
      const expected = await episodes(decoder, { greedy: more.greedy });
      const made = await episodes(decoder, { ...more, prefixes });
      for (const [turn, generations] of expected.entries())
        expectClose(made[turn] as Generation[], generations);
    },
  );
});

describe('PrefixCache', () => {
  it('feeds later turns only what is new', async () => {
    using decoder = Decoder.random(tinyConfig, { seed: 4 });
    using prefixes = new PrefixCache(2 ** 24);
    const fed: number[] = [];
    const forward = decoder.forward.bind(decoder);
    vi.spyOn(decoder, 'forward').mockImplementation((ids, more) => {
      fed.push(ids.numel);
      return forward(ids, more);
    });
    await episodes(decoder, { prefixes });
    // Two prompts of at most 12; then per episode the last sampled token and the observation: 1 + 3 and 1 + 5.
    expect(fed).toEqual([24, 12, 12]);
  });

  const sequence = (first: number, length: number) => Array.from({ length }, (_, i) => first * 1000 + i);
  const put = (cache: PrefixCache, tokens: number[]) => {
    using kept = tensor(
      tokens.flatMap((token) => new Array(8).fill(token)),
      [tokens.length, 2, 1, 4],
    );
    using turned = kept.permute([1, 2, 0, 3]);
    cache.put(tokens, (from, count) => turned.narrow(2, from, count));
  };
  const read = (cache: PrefixCache, tokens: number[], count: number): number[] => {
    const pieces = cache.read(tokens, count);
    const values = pieces.flatMap((piece) => {
      using one = piece.select(0, 1);
      using flat = one.contiguous();
      return flat.toArray().filter((_, i) => i % 4 === 0);
    });
    for (const piece of pieces) piece.dispose();
    return values;
  };

  it('finds the longest known beginning and keeps what is common once', () => {
    using cache = new PrefixCache(2 ** 20);
    const common = sequence(1, 20);
    const [a, b] = [
      [...common, ...sequence(2, 10)],
      [...common.slice(0, 15), ...sequence(3, 10)],
    ];
    put(cache, a);
    put(cache, b);
    expect(cache.bytes).toBe(32 * (30 + 10));
    expect(cache.match([...a, 9])).toBe(30);
    expect(cache.match(b.slice(0, 18))).toBe(18);
    expect(cache.match(common)).toBe(20);
    expect(cache.match(common.slice(0, 4))).toBe(0); // too short to be worth it
    expect(cache.match([...b.slice(0, 24), 1, 2, 3])).toBe(24);
    expect(read(cache, b, 25)).toEqual(b);
    expect(read(cache, a, 22)).toEqual(a.slice(0, 22));
    put(cache, b);
    expect(cache.bytes).toBe(32 * 40);
  });

  it('stays within its bytes and drops what was used least recently', () => {
    using cache = new PrefixCache(32 * 50);
    const [a, b, c] = [sequence(1, 20), sequence(2, 20), sequence(3, 20)];
    put(cache, a);
    put(cache, b);
    put(cache, c); // what this call has kept stays
    expect([a, b, c].map((tokens) => cache.match(tokens))).toEqual([20, 20, 0]);
    expect(read(cache, a, 20)).toEqual(a);
    cache.startCall();
    put(cache, c);
    expect([a, b, c].map((tokens) => cache.match(tokens))).toEqual([20, 0, 20]);
    put(cache, sequence(4, 60)); // more than may be held: not kept, and nothing dropped for it
    expect(cache.bytes).toBe(32 * 40);
    cache.startCall();
    const longer = [...c, ...sequence(5, 25)];
    put(cache, longer); // the other must go for it, its own beginning must not
    expect([cache.match(a), cache.match(longer)]).toEqual([0, 45]);
  });

  it('forgets everything when cleared, and can be used on', () => {
    using cache = new PrefixCache(2 ** 20);
    const before = memory().tensors;
    put(cache, sequence(1, 20));
    cache.clear();
    expect([memory().tensors, cache.bytes, cache.match(sequence(1, 20))]).toEqual([before, 0, 0]);
    put(cache, sequence(1, 20));
    expect(cache.match(sequence(1, 20))).toBe(20);
  });

  it('refuses a bound that is no size', () => {
    expect(() => new PrefixCache(Number.NaN)).toThrow(/NaN bytes/);
  });
});
