/** What a row gets does not depend on what is computed beside it; rows end, fail and are aborted on their own. */
import { memory, noGrad } from '@collm/torch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  Decoder,
  decoderConfig,
  type Generation,
  type GenerationOptions,
  generate,
  ModelError,
  Tokenizer,
} from '../src/index.js';
import { tinyConfig, writeTinyModel } from './tiny.js';

/** So many that rows end at different times. */
const stopTokens = Array.from({ length: 30 }, (_, i) => i);
const plain = { greedy: false, temperature: 1, topK: null, topP: 1, maxNewTokens: 12, stopTokens };
const key = (sample: number) => ({ seed: 7, words: [0, 0, sample] as const });
const prompt = (length: number, from: number) =>
  Array.from({ length }, (_, i) => 5 + ((from + 11 * i) % 250));

let alive = 0;
beforeEach(() => {
  alive = memory().tensors;
});
afterEach(() => {
  expect(memory().tensors).toBe(alive);
});

/** The stated tolerance: 1e-4 in f32. */
function expectClose(made: readonly Generation[], expected: readonly Generation[]): void {
  expect(made.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
  for (const [i, { logProbs }] of expected.entries()) {
    for (const [k, value] of logProbs.entries())
      expect(Math.abs((made[i]?.logProbs[k] as number) - value)).toBeLessThan(1e-4);
  }
}

describe('batches', () => {
  const lengths = [1, 40, 3, 3, 17, 2, 33, 8, 40, 1];
  const requests = lengths.flatMap((length, i) =>
    // Some prompts have several samples, and two requests far from each other have one prompt.
    Array.from({ length: 1 + (i % 3) }, (_, sample) => ({
      prompt: prompt(length, length),
      key: key(10 * i + sample),
    })),
  );
  const sampling: [string, Partial<GenerationOptions>][] = [
    ['sampling', {}],
    ['limits', { topK: 40, topP: 0.9, temperature: 1.3 }],
    ['greedy', { greedy: true }],
  ];

  it.each(sampling)(
    'gives each row what it gets alone: rows of very different lengths, %s',
    async (_, more) => {
      using decoder = Decoder.random(tinyConfig, { seed: 1 });
      const together = await generate(decoder, requests, { ...plain, ...more });
      const alone: Generation[] = [];
      for (const request of requests)
        alone.push(...(await generate(decoder, [request], { ...plain, ...more })));
      expectClose(together, alone);
      expect(new Set(together.map(({ tokens }) => tokens.length)).size).toBeGreaterThan(1);
    },
  );

  it('agrees to the digits of bf16 in that type', async () => {
    using decoder = Decoder.random(tinyConfig, { seed: 1, dtype: 'bf16' });
    const together = await generate(decoder, requests, { ...plain, greedy: true });
    for (const [i, request] of requests.entries()) {
      const [alone] = await generate(decoder, [request], { ...plain, greedy: true });
      const [a, b] = [alone?.logProbs[0] as number, together[i]?.logProbs[0] as number];
      expect(Math.abs(a - b)).toBeLessThan(0.2); // bf16 holds 8 bits of a logit
    }
  });

  it('does not depend on the order of the requests, bitwise', async () => {
    using decoder = Decoder.random(tinyConfig, { seed: 1 });
    const made = await generate(decoder, requests, plain);
    const reversed = await generate(decoder, [...requests].reverse(), plain);
    expect(reversed.reverse()).toEqual(made);
  });

  it.each([1, 7, 40, 100])('computes prompts in chunks of at most %i tokens', async (prefillTokens) => {
    using decoder = Decoder.random(tinyConfig, { seed: 1 });
    const whole = await generate(decoder, requests, plain);
    const fed: number[] = [];
    const forward = decoder.forward.bind(decoder);
    vi.spyOn(decoder, 'forward').mockImplementation((ids, options) => {
      fed.push(ids.numel);
      return forward(ids, options);
    });
    expectClose(await generate(decoder, requests, { ...plain, prefillTokens }), whole);
    expect(Math.max(...fed)).toBeLessThanOrEqual(prefillTokens);
  });

  it('puts prompts of very different lengths into chunks of their own', async () => {
    using decoder = Decoder.random({ ...tinyConfig, maxPositions: 2048 }, { seed: 1 });
    const forward = vi.spyOn(decoder, 'forward');
    const mixed = [900, 5, 6, 880].map((length, i) => ({ prompt: prompt(length, i), key: key(i) }));
    await generate(decoder, mixed, { ...plain, maxNewTokens: 1 });
    expect(forward.mock.calls.map(([ids]) => ids.shape)).toEqual([
      [2, 6],
      [2, 900],
    ]);
  });

  it('tells every token as it is sampled', async () => {
    using decoder = Decoder.random(tinyConfig, { seed: 1 });
    const told = requests.map(() => ({ tokens: [] as number[], logProbs: [] as number[] }));
    const made = await generate(decoder, requests, {
      ...plain,
      onToken: (request, token, logProb) => {
        told[request]?.tokens.push(token);
        told[request]?.logProbs.push(logProb);
      },
    });
    expect(told).toEqual(made.map(({ tokens, logProbs }) => ({ tokens, logProbs: [...logProbs] })));
  });

  it('computes a prompt once for all its samples', async () => {
    using decoder = Decoder.random(tinyConfig, { seed: 1 });
    const forward = vi.spyOn(decoder, 'forward');
    const group = Array.from({ length: 8 }, (_, i) => ({ prompt: prompt(20, 3), key: key(i) }));
    const made = await generate(decoder, group, plain);
    expect(forward.mock.calls.map(([ids]) => ids.numel)).toEqual([20]);
    expect(new Set(made.map(({ tokens }) => tokens.join())).size).toBe(8);
  });

  it('lets rows that end leave the batch', async () => {
    using decoder = Decoder.random(tinyConfig, { seed: 1 });
    const group = Array.from({ length: 30 }, (_, i) => ({ prompt: prompt(5, 3), key: key(i) }));
    const rows: number[] = [];
    const step = decoder.step.bind(decoder);
    vi.spyOn(decoder, 'step').mockImplementation((ids, ...rest) => {
      rows.push(ids.numel);
      return step(ids, ...rest);
    });
    const made = await generate(decoder, group, plain);
    const running = rows.map((_, k) => made.filter(({ tokens }) => tokens.length > k + 1).length);
    expect(rows).toEqual(running);
  });

  it('works with every kind of rope and window in one model', async () => {
    const config = decoderConfig({
      modelType: 'qwen2',
      vocabSize: 300,
      hiddenSize: 32,
      intermediateSize: 48,
      numLayers: 3,
      numHeads: 4,
      numKvHeads: 1,
      maxPositions: 64,
      slidingWindow: 6,
      initializerRange: 0.3,
      ropeScaling: { rope_type: 'linear', factor: 2 },
    });
    using decoder = Decoder.random(config, { seed: 5 });
    const together = await generate(decoder, requests, { ...plain, prefillTokens: 50 });
    for (const [i, request] of requests.entries())
      expectClose([together[i] as Generation], await generate(decoder, [request], plain));
  });
});

describe('endings', () => {
  const { dir, remove } = writeTinyModel();
  const tokenizer = Tokenizer.load(dir);
  remove();

  it('ends at a stop string that spans tokens, keeps its tokens, and gives the text before it', async () => {
    using decoder = Decoder.random(tinyConfig, { seed: 1 });
    const requests = Array.from({ length: 60 }, (_, i) => ({ prompt: [5, 6, 7], key: key(i) }));
    const free = await generate(decoder, requests, { ...plain, stopTokens: [] });
    // A pair of printable characters that two tokens bring, not at the start.
    const pairs = free.flatMap(({ tokens }, row) =>
      tokens.slice(1).flatMap((token, k) => {
        const text = [tokens[k] as number, token].map((id) => tokenizer.decode([id]));
        return k > 0 && text.every((one) => /^[!-~]$/.test(one))
          ? [{ row, k: k + 1, text: text.join('') }]
          : [];
      }),
    );
    const pair = pairs[0] as (typeof pairs)[number];
    const stop = { tokenizer, strings: ['never', pair.text] };
    const made = await generate(decoder, requests, { ...plain, stopTokens: [], stop });
    const { tokens, finish, text } = made[pair.row] as Generation;
    expect(finish).toBe('stop');
    expect(tokens).toEqual(free[pair.row]?.tokens.slice(0, pair.k + 1));
    expect(text).toBe(tokenizer.decode(tokens).slice(0, -pair.text.length));
    for (const [i, row] of made.entries()) {
      if (row.finish === 'stop') continue;
      expect(row.tokens).toEqual(free[i]?.tokens);
      expect(row.text).toBe(tokenizer.decode(row.tokens));
    }
    expect(free[0]).not.toHaveProperty('text');
  });

  it('stops between steps when aborted, and frees what it held', async () => {
    using decoder = Decoder.random(tinyConfig, { seed: 1 });
    const requests = [3, 30, 9].map((length, i) => ({ prompt: prompt(length, i), key: key(i) }));
    const controller = new AbortController();
    let steps = 0;
    const onStep = () => {
      if (++steps === 3) controller.abort(new Error('enough'));
    };
    const run = generate(decoder, requests, { ...plain, stopTokens: [], onStep, signal: controller.signal });
    await expect(run).rejects.toThrow('enough');
    expect(steps).toBe(3);
    await expect(generate(decoder, requests, { ...plain, signal: controller.signal })).rejects.toThrow(
      'enough',
    );
    // During the prompts, too.
    const early = new AbortController();
    setImmediate(() => early.abort(new Error('early')));
    const chunks = vi.spyOn(decoder, 'forward');
    await expect(
      generate(decoder, requests, { ...plain, prefillTokens: 1, signal: early.signal }),
    ).rejects.toThrow('early');
    expect(chunks.mock.calls.length).toBeLessThan(42);
  });

  it('says so when the logits are not finite, and frees what it held', async () => {
    using decoder = Decoder.random(tinyConfig, { seed: 1 });
    const requests = [3, 9].map((length, i) => ({ prompt: prompt(length, i), key: key(i) }));
    noGrad(() => decoder.weights.norm.fill_(Number.NaN));
    for (const more of [{}, { greedy: true }, { topP: 0.9 }]) {
      const run = generate(decoder, requests, { ...plain, ...more });
      await expect(run).rejects.toThrow(/token 0 of request 0: its logits hold NaN or infinity.*diverged/s);
      await expect(run).rejects.toThrow(ModelError);
    }
  });

  it('refuses counts that cannot be', async () => {
    using decoder = Decoder.random(tinyConfig, { seed: 1 });
    const run = (more: Partial<GenerationOptions>) =>
      generate(decoder, [{ prompt: [5], key: key(0) }], { ...plain, ...more });
    await expect(run({ maxNewTokens: 0 })).rejects.toThrow(/max_new_tokens is 0/);
    await expect(run({ prefillTokens: 0.5 })).rejects.toThrow(/prefillTokens is 0.5/);
    await expect(run({ temperature: 0 })).rejects.toThrow(/greedy/);
    await expect(run({ stop: { tokenizer, strings: [''] } })).rejects.toThrow(/stop string is empty/);
  });
});
