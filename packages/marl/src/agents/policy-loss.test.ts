/** The policy loss on numbers, without a model: against loops over tokens, and against differences. */
import { type Tensor, tensor, tidy } from '@collm/torch';
import { describe, expect, it } from 'vitest';
import { checkGradients, expectNoLeaks } from '../../../torch/test/helpers.js';
import { policyGradient } from '../../test/policy.js';
import type { PolicySample, PolicyUpdate } from '../messages.js';
import { type MinibatchSize, minibatchSize, type PolicyTokens, policyLoss } from './policy-loss.js';

expectNoLeaks();

/** One response in plain numbers. */
interface Given {
  logp: number[];
  old: number[];
  behaviour: number[];
  reference: number[];
  entropy: number[];
  kl: number[];
  advantage: number | number[];
  weight: number;
}

/** Ratios below, inside and above the clip range, advantages of both signs, a response of one token. */
const given: Given[] = [
  {
    logp: [-1.2, -0.3, -2.5],
    old: [-1.6, -0.35, -1.9],
    behaviour: [-1.1, -0.1, -1.4],
    reference: [-1.0, -0.9, -2.0],
    entropy: [1.1, 0.4, 2.2],
    kl: [0.3, 0.1, 0.7],
    advantage: 1.5,
    weight: 1,
  },
  {
    logp: [-0.7],
    old: [-1.1],
    behaviour: [-2.4],
    reference: [-0.2],
    entropy: [0.9],
    kl: [0.2],
    advantage: -0.8,
    weight: 0.25,
  },
  {
    logp: [-3.1, -0.05],
    old: [-2.2, -0.3],
    behaviour: [-1.5, -0.25],
    reference: [-2.9, -0.4],
    entropy: [1.7, 0.2],
    kl: [0.05, 0.6],
    advantage: 0.6,
    weight: 0.5,
  },
];

const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);
const sizeOf = (samples: Given[]): MinibatchSize => ({
  tokens: total(samples.map(({ logp }) => logp.length)),
  weight: total(samples.map(({ weight }) => weight)),
  tokenWeight: total(samples.map(({ logp, weight }) => weight * logp.length)),
});

function tensorsOf(samples: Given[], dtype: 'f32' | 'f64' = 'f64'): PolicyTokens {
  const flat = (pick: (sample: Given, row: number) => number[]) => {
    const values = samples.flatMap(pick);
    return tensor(values, [values.length], { dtype });
  };
  const spread = ({ advantage, logp }: Given) =>
    typeof advantage === 'number' ? logp.map(() => advantage) : advantage;
  const whole = samples.every(({ advantage }) => typeof advantage === 'number');
  return {
    logProbs: flat(({ logp }) => logp),
    oldLogProbs: flat(({ old }) => old),
    behaviourLogProbs: flat(({ behaviour }) => behaviour),
    referenceLogProbs: flat(({ reference }) => reference),
    entropy: flat(({ entropy }) => entropy),
    kl: flat(({ kl }) => kl),
    advantages: flat(spread),
    rowAdvantages: whole ? flat(({ advantage }) => [advantage as number]) : null,
    rows: tensor(Int32Array.from(samples.flatMap(({ logp }, row) => logp.map(() => row)))),
    lengths: flat(({ logp }) => [logp.length]),
    weights: flat(({ weight }) => [weight]),
  };
}

/** The loss as the specification words it, token by token. */
function byHand(samples: Given[], settings: PolicyUpdate): number {
  const size = sizeOf(samples);
  const { clipEps: eps, isCap, isCorrection } = settings;
  const clippedTerm = (ratio: number, advantage: number) =>
    -Math.min(ratio * advantage, Math.min(Math.max(ratio, 1 - eps), 1 + eps) * advantage);
  const differences = (a: number[], b: number[]) => a.map((value, k) => value - (b[k] as number));
  let loss = 0;
  for (const sample of samples) {
    const { logp, old, behaviour, reference, weight, advantage } = sample;
    const drift = differences(logp, old);
    const off = differences(old, behaviour);
    const forResponse = isCorrection === 'sequence' ? Math.min(Math.exp(total(off)), isCap) : 1;
    if (settings.loss === 'ppo' && settings.ratioLevel !== 'token') {
      const mean = settings.ratioLevel === 'sequenceMean' ? logp.length : 1;
      const term = clippedTerm(Math.exp(total(drift) / mean), advantage as number);
      loss += (weight * forResponse * term) / size.weight;
    } else {
      for (const [k, value] of logp.entries()) {
        const own = typeof advantage === 'number' ? advantage : (advantage[k] as number);
        const term = settings.loss === 'pg' ? -own * value : clippedTerm(Math.exp(drift[k] as number), own);
        const forToken = isCorrection === 'token' ? Math.min(Math.exp(off[k] as number), isCap) : 1;
        const share = {
          tokenMean: weight / size.tokenWeight,
          seqMean: weight / logp.length / size.weight,
          seqSum: weight / size.weight,
        }[settings.aggregation];
        loss += forResponse * forToken * term * share;
      }
    }
    for (const k of logp.keys()) {
      const d = (reference[k] as number) - (logp[k] as number);
      const divergence =
        settings.kl === null
          ? 0
          : settings.kl.estimator === 'k3'
            ? Math.exp(d) - d - 1
            : (sample.kl[k] as number);
      const extra =
        (settings.kl?.coef ?? 0) * divergence - settings.entropyCoef * (sample.entropy[k] as number);
      loss += (weight * extra) / size.tokenWeight;
    }
  }
  return loss;
}

const variants: [string, Partial<PolicyUpdate>][] = [];
for (const aggregation of ['tokenMean', 'seqMean', 'seqSum'] as const) {
  variants.push([`pg, ${aggregation}`, { aggregation }]);
  variants.push([`ppo by token, ${aggregation}`, { loss: 'ppo', aggregation }]);
  variants.push([`pg, ${aggregation}, tokens corrected`, { aggregation, isCorrection: 'token' }]);
}
for (const ratioLevel of ['sequence', 'sequenceMean'] as const) {
  variants.push([`ppo by ${ratioLevel}`, { loss: 'ppo', ratioLevel }]);
  variants.push([`ppo by ${ratioLevel}, corrected`, { loss: 'ppo', ratioLevel, isCorrection: 'sequence' }]);
}
variants.push(
  ['ppo by token, responses corrected', { loss: 'ppo', isCorrection: 'sequence', isCap: 1.1 }],
  ['ppo by token, tokens corrected', { loss: 'ppo', isCorrection: 'token', isCap: 1.1 }],
  ['pg with k3', { kl: { estimator: 'k3', coef: 0.3 } }],
  ['pg with an exact KL', { kl: { estimator: 'exact', coef: 0.3 } }],
  [
    'ppo by sequence with k3 and entropy',
    { loss: 'ppo', ratioLevel: 'sequence', kl: { estimator: 'k3', coef: 0.3 }, entropyCoef: 0.1 },
  ],
);

describe('policyLoss', () => {
  it.each(variants)('is what the specification says: %s', (_, over) => {
    tidy(() => {
      const settings = { ...policyGradient, ...over };
      const { loss } = policyLoss(tensorsOf(given), sizeOf(given), settings);
      expect(loss.item()).toBeCloseTo(byHand(given, settings), 10);
    });
  });

  it.each(variants)('has the gradient that differences give: %s', (_, over) => {
    const settings = { ...policyGradient, ...over };
    // The check's numbers are added to the outputs of a model, so the kinks of the clip are at random places.
    const lossAt = (...by: Tensor[]) => {
      const { logProbs, entropy, kl, ...rest } = tensorsOf(given);
      const moved = [logProbs, entropy, kl as Tensor].map((base, i) => base.add((by[i] as Tensor).mul(0.1)));
      const outputs = { logProbs: moved[0] as Tensor, entropy: moved[1] as Tensor, kl: moved[2] as Tensor };
      const { loss } = policyLoss({ ...rest, ...outputs }, sizeOf(given), settings);
      // Gives a gradient, of 0, also to what takes no part.
      return moved.reduce((sum, output) => sum.add(output.sum().mul(0)), loss);
    };
    // The helper is typed by the sources of torch, this file by its build; they are the same when it runs.
    checkGradients(lossAt as unknown as Parameters<typeof checkGradients>[0], [6], [6], [6]);
  });

  it.each(variants)('adds up over micro-batches: %s', (_, over) => {
    tidy(() => {
      const settings = { ...policyGradient, ...over };
      const whole = policyLoss(tensorsOf(given), sizeOf(given), settings);
      const parts = [given.slice(0, 1), given.slice(1)].map((part) =>
        policyLoss(tensorsOf(part), sizeOf(given), settings),
      );
      expect(total(parts.map(({ loss }) => loss.item()))).toBeCloseTo(whole.loss.item(), 10);
      for (const [name, sum] of Object.entries(whole.sums))
        expect(total(parts.map(({ sums }) => (sums[name] as Tensor).item()))).toBeCloseTo(sum.item(), 10);
    });
  });

  it('counts a sample of weight 2 as the sample twice', () => {
    tidy(() => {
      const [a, b] = [given[0] as Given, given[2] as Given];
      const twice = [a, a, b].map((one) => ({ ...one, weight: 0.7 }));
      const heavy = [
        { ...a, weight: 1.4 },
        { ...b, weight: 0.7 },
      ];
      for (const [, over] of variants) {
        const settings = { ...policyGradient, ...over };
        const of = (samples: Given[]) =>
          policyLoss(tensorsOf(samples), sizeOf(samples), settings).loss.item();
        expect(of(heavy)).toBeCloseTo(of(twice), 10);
      }
    });
  });

  it('weighs against the mean over more than the minibatch when that is given', () => {
    const samples = [
      { tokens: [1, 2, 3], weight: 1 },
      { tokens: [4], weight: 0.25 },
      { tokens: [], weight: 0.5 },
    ] as unknown as PolicySample[];
    expect(minibatchSize(samples)).toEqual({ tokens: 4, weight: 1.75, tokenWeight: 3.25 });
    // Means over a step of which this is a heavy part.
    expect(minibatchSize(samples, { sample: 0.4, token: 0.5 })).toEqual({
      tokens: 4,
      weight: 3 * 0.4,
      tokenWeight: 4 * 0.5,
    });
  });

  it('takes an advantage per token, and refuses it where the ratio is one per response', () => {
    tidy(() => {
      const own = given.map((one) => ({ ...one, advantage: one.logp.map((value) => value + 1) }));
      for (const over of [{}, { loss: 'ppo' }, { aggregation: 'seqMean' }] as const) {
        const settings = { ...policyGradient, ...over };
        const { loss } = policyLoss(tensorsOf(own), sizeOf(own), settings);
        expect(loss.item()).toBeCloseTo(byHand(own, settings), 10);
      }
      const settings = { ...policyGradient, loss: 'ppo', ratioLevel: 'sequence' } as const;
      expect(() => policyLoss(tensorsOf(own), sizeOf(own), settings)).toThrow(/Set ratio_level to token/);
      expect(() =>
        policyLoss(tensorsOf(given), sizeOf(given), { ...settings, isCorrection: 'token' }),
      ).toThrow(/Set is_correction to sequence or off/);
    });
  });

  it('carries gradient at ratio 1, also for responses of one token', () => {
    const one: Given[] = [{ ...(given[1] as Given), logp: [-1.1], weight: 1 }];
    for (const ratioLevel of ['token', 'sequence', 'sequenceMean'] as const) {
      tidy(() => {
        const logProbs = tensor([-1.1], [1], { dtype: 'f64' }).requiresGrad_();
        const settings: PolicyUpdate = { ...policyGradient, loss: 'ppo', ratioLevel };
        const { loss, sums } = policyLoss({ ...tensorsOf(one), logProbs }, sizeOf(one), settings);
        loss.backward();
        expect(loss.item()).toBeCloseTo(0.8, 12);
        expect(logProbs.grad?.item()).toBeCloseTo(0.8, 12); // -A, the policy gradient
        expect(sums.clip_fraction?.item()).toBe(0);
      });
    }
  });

  it('stays finite where ratios are astronomic, and still draws a far policy back to its reference', () => {
    tidy(() => {
      const far: Given[] = [
        {
          ...(given[0] as Given),
          logp: [-0.001, -900, -2.5],
          old: [-900, -0.001, -1.9],
          reference: [-900, -0.5, -2],
        },
      ];
      const logProbs = tensor(far[0]?.logp as number[], [3], { dtype: 'f32' }).requiresGrad_();
      const settings: PolicyUpdate = { ...policyGradient, loss: 'ppo', kl: { estimator: 'k3', coef: 1 } };
      const { loss, sums } = policyLoss({ ...tensorsOf(far, 'f32'), logProbs }, sizeOf(far), settings);
      loss.backward();
      for (const value of [loss, ...Object.values(sums)]) expect(Number.isFinite(value.item())).toBe(true);
      const gradient = logProbs.grad?.toArray() as number[];
      expect(gradient.every(Number.isFinite)).toBe(true);
      expect(gradient[0]).toBeGreaterThan(0.3); // k3 pulls with slope 1 over 3 tokens where log p is far too high
    });
  });

  it('reports what drifted: ratio, log-ratio, clipped share, correction, divergence', () => {
    tidy(() => {
      const settings: PolicyUpdate = {
        ...policyGradient,
        loss: 'ppo',
        isCorrection: 'token',
        kl: { estimator: 'k3', coef: 0 },
      };
      const { sums } = policyLoss(tensorsOf(given), sizeOf(given), settings);
      const mean = (name: string) => (sums[name] as Tensor).item() / 6;
      const drift = given.flatMap(({ logp, old }) => logp.map((value, k) => value - (old[k] as number)));
      expect(mean('log_ratio_mean')).toBeCloseTo(total(drift) / 6, 10);
      expect(mean('ratio')).toBeCloseTo(total(drift.map(Math.exp)) / 6, 10);
      expect(mean('approx_kl')).toBeCloseTo(total(drift.map((d) => Math.exp(d) - 1 - d)) / 6, 10);
      // By token: 1.49 up with A > 0 is cut; 0.55 down with A > 0 is not; 1.49 up with A < 0 is not; 1.28 is.
      expect(mean('clip_fraction')).toBeCloseTo(2 / 6, 10);
      const off = given.flatMap(({ old, behaviour }) =>
        old.map((value, k) => value - (behaviour[k] as number)),
      );
      expect(mean('is_weight')).toBeCloseTo(total(off.map((d) => Math.min(Math.exp(d), 2))) / 6, 10);
      expect(mean('entropy')).toBeCloseTo(total(given.flatMap(({ entropy }) => entropy)) / 6, 10);
      expect(mean('kl_k3')).toBeGreaterThan(0);
    });
  });
});
