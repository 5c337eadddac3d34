/** The loss of responses of a small model: its gradient against differences, its split, its padding. */
import { BackwardPass, Decoder, decoderConfig, LoraAdapter } from '@collm/lm';
import { tidy } from '@collm/torch';
import { describe, expect, it } from 'vitest';
import { expectSlope, takeGradients } from '../../../lm/test/gradients.js';
import { expectNoLeaks } from '../../../torch/test/helpers.js';
import { fixedSamples, policyGradient } from '../../test/policy.js';
import type { PolicySample, PolicyUpdate } from '../messages.js';
import { policyShare } from './policy-batch.js';
import { minibatchSize } from './policy-loss.js';
import { planResponses, readLogProbs } from './response-batch.js';

expectNoLeaks();

const config = decoderConfig({
  modelType: 'qwen3',
  vocabSize: 261,
  hiddenSize: 16,
  intermediateSize: 24,
  numLayers: 2,
  numHeads: 2,
  numKvHeads: 1,
  headDim: 8,
  maxPositions: 64,
  tieEmbeddings: true,
  initializerRange: 0.3,
});

/** The helpers are typed by the sources of lm, this file by its build; they are the same when it runs. */
const asSource = (decoder: Decoder) => decoder as unknown as Parameters<typeof takeGradients>[0];

/** What the minibatch's micro-batches give together; the gradients by weight. */
async function gradient(
  decoder: Decoder,
  reference: Decoder,
  samples: readonly PolicySample[],
  settings: PolicyUpdate,
  tokensPerMicroBatch = 4096,
) {
  const minibatch = { samples, size: minibatchSize(samples), settings };
  const exact = settings.kl?.estimator === 'exact' ? reference : null;
  const sums: Record<string, number> = {};
  let loss = 0;
  for (const group of planResponses(samples, tokensPerMicroBatch)) {
    using pass = new BackwardPass(decoder);
    const made = tidy(() => {
      const share = policyShare(decoder, exact, group, minibatch, pass, {});
      for (const [name, sum] of Object.entries(share.sums)) sums[name] = (sums[name] ?? 0) + sum.item();
      return pass.hold(share.loss);
    });
    loss += made.item();
    await pass.backward(made);
  }
  const gradients = takeGradients(asSource(decoder));
  const norm = Math.sqrt(gradients.flat().reduce((sum, value) => sum + value ** 2, 0));
  return { loss, sums, gradients, norm };
}

/** Samples whose old, behaviour and reference log-probs lie around those of the decoder, ratios on both sides. */
async function samplesFor(
  decoder: Decoder,
  reference: Decoder,
  temperature: number,
): Promise<PolicySample[]> {
  const [now, then] = [
    await readLogProbs(decoder, fixedSamples, temperature, 4096),
    await readLogProbs(reference, fixedSamples, temperature, 4096),
  ];
  return fixedSamples.map((sample, i) => {
    const own = now[i] as Float32Array;
    const oldLogProbs = own.map((value, k) => value + 0.13 * ((k % 5) - 2));
    return {
      ...sample,
      oldLogProbs,
      behaviourLogProbs: oldLogProbs.map((value, k) => value + 0.2 * (k % 3)),
      referenceLogProbs: then[i] as Float32Array,
      weight: [1, 0.5, 0.25][i] as number,
    };
  });
}

const variants: [string, Partial<PolicyUpdate>][] = [
  ['pg, tokenMean', {}],
  ['pg, seqMean at a temperature', { aggregation: 'seqMean', temperature: 0.7 }],
  ['pg, seqSum, tokens corrected', { aggregation: 'seqSum', isCorrection: 'token' }],
  ['ppo by token, responses corrected', { loss: 'ppo', isCorrection: 'sequence' }],
  ['ppo by sequence', { loss: 'ppo', ratioLevel: 'sequence', clipEps: 0.5 }],
  ['ppo by sequenceMean, corrected', { loss: 'ppo', ratioLevel: 'sequenceMean', isCorrection: 'sequence' }],
  ['k3', { kl: { estimator: 'k3', coef: 0.5 } }],
  ['exact KL', { kl: { estimator: 'exact', coef: 0.5 }, temperature: 0.7 }],
  ['entropy', { entropyCoef: 0.3 }],
  ['ppo, exact KL and entropy', { loss: 'ppo', kl: { estimator: 'exact', coef: 0.5 }, entropyCoef: 0.3 }],
];

describe('a micro-batch of responses', () => {
  it.each(variants)('has the gradient that differences give: %s', async (_, over) => {
    const settings = { ...policyGradient, ...over };
    using decoder = Decoder.random(config, { seed: 1 }).train();
    using reference = Decoder.random(config, { seed: 2 });
    const samples = await samplesFor(decoder, reference, settings.temperature);
    const loss = () => gradient(decoder, reference, samples, settings);
    await expectSlope(asSource(decoder), (await loss()).gradients, async () => (await loss()).loss, 0.01);
  });

  it.each(variants)('gives the same in any split, whatever it is padded with: %s', async (_, over) => {
    const settings = { ...policyGradient, ...over };
    using decoder = Decoder.random(config, { seed: 1 }).train();
    using reference = Decoder.random(config, { seed: 2 });
    const samples = await samplesFor(decoder, reference, settings.temperature);
    const whole = await gradient(decoder, reference, samples, settings);
    for (const tokensPerMicroBatch of [1, 30]) {
      const split = await gradient(decoder, reference, samples, settings, tokensPerMicroBatch);
      expect(split.loss).toBeCloseTo(whole.loss, 5);
      for (const [name, sum] of Object.entries(whole.sums)) expect(split.sums[name]).toBeCloseTo(sum, 3);
      const expected = whole.gradients.flat();
      const apart = split.gradients.flat().map((value, i) => Math.abs(value - (expected[i] as number)));
      // Sums in f32 in another order, of gradients that may be well above 1.
      const largest = Math.max(1, ...expected.map(Math.abs));
      expect(Math.max(...apart)).toBeLessThan(1e-5 * largest);
    }
  });

  it('of a policy that is its reference has no divergence and no gradient of it', async () => {
    using base = Decoder.random(config, { seed: 1 });
    using adapter = new LoraAdapter(base, { rank: 2, alpha: 4, targets: 'all-linear', seed: 1 });
    const decoder = base.withAdapter(adapter).train();
    const samples = (await samplesFor(decoder, base, 1)).map((sample) => ({ ...sample, advantage: 0 }));
    for (const estimator of ['k3', 'exact'] as const) {
      const settings = { ...policyGradient, kl: { estimator, coef: 1 } };
      const { loss, norm } = await gradient(decoder, base, samples, settings);
      expect(loss).toBe(0);
      expect(norm).toBeLessThan(1e-6);
    }
  });
});
