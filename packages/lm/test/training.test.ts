/** The staged backward pass against autograd on the plain forward. */
import { tensor, tidy } from '@collm/torch';
import { describe, expect, it } from 'vitest';
import { expectNoLeaks } from '../../torch/test/helpers.js';
import {
  BackwardPass,
  Decoder,
  type DecoderConfig,
  decoderConfig,
  responseLogProbs,
  trainingForward,
} from '../src/index.js';
import { expectSame, takeGradients } from './gradients.js';

expectNoLeaks();

const shape = {
  modelType: 'qwen2',
  vocabSize: 300,
  hiddenSize: 32,
  intermediateSize: 48,
  numLayers: 3,
  numHeads: 4,
  numKvHeads: 2,
  maxPositions: 64,
  initializerRange: 0.3,
};
const rows = [
  [3, 8, 8, 250, 9, 1, 0, 0],
  [17, 4, 299, 4, 4, 128, 2, 60],
];
/** Places that predict a response token, one token twice. */
const at = { places: [1, 2, 3, 4, 8, 11, 14], targets: [8, 250, 9, 1, 4, 4, 60] };

interface Variant {
  gradientCheckpointing?: boolean;
  chunk?: number;
  temperature?: number;
}

/** Loss and gradients after two micro-batches, as the trainer gathers them. */
async function staged(decoder: Decoder, { gradientCheckpointing = false, chunk, temperature = 1 }: Variant) {
  let total = 0;
  for (const weight of [1, -0.5]) {
    using pass = new BackwardPass(decoder);
    const loss = tidy(() => {
      const ids = tensor(Int32Array.from(rows.flat()), [2, 8]);
      const hidden = trainingForward(decoder, ids, pass, { gradientCheckpointing });
      const positions = {
        places: tensor(Int32Array.from(at.places)),
        targets: tensor(Int32Array.from(at.targets)),
      };
      const { logProbs, entropy } = responseLogProbs(
        decoder,
        hidden,
        positions,
        temperature,
        pass,
        chunk === undefined ? {} : { chunk },
      );
      // Not linear, as a clipped ratio is not.
      const made = logProbs.mul(0.3).exp().mul(weight).sum();
      total += made.item() + entropy.sum().item();
      return pass.hold(made);
    });
    await pass.backward(loss);
  }
  return { total, gradients: takeGradients(decoder) };
}

function plain(decoder: Decoder, temperature: number) {
  const total = tidy(() => {
    let sum = 0;
    for (const weight of [1, -0.5]) {
      const hidden = decoder.forward(tensor(Int32Array.from(rows.flat()), [2, 8]));
      const positions = {
        places: tensor(Int32Array.from(at.places)),
        targets: tensor(Int32Array.from(at.targets)),
      };
      const { logProbs, entropy } = responseLogProbs(decoder, hidden, positions, temperature);
      const made = logProbs.mul(0.3).exp().mul(weight).sum();
      sum += made.item() + entropy.sum().item();
      made.backward();
    }
    return sum;
  });
  return { total, gradients: takeGradients(decoder) };
}

describe('the staged backward pass', () => {
  const variants: [string, Variant][] = [
    ['whole logits', {}],
    ['chunks of the vocabulary', { chunk: 1000 }],
    ['chunks, a temperature', { chunk: 1000, temperature: 0.7 }],
    ['gradient checkpointing', { gradientCheckpointing: true }],
    ['gradient checkpointing and chunks', { gradientCheckpointing: true, chunk: 1000 }],
  ];
  describe.each([
    ['tied', true],
    ['untied', false],
  ])('%s embeddings', (_, tieEmbeddings) => {
    const config: DecoderConfig = decoderConfig({ ...shape, tieEmbeddings });
    it.each(variants)('gives the gradients of autograd: %s', async (_name, variant) => {
      using decoder = Decoder.random(config, { seed: 1 }).train();
      const theirs = plain(decoder, variant.temperature ?? 1);
      const ours = await staged(decoder, variant);
      expect(Math.abs(ours.total - theirs.total)).toBeLessThan(1e-4 * Math.abs(theirs.total));
      expectSame(ours.gradients, theirs.gradients, 1e-4);
    });
  });

  it('computes bf16 models in chunks as precisely as whole', async () => {
    using decoder = Decoder.random(decoderConfig({ ...shape, tieEmbeddings: true }), {
      seed: 1,
      dtype: 'bf16',
    }).train();
    const theirs = plain(decoder, 1);
    const ours = await staged(decoder, { chunk: 1000 });
    expect(Math.abs(ours.total - theirs.total)).toBeLessThan(0.02 * Math.abs(theirs.total));
    expectSame(ours.gradients, theirs.gradients, 0.05);
  });

  it('leaves frozen weights alone: embedding and head need no gradient', async () => {
    using decoder = Decoder.random(decoderConfig({ ...shape, tieEmbeddings: true }), { seed: 1 }).train();
    decoder.weights.embed.requiresGrad_(false);
    const theirs = plain(decoder, 1);
    for (const variant of [{ chunk: 1000 }, { chunk: 1000, gradientCheckpointing: true }]) {
      const ours = await staged(decoder, variant);
      expect(ours.gradients[0]).toEqual([]);
      expectSame(ours.gradients.slice(1), theirs.gradients.slice(1), 1e-4);
    }
  });

  it('does nothing for what the loss does not depend on', async () => {
    using decoder = Decoder.random(decoderConfig(shape), { seed: 1 }).train();
    using pass = new BackwardPass(decoder);
    const loss = tidy(() => {
      trainingForward(decoder, tensor(Int32Array.from(rows.flat()), [2, 8]), pass);
      return pass.hold(tensor([1]).requiresGrad_().sum());
    });
    await pass.backward(loss);
    expect(takeGradients(decoder).every((gradient) => gradient.length === 0)).toBe(true);
  });
});
