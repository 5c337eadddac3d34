import type { Tensor } from '@collm/torch';
import type { PolicyUpdate } from '../messages.js';

/** A micro-batch of response tokens, all responses one after another: N tokens of R responses. */
export interface PolicyTokens {
  /** Log-probs under the weights being trained, f32 [N], with gradient. */
  logProbs: Tensor;
  /** Log-probs at sampling time, f32 [N]. */
  oldLogProbs: Tensor;
  /** The response's advantage on each of its tokens, f32 [N]. */
  advantages: Tensor;
  /** Which response each token belongs to, i64 [N]. */
  rows: Tensor;
  /** Advantage per response, f32 [R]. */
  rowAdvantages: Tensor;
  /** Tokens per response, f32 [R]. */
  lengths: Tensor;
}

/** Sizes of the whole minibatch that the micro-batch is a part of, so that the split changes nothing. */
export interface MinibatchSize {
  samples: number;
  tokens: number;
}

/** Log-ratios beyond this are cut before exp (P11). */
const RATIO_CLAMP = 20;

/**
 * The micro-batch's share of the policy loss (P10, P11), and sums over its tokens for metrics: add the
 * shares of all micro-batches to get the minibatch's.
 */
export function policyLoss(
  batch: PolicyTokens,
  size: MinibatchSize,
  settings: PolicyUpdate,
): { loss: Tensor; sums: Record<string, Tensor> } {
  const weights = tokenWeights(batch, size, settings.aggregation);
  if (settings.loss === 'pg')
    return { loss: batch.logProbs.mul(batch.advantages).mul(weights).sum().neg(), sums: {} };
  const logRatio = batch.logProbs.sub(batch.oldLogProbs).clamp({ min: -RATIO_CLAMP, max: RATIO_CLAMP });
  const ratio = logRatio.exp();
  const fixed = ratio.detach();
  const sums = {
    ratio: fixed.sum(),
    approx_kl: fixed.sub(1).sub(logRatio.detach()).sum(), // k3 of the old policy to the new one, >= 0
  };
  if (settings.ratioLevel === 'token') {
    const { term, clipped } = clip(ratio, batch.advantages, settings.clipEps);
    return { loss: term.mul(weights).sum(), sums: { ...sums, clip_fraction: clipped.sum() } };
  }
  let whole = batch.rowAdvantages.mul(0).scatterAdd(0, batch.rows, batch.logProbs.sub(batch.oldLogProbs));
  if (settings.ratioLevel === 'sequenceMean') whole = whole.div(batch.lengths);
  const { term, clipped } = clip(
    whole.clamp({ min: -RATIO_CLAMP, max: RATIO_CLAMP }).exp(),
    batch.rowAdvantages,
    settings.clipEps,
  );
  return {
    loss: term.sum().div(size.samples),
    sums: { ...sums, clip_fraction: clipped.mul(batch.lengths).sum() },
  };
}

/** -min(ρA, clip(ρ, 1-ε, 1+ε)A), and where the clipping cuts the gradient. */
function clip(ratio: Tensor, advantages: Tensor, eps: number): { term: Tensor; clipped: Tensor } {
  const plain = ratio.mul(advantages);
  const bounded = ratio.clamp({ min: 1 - eps, max: 1 + eps }).mul(advantages);
  return {
    term: plain.minimum(bounded).neg(),
    clipped: bounded.detach().lt(plain.detach()).to({ dtype: 'f32' }),
  };
}

/** What one token counts for, so that the sum over tokens is the aggregation of P10. */
function tokenWeights(
  batch: PolicyTokens,
  size: MinibatchSize,
  aggregation: PolicyUpdate['aggregation'],
): Tensor | number {
  switch (aggregation) {
    case 'tokenMean':
      return 1 / size.tokens;
    case 'seqSum':
      return 1 / size.samples;
    case 'seqMean':
      return batch.lengths.indexSelect(0, batch.rows).mul(size.samples).reciprocal();
  }
}
