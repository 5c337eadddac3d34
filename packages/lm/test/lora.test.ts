/** Low-rank adapters: what they compute, what they leave alone. */
import { memory, noGrad, type Tensor, tensor, tidy } from '@collm/torch';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  Decoder,
  generate,
  KvCache,
  LoraAdapter,
  type LoraOptions,
  mergeAdapter,
  responseLogProbs,
} from '../src/index.js';
import { tinyConfig } from './tiny.js';

let base: Decoder;
let alive = 0;
beforeAll(() => {
  base = Decoder.random(tinyConfig, { seed: 3 });
  logitsOf(base); // makes the rotary tables, which a decoder keeps
});
afterAll(() => base.dispose());
beforeEach(() => {
  alive = memory().tensors;
});
afterEach(() => {
  expect(memory().tensors).toBe(alive);
});

const ids = [5, 17, 3, 42, 260, 8, 23, 11, 9, 31];
const usual: LoraOptions = { rank: 4, alpha: 8, targets: 'all-linear', seed: 1 };
const places: [string, LoraOptions][] = [
  ['all modules', usual],
  ['the middle of a fused projection', { ...usual, targets: ['k_proj', 'up_proj'] }],
  [
    'ends of fused projections, one layer',
    { ...usual, targets: ['q_proj', 'v_proj', 'gate_proj'], layers: [1] },
  ],
  ['unequal ranks', { ...usual, rankPattern: { v_proj: 2, 'layers.1.mlp.up_proj': 7 }, rslora: true }],
  ['modules left out', { ...usual, exclude: ['down_proj', 'model.layers.0.self_attn.o_proj'] }],
];

/** An adapter that changes something. */
function trained(options: LoraOptions, decoder = base): LoraAdapter {
  const adapter = new LoraAdapter(decoder, options);
  let seed = 0;
  noGrad(() => {
    for (const { b } of adapter.modules)
      tidy(() =>
        b.copy_(
          tensor(
            Float32Array.from({ length: b.numel }, () => 0.3 * Math.sin(++seed)),
            b.shape,
          ),
        ),
      );
  });
  return adapter;
}

const logitsOf = (decoder: Decoder): Float32Array =>
  tidy(() =>
    noGrad(() =>
      decoder
        .logits(decoder.forward(tensor(Int32Array.from(ids), [1, ids.length])))
        .to({ dtype: 'f32' })
        .toFloat32Array(),
    ),
  );
const difference = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] as number))));

function lossOf(decoder: Decoder): Tensor {
  const hidden = decoder.forward(tensor(Int32Array.from(ids), [1, ids.length]));
  const T = ids.length - 1;
  const positions = {
    places: tensor(Int32Array.from({ length: T }, (_, t) => t)),
    targets: tensor(Int32Array.from(ids.slice(1))),
  };
  return responseLogProbs(decoder, hidden, positions, 1).logProbs.sum().neg();
}

const bytesOf = (decoder: Decoder) =>
  decoder
    .withAdapter(null)
    .parameters()
    .map((weight) => weight.toBytes());

describe('an adapter', () => {
  it.each(['f32', 'bf16'] as const)('that is new changes nothing, in %s', (dtype) => {
    using decoder = Decoder.random(tinyConfig, { seed: 3, dtype });
    using adapter = new LoraAdapter(decoder, usual);
    expect(logitsOf(decoder.withAdapter(adapter))).toEqual(logitsOf(decoder));
    for (const { a, b, inputs } of adapter.modules) {
      expect(a.dtype).toBe('f32');
      const values = a.toArray();
      expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(inputs));
      expect(Math.max(...values.map(Math.abs))).toBeGreaterThan(0.8 / Math.sqrt(inputs));
      expect(b.toArray().every((value) => value === 0)).toBe(true);
    }
  });

  it('is the same for the same seed and another for another', () => {
    const first = (seed: number) => {
      using adapter = new LoraAdapter(base, { ...usual, seed });
      return adapter.modules[0]?.a.toArray();
    };
    expect(first(1)).toEqual(first(1));
    expect(first(1)).not.toEqual(first(2));
  });

  describe.each(places)('on %s', (_, options) => {
    it('gives the logits of the merged weights', () => {
      using adapter = trained(options);
      const seen = logitsOf(base.withAdapter(adapter));
      expect(difference(seen, logitsOf(base))).toBeGreaterThan(0.05);
      const merged = mergeAdapter(base, adapter);
      const whole = logitsOf(base);
      merged.unmerge();
      expect(difference(seen, whole)).toBeLessThan(1e-5 * Math.max(1, ...whole.map(Math.abs)));
    });

    it('decodes with the cache as in one forward', () => {
      using adapter = trained(options);
      const decoder = base.withAdapter(adapter);
      const whole = logitsOf(decoder);
      using cache = new KvCache(decoder.config, 1, ids.length, 'f32', 'cpu');
      const last = tidy(() =>
        noGrad(() => {
          decoder.forward(tensor(Int32Array.from(ids.slice(0, 4)), [1, 4]), { cache });
          let hidden: Tensor | undefined;
          for (let i = 4; i < ids.length; i++)
            hidden = decoder.step(tensor(Int32Array.of(ids[i] as number)), tensor(Int32Array.of(i)), cache);
          return decoder.logits(hidden as Tensor).toFloat32Array();
        }),
      );
      const expected = whole.subarray(-tinyConfig.vocabSize);
      expect(difference(last, expected)).toBeLessThan(1e-4 * Math.max(1, ...expected.map(Math.abs)));
    });

    it('has the gradient of the merged weights: dA = s Bᵀ dW, dB = s dW Aᵀ', () => {
      using adapter = trained(options);
      const seen = base.withAdapter(adapter).train();
      tidy(() => lossOf(seen).backward());
      for (const weight of base.parameters()) expect(weight.grad).toBeNull();
      using whole = Decoder.random(tinyConfig, { seed: 3 });
      mergeAdapter(whole, adapter).dispose();
      whole.train();
      tidy(() => lossOf(whole).backward());
      tidy(() =>
        noGrad(() => {
          for (const { layer, projection, row, outputs, a, b, scale } of adapter.modules) {
            const dW = whole.weights.layers[layer]?.[projection].grad?.narrow(0, row, outputs) as Tensor;
            for (const [ours, theirs] of [
              [a.grad, b.transpose(0, 1).mm(dW).mul(scale)],
              [b.grad, dW.mm(a.transpose(0, 1)).mul(scale)],
            ] as const) {
              const expected = theirs.toArray();
              const size = Math.hypot(...expected);
              expect(difference((ours as Tensor).toArray(), expected)).toBeLessThan(1e-4 * size + 1e-5);
            }
          }
        }),
      );
      seen.train(false);
      for (const weight of [...adapter.parameters(), ...whole.parameters()]) weight.setGrad(null);
    });
  });

  it('has gradients that finite differences confirm', () => {
    using decoder = Decoder.random(tinyConfig, { seed: 3, dtype: 'f64' });
    using adapter = trained({ ...usual, targets: ['k_proj', 'down_proj'] }, decoder);
    const seen = decoder.withAdapter(adapter).train();
    tidy(() => lossOf(seen).backward());
    for (const { a, b } of [adapter.modules[0], adapter.modules.at(-1)] as { a: Tensor; b: Tensor }[]) {
      for (const weight of [a, b]) {
        const gradient = tidy(() => (weight.grad as Tensor).toArray()[1] as number);
        const at = (change: number) =>
          tidy(() =>
            noGrad(() => {
              const place = weight.detach().view([-1]).narrow(0, 1, 1);
              place.add_(change);
              const loss = lossOf(seen).item();
              place.add_(-change);
              return loss;
            }),
          );
        const h = 2 ** -7;
        expect((at(h) - at(-h)) / (2 * h)).toBeCloseTo(gradient, 2);
      }
    }
    for (const weight of adapter.parameters()) weight.setGrad(null);
  });

  it('does not reach the base or another adapter', async () => {
    const before = bytesOf(base);
    const plain = logitsOf(base);
    using one = trained(usual);
    using two = trained({ ...usual, rank: 2, targets: ['q_proj', 'v_proj'], seed: 7 });
    const [first, second] = [base.withAdapter(one), base.withAdapter(two)];
    const [alone1, alone2] = [logitsOf(first), logitsOf(second)];
    for (let round = 0; round < 2; round++) {
      expect(logitsOf(first)).toEqual(alone1);
      expect(logitsOf(second)).toEqual(alone2);
      expect(logitsOf(first.withAdapter(null))).toEqual(plain);
    }
    const key = { seed: 0, words: [0, 0, 0] as const };
    const options = { greedy: true, temperature: 1, topK: null, topP: 1, maxNewTokens: 6, stopTokens: [] };
    const say = async (decoder: Decoder) =>
      (await generate(decoder, [{ prompt: ids, key }], options))[0]?.tokens;
    const together = await Promise.all([say(first), say(second), say(base)]);
    expect(together).toEqual([await say(first), await say(second), await say(base)]);
    expect(bytesOf(base)).toEqual(before);
  });
});

describe('dropout', () => {
  const options = { ...usual, dropout: 0.4 };
  const update = (adapter: LoraAdapter, step: number, microBatch: number) => {
    adapter.beginMicroBatch(step, microBatch);
    const logits = logitsOf(base.withAdapter(adapter));
    adapter.endUpdate();
    return logits;
  };

  it('is drawn again for the same update and micro-batch, and off outside of updates', () => {
    using adapter = trained(options);
    using same = trained(options);
    using without = trained(usual);
    const drawn = update(adapter, 3, 1);
    expect(update(adapter, 3, 1)).toEqual(drawn);
    expect(update(same, 3, 1)).toEqual(drawn);
    for (const [step, microBatch] of [
      [3, 2],
      [4, 1],
    ] as const)
      expect(update(adapter, step, microBatch)).not.toEqual(drawn);
    expect(logitsOf(base.withAdapter(adapter))).toEqual(logitsOf(base.withAdapter(without)));
  });

  it('zeroes its share of the input and keeps the mean', () => {
    using adapter = trained(options);
    adapter.beginMicroBatch(0, 0);
    const values = tidy(() => {
      const drop = adapter.delta(0).qkv?.drop as (x: Tensor) => Tensor;
      return drop(tensor(new Float32Array(20_000).fill(1), [20, 1000])).toArray();
    });
    const kept = values.filter((value) => value !== 0);
    expect(kept.length / values.length).toBeCloseTo(0.6, 1);
    for (const value of kept) expect(value).toBeCloseTo(1 / 0.6, 5);
  });
});

describe('options that do not fit', () => {
  it.each([
    ['an unknown module', { targets: ['q_proj', 'query'] }, /no linear module query.*Choose from q_proj/],
    ['nothing chosen', { targets: ['lm_head'] }, /chooses none of the model's/],
    ['an absent layer', { layers: [2] }, /layer 2 does not exist; .* 0 to 1/],
    ['rank 0', { rank: 0 }, /rank of 0 does not fit model\.layers\.0/],
    [
      'a rank above the module',
      { rank: 17 },
      /rank of 17 does not fit model\.layers\.0\.self_attn\.k_proj.*1 to 16/,
    ],
    ['alpha 0', { alpha: 0 }, /alpha of 0/],
    ['dropout 1', { dropout: 1 }, /dropout of 1 is out of range/],
    ['no expression', { targets: '(' }, /cannot be used as a regular expression/],
    [
      'an endless expression',
      { targets: '(.*)*(.*)*(.*)*(.*)*!' },
      /cannot be used as a regular expression.*timed out/,
    ],
  ] as [string, Partial<LoraOptions>, RegExp][])('%s', (_, options, message) => {
    expect(() => new LoraAdapter(base, { ...usual, ...options })).toThrow(message);
  });
});
