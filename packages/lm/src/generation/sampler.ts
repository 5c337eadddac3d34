/**
 * Sampling distribution P17: logits / T, then top-k, then top-p, renormalised; one uniform per token.
 *
 * Tokens of equal probability stand in no fixed order, so which of them is cut at the edge of top-k or top-p
 * is the kernel's choice. Probabilities do not depend on it: what is reported is that of the token drawn.
 */
import { type Tensor, tensor } from '@collm/torch';
import { ModelError } from '../errors.js';

export interface SamplingParameters {
  /** > 0; unused when greedy. */
  temperature: number;
  /** >= 1, or null. */
  topK: number | null;
  /** In (0, 1]. */
  topP: number;
  /** Take the most probable token. */
  greedy: boolean;
}

export interface SampledTokens {
  tokens: Tensor; // i64 [B]
  /** log p_T over the full vocabulary. Not finite where the logits held NaN or +infinity. */
  logProbs: Tensor; // f32 [B]
  /** log-prob under the distribution that was drawn from. */
  behaviourLogProbs: Tensor; // f32 [B]
  /** The most probable tokens under log p_T, in descending order: where they were asked for. */
  top?: { tokens: Tensor /* i64 [B, n] */; logProbs: Tensor /* f32 [B, n] */ };
}

/**
 * Top-p alone looks at this many tokens first: finding them costs a small part of sorting a vocabulary, and a
 * trained model has nearly always p of its mass there.
 */
export const nucleusCandidates = 1024;

/** @throws ModelError for parameters outside their ranges. */
export function checkSampling({ temperature, topK, topP, greedy }: SamplingParameters): void {
  if (!greedy && !(temperature > 0 && temperature < Number.POSITIVE_INFINITY))
    throw new ModelError(
      `temperature ${temperature} cannot be sampled with: it must exceed 0; for the most probable token use greedy.`,
    );
  if (topK !== null && !(Number.isInteger(topK) && topK >= 1))
    throw new ModelError(`top-k ${topK} keeps no token; give an integer of at least 1, or null for all.`);
  if (!(topP > 0 && topP <= 1))
    throw new ModelError(`top-p ${topP} is no share of the probability; give one above 0, or 1 for all.`);
}

/**
 * Draws one token a row by inverting the cumulative distribution. Rows do not influence each other, bitwise.
 *
 * @param logits [B, V]
 * @param uniforms one number in [0, 1) a row; unused when greedy
 * @param top how many of the most probable tokens to give; at most V
 * @throws ModelError for parameters outside their ranges.
 */
export function sampleTokens(
  logits: Tensor,
  uniforms: readonly number[],
  parameters: SamplingParameters,
  top = 0,
): SampledTokens {
  checkSampling(parameters);
  const wide = logits.to({ dtype: 'f32' });
  if (parameters.greedy) {
    const tokens = wide.argmax({ dim: -1 });
    const all = wide.logSoftmax(-1);
    const logProbs = pick(all, tokens);
    return { tokens, logProbs, behaviourLogProbs: logProbs, ...mostProbable(all, top) };
  }
  const { temperature, topP } = parameters;
  const V = wide.size(-1);
  const topK = Math.min(parameters.topK ?? V, V);
  const logProbs = (temperature === 1 ? wide : wide.div(temperature)).logSoftmax(-1);
  const u = tensor(Float32Array.from(uniforms), [uniforms.length, 1], { device: logits.device });
  if (topK === V && topP === 1) {
    const cumulative = logProbs.exp().cumsum(-1);
    const tokens = invert(cumulative, cumulative.narrow(-1, V - 1, 1), u);
    const chosen = pick(logProbs, tokens);
    return { tokens, logProbs: chosen, behaviourLogProbs: chosen, ...mostProbable(logProbs, top) };
  }
  const { cumulative, order, mass } = keep(logProbs, topK, topP);
  const tokens = pick(order, invert(cumulative, mass, u));
  const chosen = pick(logProbs, tokens);
  const behaviourLogProbs = chosen.sub(mass.squeeze(-1).log());
  return { tokens, logProbs: chosen, behaviourLogProbs, ...mostProbable(logProbs, top) };
}

function mostProbable(logProbs: Tensor, count: number): Pick<SampledTokens, 'top'> {
  if (count === 0) return {};
  const [values, tokens] = logProbs.topk(Math.min(count, logProbs.size(-1)), { dim: -1 });
  return { top: { tokens, logProbs: values } };
}

/** What is kept of a distribution. */
interface Kept {
  /** Sums of the probabilities in descending order, [B, N]; those beyond `mass` are cut. */
  cumulative: Tensor;
  /** The tokens in that order, i64 [B, N]. */
  order: Tensor;
  /** Probability of all that is kept, [B, 1]: an element of `cumulative`. */
  mass: Tensor;
}

function keep(logProbs: Tensor, topK: number, topP: number): Kept {
  const V = logProbs.size(-1);
  if (topK < V) return cut(logProbs.topk(topK, { dim: -1 }), topP, true);
  if (V > 2 * nucleusCandidates) {
    const kept = cut(logProbs.topk(nucleusCandidates, { dim: -1 }), topP, false);
    const reached = kept.cumulative
      .narrow(-1, nucleusCandidates - 1, 1)
      .ge(topP)
      .all();
    if (reached.item() !== 0) return kept;
  }
  return cut(logProbs.sort({ dim: -1, descending: true }), topP, false);
}

/**
 * The shortest beginning whose mass reaches p of `whole ? the beginning : 1`.
 *
 * Masses are read off one cumulative sum, so that they do not depend on how many tokens follow.
 */
function cut([descending, order]: [Tensor, Tensor], topP: number, relative: boolean): Kept {
  const cumulative = descending.exp().cumsum(-1);
  const last = cumulative.narrow(-1, cumulative.size(-1) - 1, 1);
  if (topP === 1) return { cumulative, order, mass: last };
  const below = relative ? cumulative.lt(last.mul(topP)) : cumulative.lt(topP);
  const rank = below.sum(-1, { keepdim: true }).clampMax(cumulative.size(-1) - 1);
  return { cumulative, order, mass: cumulative.gather(-1, rank) };
}

/**
 * Index of the first place whose cumulative mass exceeds u · mass: never one of probability 0, and never one
 * beyond the mass, since u < 1 and `mass` is an element of `cumulative`.
 */
function invert(cumulative: Tensor, mass: Tensor, u: Tensor): Tensor {
  return cumulative.le(mass.mul(u)).sum(-1);
}

const pick = (rows: Tensor, index: Tensor): Tensor => rows.gather(-1, index.unsqueeze(-1)).squeeze(-1);
