/** Rows that come and go beside others get what `generate` gives them alone. */
import { noGrad } from '@collm/torch';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { expectNoLeaks } from '../../torch/test/helpers.js';
import {
  ContinuousBatch,
  Decoder,
  type DecoderConfig,
  decoderConfig,
  LoraAdapter,
  PrefixCache,
  type SamplingParameters,
} from '../src/index.js';
import { Client, expectAsAlone, key, plain, prompt, runToEnd } from './continuous-client.js';
import { tinyConfig } from './tiny.js';

expectNoLeaks();

const roomy = { ...tinyConfig, maxPositions: 1024 };
const shape = {
  vocabSize: 300,
  hiddenSize: 32,
  intermediateSize: 48,
  numLayers: 2,
  numHeads: 4,
  numKvHeads: 1,
  maxPositions: 512,
  initializerRange: 0.3,
};
const llama3 = {
  rope_type: 'llama3',
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 64,
} as const;
const yarn = {
  rope_type: 'yarn',
  factor: 4,
  original_max_position_embeddings: 128,
  truncate: true,
} as const;
const families: [string, DecoderConfig][] = [
  ['norms per head', roomy],
  [
    'sliding windows and linear rope',
    decoderConfig({
      ...shape,
      modelType: 'qwen2',
      slidingWindow: 20,
      ropeScaling: { rope_type: 'linear', factor: 2 },
    }),
  ],
  [
    'a window in some layers',
    { ...decoderConfig({ ...shape, modelType: 'mistral', slidingWindow: 9 }), windows: [null, 9] },
  ],
  ['llama3 rope', decoderConfig({ ...shape, modelType: 'llama', numKvHeads: 4, ropeScaling: llama3 })],
  ['yarn rope', decoderConfig({ ...shape, modelType: 'qwen3', numKvHeads: 2, ropeScaling: yarn })],
  [
    'dynamic rope within the trained length',
    decoderConfig({ ...shape, modelType: 'llama', ropeScaling: { rope_type: 'dynamic', factor: 2 } }),
  ],
];

const samplings: SamplingParameters[] = [
  plain,
  { ...plain, greedy: true },
  { ...plain, temperature: 0.7, topK: 20 },
  { ...plain, temperature: 1.3, topP: 0.8 },
];
/** So many that rows end at different times. */
const stopTokens = Array.from({ length: 12 }, (_, i) => i);

const visit = fc.record({
  gap: fc.nat(4),
  length: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 400 })),
  maxNewTokens: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 60 })),
  sampling: fc.nat(samplings.length - 1),
  topLogProbs: fc.nat(3),
  cancelAfter: fc.option(fc.nat(12), { freq: 4 }),
  /** Prompts of a kind begin the same. */
  kind: fc.nat(3),
});
type Visit = typeof visit extends fc.Arbitrary<infer V> ? V : never;

/** Lets them all come, be cancelled and end, with a step between any two. */
function play(batch: ContinuousBatch, visits: readonly Visit[]): Client[] {
  const clients: { client: Client; left: number | null }[] = [];
  const step = () => {
    for (const one of clients) {
      if (one.left === 0) one.client.cancel(batch);
      if (one.left !== null) one.left--;
    }
    batch.step();
  };
  for (const [i, { gap, length, kind, sampling, cancelAfter, ...rest }] of visits.entries()) {
    for (let k = 0; k < gap; k++) step();
    const client = new Client({
      ...rest,
      prompt: prompt(length, kind),
      key: key(i),
      sampling: samplings[sampling] as SamplingParameters,
      stopTokens,
    });
    clients.push({ client: client.join(batch), left: cancelAfter });
  }
  for (let steps = 0; batch.running + batch.waiting > 0; steps++) {
    expect(steps).toBeLessThan(2000);
    step();
  }
  return clients.map(({ client }) => client);
}

describe('a continuous batch', () => {
  const scene = fc.record({
    visits: fc.array(visit, { minLength: 1, maxLength: 10 }),
    maxRows: fc.integer({ min: 1, max: 9 }),
    prefillTokens: fc.constantFrom(1, 7, 64, 512),
    withPrefixes: fc.boolean(),
  });

  async function check(decoder: Decoder, numRuns: number): Promise<void> {
    await fc.assert(
      fc.asyncProperty(scene, async ({ visits, withPrefixes, ...options }) => {
        using prefixes = new PrefixCache(withPrefixes ? 2 ** 17 : 0);
        using batch = new ContinuousBatch(decoder, { ...options, prefixes });
        for (const client of play(batch, visits)) await expectAsAlone(decoder, client);
        expect(batch.layout).toEqual({ lanes: 0, tokens: 0 });
      }),
      { numRuns },
    );
  }

  it.each(families)('gives every row what it gets alone: %s', async (_, config) => {
    using decoder = Decoder.random(config, { seed: 1 });
    await check(decoder, 5);
  });

  it('gives every row what it gets alone: with an adapter', async () => {
    using base = Decoder.random(roomy, { seed: 2 });
    using adapter = new LoraAdapter(base, { rank: 2, alpha: 4, targets: 'all-linear', seed: 4 });
    noGrad(() => {
      for (const weight of adapter.parameters()) weight.add_(0.05);
    });
    await check(base.withAdapter(adapter), 5);
  });

  it('serves so many rows that products with few rows give way to others', async () => {
    using decoder = Decoder.random(roomy, { seed: 1 });
    using batch = new ContinuousBatch(decoder, { maxRows: 100 });
    const clients = Array.from({ length: 70 }, (_, i) =>
      new Client({ prompt: prompt(1 + (i % 30), i), key: key(i), maxNewTokens: 2 + (i % 9) }).join(batch),
    );
    runToEnd(batch);
    for (const client of clients) await expectAsAlone(decoder, client);
  });

  it('agrees to the digits of bf16 in that type', async () => {
    using decoder = Decoder.random(tinyConfig, { seed: 1, dtype: 'bf16' });
    using batch = new ContinuousBatch(decoder, { maxRows: 8 });
    using lone = new ContinuousBatch(decoder, { maxRows: 1 });
    const make = (i: number) => new Client({ prompt: prompt(3 + 7 * i, i), key: key(i), maxNewTokens: 1 });
    const together = Array.from({ length: 6 }, (_, i) => make(i).join(batch));
    runToEnd(batch);
    for (const [i, client] of together.entries()) {
      const single = make(i).join(lone);
      runToEnd(lone);
      if (single.tokens[0] !== client.tokens[0]) continue; // its uniform fell between two roundings
      // bf16 holds 8 bits of a logit
      expect(Math.abs((single.told[0]?.logProb ?? 0) - (client.told[0]?.logProb ?? 1))).toBeLessThan(0.2);
    }
  });
});

describe('prompts', () => {
  /** Tokens that each step has fed. */
  function feeds(decoder: Decoder): number[] {
    const fed: number[] = [];
    const stepWith = decoder.stepWith.bind(decoder);
    vi.spyOn(decoder, 'stepWith').mockImplementation((ids, ...rest) => {
      fed.push(ids.numel);
      return stepWith(ids, ...rest);
    });
    return fed;
  }

  it('are computed once for all rows that have them', () => {
    using decoder = Decoder.random(roomy, { seed: 1 });
    const fed = feeds(decoder);
    for (const length of [20, 200]) {
      using batch = new ContinuousBatch(decoder, { maxRows: 8, prefillTokens: 64 });
      const clients = Array.from({ length: 5 }, (_, i) =>
        new Client({ prompt: prompt(length, 3), key: key(i), maxNewTokens: 2 }).join(batch),
      );
      runToEnd(batch);
      expect(new Set(clients.map(({ tokens }) => tokens.join())).size).toBeGreaterThan(1);
    }
    expect(fed).toEqual([20, 5, 64, 64, 64, 8, 5]);
  });

  it('of which as many rows are made as they have tokens are sampled at their ends', async () => {
    using decoder = Decoder.random(roomy, { seed: 1 });
    using batch = new ContinuousBatch(decoder, { maxRows: 8 });
    const clients = Array.from({ length: 4 }, (_, i) =>
      new Client({ prompt: prompt(4, 3), key: key(i) }).join(batch),
    );
    runToEnd(batch);
    for (const client of clients) await expectAsAlone(decoder, client);
  });

  it('take a bounded part of a step, and rows that run get a token in each', () => {
    using decoder = Decoder.random(roomy, { seed: 1 });
    const fed = feeds(decoder);
    using batch = new ContinuousBatch(decoder, { maxRows: 20, prefillTokens: 64 });
    const running = Array.from({ length: 4 }, (_, i) =>
      new Client({ prompt: prompt(5, i), key: key(i), maxNewTokens: 200 }).join(batch),
    );
    batch.step();
    for (let i = 0; i < 12; i++) new Client({ prompt: prompt(30 + i, i), maxNewTokens: 1 }).join(batch);
    new Client({ prompt: prompt(900, 1), maxNewTokens: 1 }).join(batch);
    for (let steps = 2; batch.running + batch.waiting > 4; steps++) {
      batch.step();
      for (const { tokens } of running) expect(tokens).toHaveLength(steps);
    }
    expect(Math.max(...fed)).toBeLessThanOrEqual(4 + 64);
  });

  it('that are long do not hold up short ones, nor the other way round', () => {
    using decoder = Decoder.random(roomy, { seed: 1 });
    using batch = new ContinuousBatch(decoder, { maxRows: 8, prefillTokens: 64 });
    const long = new Client({ prompt: prompt(900, 1), maxNewTokens: 1 }).join(batch);
    const others = Array.from({ length: 9 }, (_, i) =>
      new Client({ prompt: prompt(500 + i, i) }).join(batch),
    );
    for (let steps = 1; long.finish === undefined; steps++) {
      expect(steps).toBeLessThan(2 + 900 / 32);
      const short = new Client({ prompt: prompt(20, steps), maxNewTokens: 1 }).join(batch);
      batch.step();
      expect(short.finish).toBe('length');
    }
    for (const other of others) other.cancel(batch);
    expect([batch.running, batch.waiting]).toEqual([0, 0]);
  });

  it('that continue a conversation are computed from where they leave it', async () => {
    using decoder = Decoder.random(roomy, { seed: 1 });
    using prefixes = new PrefixCache(2 ** 24);
    using batch = new ContinuousBatch(decoder, { maxRows: 4, prefixes });
    const fed = feeds(decoder);
    const turns: number[][] = [];
    let history = prompt(60, 1);
    for (let turn = 0; turn < 3; turn++) {
      const client = new Client({ prompt: history, key: key(turn), maxNewTokens: 5 }).join(batch);
      runToEnd(batch);
      turns.push(fed.splice(0));
      await expectAsAlone(decoder, client);
      fed.length = 0;
      history = [...history, ...client.tokens, ...prompt(10, turn)];
    }
    // The last token of a response was never fed.
    expect(turns).toEqual([
      [60, 1, 1, 1, 1],
      [11, 1, 1, 1, 1],
      [11, 1, 1, 1, 1],
    ]);
  });
});
