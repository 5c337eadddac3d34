/** Rows of a continuous batch end, fail and are cancelled on their own; what they held is free at once. */
import { memory, noGrad, tensor, tidy } from '@collm/torch';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { expectNoLeaks } from '../../torch/test/helpers.js';
import {
  ContinuousBatch,
  Decoder,
  decoderConfig,
  ModelError,
  PrefixCache,
  type StreamRequest,
} from '../src/index.js';
import { alone, Client, expectAsAlone, key, plain, prompt, runToEnd } from './continuous-client.js';
import { tinyConfig } from './tiny.js';

expectNoLeaks();
afterEach(() => {
  vi.restoreAllMocks();
});

const roomy = { ...tinyConfig, maxPositions: 2048 };
const clients = (count: number, more: Partial<StreamRequest> = {}) =>
  Array.from({ length: count }, (_, i) => new Client({ prompt: prompt(4 + 9 * i, i), key: key(i), ...more }));

describe('cancel', () => {
  it('ends a row that waits, one whose prompt is in the making and one that runs', async () => {
    using decoder = Decoder.random(roomy, { seed: 1 });
    using batch = new ContinuousBatch(decoder, { maxRows: 3, prefillTokens: 64 });
    const [a, b] = clients(2).map((client) => client.join(batch)) as [Client, Client];
    const long = new Client({ prompt: prompt(500, 9) }).join(batch);
    const waiting = new Client({ prompt: prompt(5, 9) }).join(batch);
    batch.step();
    expect([batch.running, batch.waiting]).toEqual([3, 1]);
    waiting.cancel(batch);
    expect([batch.running, batch.waiting]).toEqual([3, 0]);
    long.cancel(batch);
    expect([batch.running, batch.waiting]).toEqual([2, 0]);
    a.cancel(batch);
    expect([batch.running, batch.waiting]).toEqual([1, 0]);
    const fed: number[] = [];
    const embed = decoder.embed.bind(decoder);
    vi.spyOn(decoder, 'embed').mockImplementation((ids) => {
      fed.push(ids.numel);
      return embed(ids);
    });
    batch.step();
    expect(fed).toEqual([1]);
    runToEnd(batch);
    expect([a, long, waiting].map(({ told }) => told.length)).toEqual([1, 0, 0]);
    await expectAsAlone(decoder, b);
    b.cancel(batch); // has ended: nothing happens
    expect(b.finish).toBe('length');
  });

  it('works from within a step, for the row itself and for others', async () => {
    using decoder = Decoder.random(roomy, { seed: 1 });
    using prefixes = new PrefixCache(2 ** 20);
    using batch = new ContinuousBatch(decoder, { maxRows: 8, prefixes });
    const rows: Client[] = clients(5, { maxNewTokens: 10 });
    const third: Client = new Client({
      prompt: prompt(30, 3),
      maxNewTokens: 10,
      onToken: () => {
        if (third.told.length === 4) for (const i of [0, 4]) rows[i]?.cancel(batch);
        if (third.told.length === 6) third.cancel(batch);
      },
    });
    for (const client of [...rows.slice(0, 2), third, ...rows.slice(2)]) client.join(batch);
    runToEnd(batch);
    expect(third.told).toHaveLength(6);
    // Each was told its fourth token in the same step, unless its turn would have come later.
    for (const i of [0, 4]) expect([3, 4]).toContain(rows[i]?.told.length);
    for (const client of [...rows, third]) await expectAsAlone(decoder, client);
  });
});

describe('callbacks', () => {
  it('may end their row, add rows, and throw: that ends their row alone', async () => {
    using decoder = Decoder.random(roomy, { seed: 1 });
    using batch = new ContinuousBatch(decoder, { maxRows: 8 });
    const [plainly] = clients(1) as [Client];
    const added = new Client({ prompt: prompt(20, 7), key: key(9) });
    const wish: Client = new Client({
      prompt: prompt(13, 1),
      onToken: () => (wish.told.length === 3 ? 'stop' : undefined),
    });
    const broken: Client = new Client({
      prompt: prompt(22, 2),
      onToken: () => {
        if (broken.told.length < 2) return;
        added.join(batch);
        throw new Error('broken');
      },
    });
    for (const client of [wish, broken, plainly]) client.join(batch);
    runToEnd(batch);
    expect([wish.told.length, wish.finish]).toEqual([3, 'stop']);
    expect([broken.told.length, broken.finish]).toEqual([2, undefined]);
    expect(broken.error).toEqual(new Error('broken'));
    for (const client of [plainly, added]) await expectAsAlone(decoder, client);
  });

  it('onEnd that throws is told to onError; what that throws comes out of the step when all are served', async () => {
    using decoder = Decoder.random(roomy, { seed: 1 });
    using batch = new ContinuousBatch(decoder, { maxRows: 8 });
    const errors: unknown[] = [];
    const request = new Client({ prompt: prompt(9, 1), maxNewTokens: 1 }).request;
    const onEnd = () => {
      throw new Error('end');
    };
    batch.add({ ...request, onEnd, onError: (error) => errors.push(error) });
    batch.add({
      ...request,
      onEnd,
      onError: () => {
        throw new Error('both');
      },
    });
    const others = clients(3).map((client) => client.join(batch));
    expect(() => batch.step()).toThrow('both');
    expect(errors).toEqual([new Error('end')]);
    expect(others.map(({ told }) => told.length)).toEqual([1, 1, 1]);
    runToEnd(batch);
    for (const client of others) await expectAsAlone(decoder, client);
  });

  it('cannot make a step within a step', () => {
    using decoder = Decoder.random(roomy, { seed: 1 });
    using batch = new ContinuousBatch(decoder, { maxRows: 8 });
    const client = new Client({ onToken: () => void batch.step() }).join(batch);
    batch.step();
    expect(client.error).toBeInstanceOf(ModelError);
    expect(batch.running).toBe(0);
  });
});

describe('failures', () => {
  const untied = { ...roomy, tieEmbeddings: false };

  it('of one row, whose logits are not finite, leave the others and those that come after it alone', async () => {
    using decoder = Decoder.random(untied, { seed: 1 });
    noGrad(() =>
      tidy(() => {
        decoder.weights.embed.narrow(0, 299, 1).fill_(Number.NaN);
        decoder.weights.embed.narrow(0, 298, 1).fill_(Number.POSITIVE_INFINITY);
      }),
    );
    using prefixes = new PrefixCache(2 ** 20);
    using batch = new ContinuousBatch(decoder, { maxRows: 4, prefixes, prefillTokens: 40 });
    const sampling = { ...plain, topK: 200 };
    const healthy: Client[] = [];
    const bad: Client[] = [];
    for (let i = 0; i < 12; i++) {
      const sound = new Client({ prompt: prompt(5 + 3 * i, i), key: key(i), maxNewTokens: 4 + i, sampling });
      const broken = [...prompt(4 + 2 * i, i), 298 + (i % 2), ...prompt(2, i)];
      healthy.push(sound.join(batch));
      bad.push(new Client({ prompt: broken, sampling: { ...plain, greedy: i % 3 === 0 } }).join(batch));
      batch.step();
    }
    runToEnd(batch);
    for (const { error, told } of bad) {
      expect(String(error)).toMatch(/no probabilities for token 0 of this request: its logits hold NaN/);
      expect(error).toBeInstanceOf(ModelError);
      expect(told).toEqual([]);
    }
    // Some may have sampled one of the two tokens themselves.
    for (const client of healthy.filter(({ error }) => error === undefined))
      await expectAsAlone(decoder, client);
    expect(healthy.filter(({ error }) => error === undefined).length).toBeGreaterThan(8);
  });

  it('of a row that decodes leave nothing behind for the row that takes its place', async () => {
    using decoder = Decoder.random(untied, { seed: 1 });
    const stays = new Client({ prompt: prompt(60, 1), key: key(1), maxNewTokens: 30 });
    const comes = new Client({ prompt: prompt(2, 2), key: key(2), maxNewTokens: 10 });
    const used = new Set<number>();
    for (const client of [stays, comes])
      for (const token of [...client.request.prompt, ...(await alone(decoder, client)).tokens])
        used.add(token);
    // A row whose first token the others have nothing to do with: that token makes its next logits NaN.
    const greedy = { sampling: { ...plain, greedy: true } };
    const candidates: [Client, number][] = [];
    for (let i = 0; i < 50; i++) {
      const tokens = prompt(50, i).filter((token) => used.has(token));
      if (tokens.length === 0) continue;
      const client = new Client({ ...greedy, prompt: tokens });
      const [token] = (await alone(decoder, client)).tokens as [number];
      if (!used.has(token)) candidates.push([client, token]);
    }
    const [fails, first] = candidates[0] as [Client, number];
    noGrad(() =>
      tidy(() => {
        decoder.weights.embed.narrow(0, first, 1).fill_(Number.NaN);
      }),
    );
    using batch = new ContinuousBatch(decoder, { maxRows: 2 });
    for (const client of [stays, fails]) client.join(batch);
    while (fails.error === undefined) batch.step();
    expect(fails.tokens).toEqual([first]);
    for (let i = 0; i < 5; i++) batch.step();
    comes.join(batch);
    runToEnd(batch);
    for (const client of [stays, comes]) await expectAsAlone(decoder, client);
  });

  it('of computing prompts end their rows, of decoding all rows, and the batch goes on', async () => {
    using decoder = Decoder.random(roomy, { seed: 1 });
    using batch = new ContinuousBatch(decoder, { maxRows: 8 });
    const [first, second, third] = clients(3).map((client) => client.join(batch)) as [Client, Client, Client];
    batch.step();
    const fails = vi.spyOn(decoder, 'nextLogits');
    const layers = vi.spyOn(decoder, 'norm');
    layers.mockImplementationOnce(() => {
      throw new Error('no memory');
    });
    const late = new Client({ prompt: prompt(40, 4) }).join(batch);
    batch.step();
    expect(late.error).toEqual(new Error('no memory'));
    expect([first, second, third].map(({ told }) => told.length)).toEqual([1, 1, 1]);
    batch.step();
    first.cancel(batch);
    layers.mockImplementationOnce(() => {
      throw new Error('no memory');
    });
    batch.step();
    expect([second, third].map(({ error, told }) => [error, told.length])).toEqual([
      [new Error('no memory'), 2],
      [new Error('no memory'), 2],
    ]);
    expect([batch.running, batch.waiting]).toEqual([0, 0]);
    const next = new Client({ prompt: prompt(40, 4) }).join(batch);
    fails.mockImplementationOnce(() => {
      throw new Error('no logits');
    });
    batch.step();
    expect(next.error).toEqual(new Error('no logits'));
    vi.restoreAllMocks();
    const last = new Client({ prompt: prompt(40, 4) }).join(batch);
    runToEnd(batch);
    await expectAsAlone(decoder, last);
  });

  it.each([
    ['an empty prompt', { prompt: [] }],
    ['a token outside the vocabulary', { prompt: [300] }],
    ['half a token', { prompt: [5.5] }],
    ['no new tokens', { maxNewTokens: 0 }],
    ['more tokens than the context holds', { maxNewTokens: 2048 }],
    ['endless', { maxNewTokens: Number.POSITIVE_INFINITY }],
    ['temperature 0', { sampling: { ...plain, temperature: 0 } }],
    ['no temperature', { sampling: { ...plain, temperature: Number.NaN } }],
    ['top-k 0', { sampling: { ...plain, topK: 0 } }],
    ['top-p 2', { sampling: { ...plain, topP: 2 } }],
    ['21 log-probs', { topLogProbs: 21 }],
    ['half a log-prob', { topLogProbs: 0.5 }],
    ['no seed', { key: { seed: Number.NaN, words: [0, 0, 0] } }],
    ['a negative seed', { key: { seed: -1, words: [0, 0, 0] } }],
    ['a large word', { key: { seed: 1, words: [0, 2 ** 32, 0] } }],
  ] as [string, Partial<StreamRequest>][])('refuses %s at once', (_, more) => {
    using decoder = Decoder.random(roomy, { seed: 1 });
    using batch = new ContinuousBatch(decoder, { maxRows: 8 });
    expect(() => new Client(more).join(batch)).toThrow(ModelError);
    expect(batch.waiting).toBe(0);
  });

  it('refuses options that cannot be, and lengths that "dynamic" rope makes depend on others', () => {
    using decoder = Decoder.random(roomy, { seed: 1 });
    expect(() => new ContinuousBatch(decoder, { maxRows: 0 })).toThrow(/maxRows is 0/);
    expect(() => new ContinuousBatch(decoder, { maxRows: 1, prefillTokens: 0.5 })).toThrow(/prefillTokens/);
    using stretched = Decoder.random(
      decoderConfig({
        modelType: 'llama',
        vocabSize: 300,
        hiddenSize: 32,
        intermediateSize: 48,
        numLayers: 1,
        numHeads: 4,
        numKvHeads: 4,
        maxPositions: 64,
        ropeScaling: { rope_type: 'dynamic', factor: 4 },
      }),
      { seed: 1 },
    );
    using batch = new ContinuousBatch(stretched, { maxRows: 8 });
    expect(() => new Client({ prompt: prompt(60, 1) }).join(batch)).toThrow(/dynamic.*64/s);
    new Client({ prompt: prompt(56, 1) }).join(batch);
    runToEnd(batch);
  });
});

describe('dispose', () => {
  it('frees everything at any time, and tells the rows nothing', () => {
    using decoder = Decoder.random(roomy, { seed: 1 });
    for (let steps = 0; steps < 5; steps++) {
      const before = memory().tensors;
      const batch = new ContinuousBatch(decoder, { maxRows: 4, prefillTokens: 64 });
      const all = [new Client({ prompt: prompt(300, 1) }), ...clients(5)].map((client) => client.join(batch));
      for (let i = 0; i < steps; i++) batch.step();
      batch.dispose();
      batch.dispose();
      if (steps === 0) expect(memory().tensors).toBe(before);
      expect(all.map(({ finish, error }) => finish ?? error)).toEqual(all.map(() => undefined));
      expect(() => batch.step()).toThrow(/disposed/);
      expect(() => new Client().join(batch)).toThrow(/disposed/);
    }
  });

  it('works from within a step', () => {
    using decoder = Decoder.random(roomy, { seed: 1 });
    const batch = new ContinuousBatch(decoder, { maxRows: 4 });
    const all = [new Client({ onToken: () => batch.dispose() }), ...clients(3)];
    for (const client of all) client.join(batch);
    batch.step();
    expect(all.map(({ told }) => told.length)).toEqual([1, 0, 0, 0]);
    expect(() => batch.step()).toThrow(/disposed/);
  });
});

describe('memory', () => {
  it('follows what runs, and a long row does not make the others as long', () => {
    using decoder = Decoder.random(roomy, { seed: 1 });
    using batch = new ContinuousBatch(decoder, { maxRows: 500, prefillTokens: 4096 });
    const short = Array.from({ length: 40 }, (_, i) =>
      new Client({ prompt: prompt(10 + i, i), maxNewTokens: 400 }).join(batch),
    );
    batch.step();
    batch.step();
    expect(batch.layout.lanes).toBe(1);
    expect(batch.layout.tokens).toBeLessThan(2 * 40 * (50 + 64));
    const before = batch.layout.tokens;
    const long = new Client({ prompt: prompt(1500, 1), maxNewTokens: 400 }).join(batch);
    batch.step();
    expect(batch.layout.lanes).toBe(2);
    expect(batch.layout.tokens - before).toBeLessThan(1.5 * 1500 + 64);
    long.cancel(batch);
    expect(batch.layout.lanes).toBe(1);
    for (let i = 0; i < 200; i++) batch.step();
    expect(batch.layout.tokens).toBeLessThan(2 * 40 * 1.5 * 250 + 64);
    for (const client of short.slice(2)) client.cancel(batch);
    expect(batch.layout.tokens).toBeLessThan(4 * 2 * (250 + 64));
    for (const client of short) client.cancel(batch);
    expect(batch.layout).toEqual({ lanes: 0, tokens: 0 });
  });

  it('has few lanes however different the rows are, and lanes become one as their rows come near', () => {
    using decoder = Decoder.random(roomy, { seed: 1 });
    using batch = new ContinuousBatch(decoder, { maxRows: 64, prefillTokens: 4096 });
    for (let i = 0; i < 16; i++) {
      new Client({ prompt: prompt(10 + 80 * i, i), maxNewTokens: 40 }).join(batch);
      batch.step();
      expect(batch.layout.lanes).toBeLessThanOrEqual(6);
    }
    const pair = [150, 10].map((length) => new Client({ prompt: prompt(length, 1), maxNewTokens: 150 }));
    runToEnd(batch);
    for (const client of pair) client.join(batch);
    batch.step();
    expect(batch.layout.lanes).toBe(2);
    for (let i = 0; i < 140; i++) batch.step();
    new Client({ prompt: prompt(150, 2), maxNewTokens: 5 }).join(batch);
    batch.step();
    expect(batch.layout.lanes).toBe(1);
  });
});

describe('log-probs of other tokens', () => {
  it.each([
    ['at the temperature, before cuts', { ...plain, temperature: 0.5, topK: 3, topP: 0.9 }, 0.5],
    ['greedy, at temperature 1', { ...plain, greedy: true }, 1],
  ])('are the largest ones, %s', (_, sampling, temperature) => {
    using decoder = Decoder.random(roomy, { seed: 1 });
    using batch = new ContinuousBatch(decoder, { maxRows: 8 });
    const all = [20, 0, 5].map((topLogProbs, i) =>
      new Client({ prompt: prompt(12 + i, i), key: key(i), sampling, topLogProbs, maxNewTokens: 1 }).join(
        batch,
      ),
    );
    runToEnd(batch);
    expect(all.map(({ told }) => told[0]?.top?.length)).toEqual([20, undefined, 5]);
    for (const { request, told } of all) {
      const [first] = told as [(typeof told)[number]];
      const expected = tidy(() =>
        noGrad(() => {
          const ids = tensor(Int32Array.from(request.prompt), [1, request.prompt.length]);
          const logits = decoder.logits(decoder.forward(ids)).select(1, request.prompt.length - 1);
          return logits.div(temperature).logSoftmax(-1).toArray();
        }),
      );
      const largest = [...expected.entries()].sort((a, b) => b[1] - a[1]);
      for (const [i, { token, logProb }] of (first.top ?? []).entries()) {
        expect(token).toBe(largest[i]?.[0]);
        expect(Math.abs(logProb - (largest[i]?.[1] as number))).toBeLessThan(1e-4);
      }
      expect(Math.abs(first.logProb - (expected[first.token] as number))).toBeLessThan(1e-4);
      const same = first.top?.find(({ token }) => token === first.token);
      expect(same?.logProb ?? first.logProb).toBe(first.logProb);
      if (sampling.greedy && first.top !== undefined) expect(first.top[0]?.token).toBe(first.token);
    }
  });

  it('are as many as there are tokens at most', () => {
    using decoder = Decoder.random({ ...roomy, vocabSize: 7 }, { seed: 1 });
    using batch = new ContinuousBatch(decoder, { maxRows: 8 });
    const client = new Client({ prompt: [5, 2], topLogProbs: 20, maxNewTokens: 1 }).join(batch);
    runToEnd(batch);
    expect(client.told[0]?.top).toHaveLength(7);
  });
});
