/** Entropy and divergence from a reference: values, gradients, whole and in chunks of the vocabulary. */
import { type DType, noGrad, type Tensor, tensor, tidy } from '@collm/torch';
import { describe, expect, it } from 'vitest';
import { expectClose, expectNoLeaks, numbers } from '../../torch/test/helpers.js';
import {
  BackwardPass,
  Decoder,
  decoderConfig,
  LoraAdapter,
  responseLogProbs,
  trainingForward,
} from '../src/index.js';
import { expectSame, expectSlope, takeGradients } from './gradients.js';

expectNoLeaks();

const config = decoderConfig({
  modelType: 'qwen2',
  vocabSize: 300,
  hiddenSize: 16,
  intermediateSize: 24,
  numLayers: 2,
  numHeads: 2,
  numKvHeads: 2,
  maxPositions: 64,
  initializerRange: 0.4,
  tieEmbeddings: true,
});
const rows = [
  [3, 8, 8, 250, 9, 1, 0, 0],
  [17, 4, 299, 4, 4, 128, 2, 60],
];
const at = { places: [1, 2, 3, 4, 8, 11, 14], targets: [8, 250, 9, 1, 4, 4, 60] };
const N = at.places.length;
/** Numbers that weigh each output of each place in the loss, so that no gradient is lost in a symmetry. */
const weights = { logProbs: numbers(N, 3), entropy: numbers(N, 5), kl: numbers(N, 7) };

interface Asked {
  temperature: number;
  entropyGradient?: boolean;
  reference?: Decoder;
  chunk?: number;
}

interface Made {
  loss: number;
  entropy: number[];
  kl: number[] | undefined;
}

/** A loss of all outputs, and its gradients in the weights that take part. */
async function differentiate(decoder: Decoder, asked: Asked): Promise<Made & { gradients: number[][] }> {
  using pass = new BackwardPass(decoder);
  const { loss, ...made } = tidy(() => {
    const { loss, ...rest } = lossOf(decoder, asked, pass);
    return { loss: pass.hold(loss), ...rest };
  });
  const value = loss.item();
  await pass.backward(loss);
  return { ...made, loss: value, gradients: takeGradients(decoder) };
}

function lossOf(decoder: Decoder, asked: Asked, pass: BackwardPass) {
  const { reference, temperature, entropyGradient = false, chunk = 1e9 } = asked;
  const ids = tensor(Int32Array.from(rows.flat()), [2, 8]);
  const positions = {
    places: tensor(Int32Array.from(at.places)),
    targets: tensor(Int32Array.from(at.targets)),
  };
  const { logProbs, entropy, kl } = responseLogProbs(
    decoder,
    trainingForward(decoder, ids, pass),
    positions,
    temperature,
    pass,
    {
      entropyGradient,
      chunk,
      ...(reference === undefined
        ? {}
        : { reference: { decoder: reference, hidden: noGrad(() => reference.forward(ids)) } }),
    },
  );
  const weighted = (values: Tensor, by: readonly number[]) => values.mul(tensor(by, [N])).sum();
  let loss = weighted(logProbs, weights.logProbs);
  if (entropyGradient) loss = loss.add(weighted(entropy, weights.entropy));
  if (kl !== undefined) loss = loss.add(weighted(kl, weights.kl));
  return { loss, entropy: entropy.toArray(), kl: kl?.toArray() };
}

/** log p of a decoder at the places, [N][V], by hand in doubles. */
function distributions(decoder: Decoder, temperature: number): number[][] {
  return tidy(() =>
    noGrad(() => {
      const hidden = decoder.forward(tensor(Int32Array.from(rows.flat()), [2, 8])).reshape([16, -1]);
      const logits = decoder.logits(hidden).to({ dtype: 'f32' });
      return at.places.map((place) => {
        const row = logits
          .select(0, place)
          .toArray()
          .map((value) => value / temperature);
        const top = Math.max(...row);
        const sum = top + Math.log(row.reduce((total, value) => total + Math.exp(value - top), 0));
        return row.map((value) => value - sum);
      });
    }),
  );
}

const random = (seed: number, dtype: DType = 'f32') => Decoder.random(config, { seed, dtype }).train();
const chunk = 900; // 128 tokens of the vocabulary at a time: three chunks, the last one short

describe('entropy and divergence', () => {
  it.each([
    ['whole', undefined],
    ['in chunks', chunk],
  ])('are those of the full distributions, %s', async (_, size) => {
    using decoder = random(1);
    using reference = random(2).train(false);
    const temperature = 0.7;
    const asked = { temperature, reference, ...(size === undefined ? {} : { chunk: size }) };
    const { entropy, kl } = await differentiate(decoder, asked);
    const [p, q] = [distributions(decoder, temperature), distributions(reference, temperature)];
    const expected = p.map((row, i) =>
      row.reduce((sum, value, v) => sum + Math.exp(value) * (value - (q[i]?.[v] as number)), 0),
    );
    expect(Math.min(...expected)).toBeGreaterThan(0.1);
    expectClose(kl ?? [], expected, 2e-5);
    const entropies = p.map((row) => -row.reduce((sum, value) => sum + Math.exp(value) * value, 0));
    expectClose(entropy, entropies, 2e-5);
  });

  const variants: [string, Omit<Asked, 'reference' | 'chunk'> & { withReference: boolean }][] = [
    ['entropy', { temperature: 1, entropyGradient: true, withReference: false }],
    ['divergence', { temperature: 1, withReference: true }],
    ['both at a temperature', { temperature: 0.7, entropyGradient: true, withReference: true }],
  ];

  it.each(variants)('have gradients in chunks as whole, and as differences say: %s', async (_, variant) => {
    using decoder = random(1);
    using reference = random(2).train(false);
    const asked: Asked = { ...variant, ...(variant.withReference ? { reference } : {}) };
    const whole = await differentiate(decoder, asked);
    const chunked = await differentiate(decoder, { ...asked, chunk });
    expect(chunked.loss).toBeCloseTo(whole.loss, 4);
    expectSame(chunked.gradients, whole.gradients, 1e-4);
    await expectSlope(decoder, whole.gradients, async () => (await differentiate(decoder, asked)).loss, 5e-3);
  });

  it('have gradients in bf16 in chunks as whole', async () => {
    using decoder = random(1, 'bf16');
    using reference = random(2, 'bf16').train(false);
    const asked = { temperature: 0.7, entropyGradient: true, reference };
    const whole = await differentiate(decoder, asked);
    const chunked = await differentiate(decoder, { ...asked, chunk });
    expect(Math.abs(chunked.loss - whole.loss)).toBeLessThan(0.02 * Math.abs(whole.loss) + 0.02);
    expectSame(chunked.gradients, whole.gradients, 0.05);
  });

  it.each([
    ['whole', undefined],
    ['in chunks', chunk],
  ])(
    'of an adapter: 0 without gradient while it changes nothing, and its own afterwards, %s',
    async (_, size) => {
      using base = random(1).train(false);
      using adapter = new LoraAdapter(base, { rank: 2, alpha: 4, targets: 'all-linear', seed: 1 });
      const decoder = base.withAdapter(adapter).train();
      const asked = { temperature: 0.8, reference: base, ...(size === undefined ? {} : { chunk: size }) };
      const plain = await differentiate(decoder, { temperature: 0.8 });
      const same = await differentiate(decoder, asked);
      expect(same.kl).toEqual(new Array(N).fill(0));
      expectSame(same.gradients, plain.gradients, 1e-5);
      noGrad(() => {
        for (const { b } of adapter.modules) b.fill_(0.1);
      });
      const apart = await differentiate(decoder, asked);
      expect(Math.min(...(apart.kl ?? []))).toBeGreaterThan(0);
      expectSame(apart.gradients, (await differentiate(decoder, { ...asked, chunk: 1e9 })).gradients, 1e-4);
      expect(base.parameters().every(({ grad }) => grad === null)).toBe(true);
    },
  );
});
