/** Sampling distribution P17: logits / T, then top-k, then top-p, renormalised; one uniform per token. */
import { type Tensor, tensor } from '@collm/torch';

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
  /** log p_T over the full vocabulary. */
  logProbs: Tensor; // f32 [B]
  /** log-prob under the distribution that was drawn from. */
  behaviourLogProbs: Tensor; // f32 [B]
}

/**
 * Draws one token a row by inverting the cumulative distribution.
 *
 * @param logits [B, V]
 * @param uniforms one number in [0, 1) a row; unused when greedy
 */
export function sampleTokens(
  logits: Tensor,
  uniforms: readonly number[],
  parameters: SamplingParameters,
): SampledTokens {
  const wide = logits.to({ dtype: 'f32' });
  const pick = (rows: Tensor, tokens: Tensor) => rows.gather(-1, tokens.unsqueeze(-1)).squeeze(-1);
  if (parameters.greedy) {
    const tokens = wide.argmax({ dim: -1 });
    const logProbs = pick(wide.logSoftmax(-1), tokens);
    return { tokens, logProbs, behaviourLogProbs: logProbs };
  }
  const { temperature, topK, topP } = parameters;
  const logProbs = (temperature === 1 ? wide : wide.div(temperature)).logSoftmax(-1);
  const device = logits.device;
  const u = tensor(Float32Array.from(uniforms), [uniforms.length, 1], { device });
  const limited = (topK !== null && topK < wide.size(-1)) || topP < 1;
  if (!limited) {
    const tokens = invert(logProbs.exp().cumsum(-1), u);
    const chosen = pick(logProbs, tokens);
    return { tokens, logProbs: chosen, behaviourLogProbs: chosen };
  }
  const { sorted, order, mass } = keep(logProbs, topK, topP);
  const rank = invert(sorted.cumsum(-1), u);
  const tokens = pick(order, rank);
  const chosen = pick(logProbs, tokens);
  return { tokens, logProbs: chosen, behaviourLogProbs: chosen.sub(mass.log()) };
}

/** The kept part of the distribution in descending order; what is cut has probability 0. */
function keep(
  logProbs: Tensor,
  topK: number | null,
  topP: number,
): { sorted: Tensor; order: Tensor; mass: Tensor } {
  const [descending, order] = logProbs.sort({ dim: -1, descending: true });
  let sorted = descending.exp();
  if (topK !== null && topK < sorted.size(-1)) {
    const beyond = sorted.size(-1) - topK;
    sorted = sorted.clone();
    sorted.narrow(-1, topK, beyond).zero_();
  }
  if (topP < 1) {
    // Top-p of what top-k left: a token stays when the mass before it is below p of the whole.
    const total = sorted.sum(-1, { keepdim: true });
    const before = sorted.cumsum(-1).sub(sorted);
    sorted = sorted.maskedFill(before.ge(total.mul(topP)), 0);
  }
  return { sorted, order, mass: sorted.sum(-1) };
}

/** Index of the first place whose cumulative mass exceeds u · total: never one of probability 0. */
function invert(cumulative: Tensor, u: Tensor): Tensor {
  const total = cumulative.narrow(-1, cumulative.size(-1) - 1, 1);
  return cumulative.le(total.mul(u)).sum(-1);
}
