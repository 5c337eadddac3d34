import { type Tensor, zeros } from '@collm/torch';
import { TeamError } from '../errors.js';
import type { MeanWeight, PolicySample, PolicyUpdate } from '../messages.js';

/** A micro-batch of response tokens, all responses one after another: N tokens of R responses. */
export interface PolicyTokens {
  /** Log-probs under the weights being trained, f32 [N], with gradient. */
  logProbs: Tensor;
  /** Entropy of the next-token distributions, f32 [N], with gradient where the settings have an entropy bonus. */
  entropy: Tensor;
  /** Exact KL to the reference's distributions, f32 [N], with gradient; there when the settings' KL is `exact`. */
  kl?: Tensor;
  /** Log-probs at sampling time, over the full vocabulary and as sampled, f32 [N]. */
  oldLogProbs: Tensor;
  behaviourLogProbs: Tensor;
  /** Log-probs under the reference, f32 [N]; there when the settings' KL is `k3`. */
  referenceLogProbs?: Tensor;
  /** Advantage of each token, f32 [N]. */
  advantages: Tensor;
  /** Advantage per response, f32 [R]; null where a response has one for each of its tokens. */
  rowAdvantages: Tensor | null;
  /** Which response each token belongs to, i64 [N]. */
  rows: Tensor;
  /** Tokens per response, >= 1, f32 [R]. */
  lengths: Tensor;
  /** What each response counts for, f32 [R]. */
  weights: Tensor;
}

/** Sizes of the whole minibatch that the micro-batch is a part of, so that the split changes nothing. */
export interface MinibatchSize {
  /** Response tokens. */
  readonly tokens: number;
  /** Sum of the samples' weights, as it is or as it would be on average. */
  readonly weight: number;
  /** Sum of the tokens' weights, each that of its sample, likewise. */
  readonly tokenWeight: number;
}

/** @param meanWeight see `PolicyUpdate.meanWeight` */
export function minibatchSize(samples: readonly PolicySample[], meanWeight?: MeanWeight): MinibatchSize {
  const total = (value: (sample: PolicySample) => number) =>
    samples.reduce((sum, sample) => sum + value(sample), 0);
  const tokens = total((sample) => sample.tokens.length);
  if (meanWeight !== undefined)
    return { tokens, weight: meanWeight.sample * samples.length, tokenWeight: meanWeight.token * tokens };
  return {
    tokens,
    weight: total(({ weight }) => weight),
    tokenWeight: total(({ tokens: own, weight }) => weight * own.length),
  };
}

/** Log-ratios beyond this are cut before exp (P11). */
const RATIO_CLAMP = 20;

/**
 * The micro-batch's share of the policy's loss: the policy gradient (P10, P11) with its correction for top-p and top-k
 * (P15), plus the divergence from the reference (P13), less the entropy bonus. Add the shares of all micro-batches to
 * get the minibatch's loss; the sums over tokens, divided by the minibatch's tokens, are means for metrics.
 *
 * @throws TeamError for settings that do not go together
 */
export function policyLoss(
  batch: PolicyTokens,
  size: MinibatchSize,
  settings: PolicyUpdate,
): { loss: Tensor; sums: Record<string, Tensor> } {
  const { logProbs, oldLogProbs, entropy, rows, weights } = batch;
  const perToken = weights.indexSelect(0, rows);
  const policy =
    settings.loss === 'ppo' && settings.ratioLevel !== 'token'
      ? responseTerms(batch, size, settings)
      : tokenTerms(batch, size, settings, perToken);
  let { loss } = policy;
  const logRatio = logProbs.detach().sub(oldLogProbs);
  const cut = clampRatio(logRatio);
  const sums: Record<string, Tensor> = {
    ...policy.sums,
    log_ratio_mean: logRatio.sum(),
    approx_kl: cut.exp().sub(1).sub(cut).sum(), // k3 of the old policy to the new one, >= 0
    entropy: entropy.detach().sum(),
  };
  /** Adds `coef` times the mean over tokens, as `tokenMean` weighs them. */
  const regularise = (values: Tensor, coef: number) => {
    loss = loss.add(
      values
        .mul(perToken)
        .sum()
        .mul(coef / size.tokenWeight),
    );
  };
  const { kl, entropyCoef } = settings;
  if (kl !== null) {
    const divergence = kl.estimator === 'k3' ? k3(batch) : exactKl(batch);
    regularise(divergence, kl.coef);
    sums[`kl_${kl.estimator}`] = divergence.detach().sum();
  }
  if (entropyCoef > 0) regularise(entropy, -entropyCoef);
  return { loss, sums };
}

/** Terms of tokens, summed as P10 says. */
function tokenTerms(
  batch: PolicyTokens,
  size: MinibatchSize,
  settings: PolicyUpdate,
  perToken: Tensor,
): { loss: Tensor; sums: Record<string, Tensor> } {
  const { logProbs, oldLogProbs, advantages, rows } = batch;
  const ratio = clampRatio(logProbs.sub(oldLogProbs)).exp();
  const sums: Record<string, Tensor> = { ratio: ratio.detach().sum() };
  let term: Tensor;
  if (settings.loss === 'pg') term = logProbs.mul(advantages).neg();
  else {
    const clip = clipped(ratio, advantages, settings.clipEps);
    term = clip.term;
    sums.clip_fraction = clip.cut.sum();
  }
  if (settings.isCorrection !== 'off') {
    const correction =
      settings.isCorrection === 'token'
        ? correctionOf(oldLogProbs.sub(batch.behaviourLogProbs), settings)
        : responseCorrection(batch, settings).indexSelect(0, rows);
    term = term.mul(correction);
    sums.is_weight = correction.sum();
  }
  return { loss: term.mul(tokenShares(batch, size, settings.aggregation, perToken)).sum(), sums };
}

/** Terms of whole responses, whose ratio is one: their weighted mean. */
function responseTerms(
  batch: PolicyTokens,
  size: MinibatchSize,
  settings: PolicyUpdate,
): { loss: Tensor; sums: Record<string, Tensor> } {
  const { logProbs, oldLogProbs, lengths, rowAdvantages } = batch;
  const { ratioLevel, isCorrection, clipEps } = settings;
  if (rowAdvantages === null)
    throw new TeamError(
      `A response has an advantage for each of its tokens, but the ratio is one per response (ratio_level: ${ratioLevel}). Set ratio_level to token, or take one value a turn (value_level: turn).`,
    );
  if (isCorrection === 'token')
    throw new TeamError(
      `is_correction: token weighs tokens, but the ratio is one per response (ratio_level: ${ratioLevel}). Set is_correction to sequence or off, or ratio_level to token.`,
    );
  let logRatio = perResponse(batch, logProbs.sub(oldLogProbs));
  if (ratioLevel === 'sequenceMean') logRatio = logRatio.div(lengths);
  const ratio = clampRatio(logRatio).exp();
  const clip = clipped(ratio, rowAdvantages, clipEps);
  const overTokens = (values: Tensor) => values.mul(lengths).sum();
  const sums: Record<string, Tensor> = {
    ratio: overTokens(ratio.detach()),
    clip_fraction: overTokens(clip.cut),
  };
  let { term } = clip;
  if (isCorrection === 'sequence') {
    const correction = responseCorrection(batch, settings);
    term = term.mul(correction);
    sums.is_weight = overTokens(correction);
  }
  return { loss: term.mul(batch.weights).sum().div(size.weight), sums };
}

/** -min(ρA, clip(ρ, 1-ε, 1+ε)A), and where the clipping cuts the gradient. */
function clipped(ratio: Tensor, advantages: Tensor, eps: number): { term: Tensor; cut: Tensor } {
  const plain = ratio.mul(advantages);
  const bounded = ratio.clamp({ min: 1 - eps, max: 1 + eps }).mul(advantages);
  return {
    term: plain.minimum(bounded).neg(),
    cut: bounded.detach().lt(plain.detach()).to({ dtype: 'f32' }),
  };
}

/** What one token counts for, f32 [N], so that the sum over tokens is the aggregation of P10. */
function tokenShares(
  { lengths, rows }: PolicyTokens,
  size: MinibatchSize,
  aggregation: PolicyUpdate['aggregation'],
  perToken: Tensor,
): Tensor {
  switch (aggregation) {
    case 'tokenMean':
      return perToken.div(size.tokenWeight);
    case 'seqSum':
      return perToken.div(size.weight);
    case 'seqMean':
      return perToken.div(lengths.indexSelect(0, rows)).div(size.weight);
  }
}

/** P15 with the sums of each response, f32 [R]. */
const responseCorrection = (batch: PolicyTokens, settings: PolicyUpdate): Tensor =>
  correctionOf(perResponse(batch, batch.oldLogProbs.sub(batch.behaviourLogProbs)), settings);

/** min(exp(log weight), cap) */
const correctionOf = (logWeight: Tensor, { isCap }: PolicyUpdate): Tensor =>
  clampRatio(logWeight).exp().clamp({ max: isCap });

/** Sums of token values per response, [R]. */
const perResponse = ({ lengths, rows }: PolicyTokens, values: Tensor): Tensor =>
  zeros(lengths.shape, { dtype: values.dtype, device: values.device }).scatterAdd(0, rows, values);

const clampRatio = (logRatio: Tensor): Tensor => logRatio.clamp({ min: -RATIO_CLAMP, max: RATIO_CLAMP });

/**
 * k3 of each token (P13): e^d - d - 1 with d = reference - log p. Cut above only: there e^d would overflow, while a
 * policy far above its reference (d very negative) still has to be drawn back.
 */
function k3({ logProbs, referenceLogProbs }: PolicyTokens): Tensor {
  if (referenceLogProbs === undefined)
    throw new TeamError('A KL of k3 needs the log-probs of the reference policy with every sample.');
  const d = referenceLogProbs.sub(logProbs).clamp({ max: RATIO_CLAMP });
  return d.exp().sub(d).sub(1);
}

function exactKl({ kl }: PolicyTokens): Tensor {
  if (kl === undefined) throw new TeamError('An exact KL needs the distributions of the reference policy.');
  return kl;
}
