import type { Tensor } from '@collm/torch';
import type { Decoder } from './decoder.js';

/** Where responses lie in a batch of padded sequences. */
export interface ResponsePositions {
  /** i64 [N]: flat places b · T + t whose hidden state predicts a response token. */
  places: Tensor;
  /** i64 [N]: the tokens predicted there. */
  targets: Tensor;
}

/**
 * Log-probabilities of response tokens only (P1): the LM head and the softmax run on N rows, never on
 * the prompt or the padding.
 *
 * @param hidden [B, T, C]
 * @param temperature logits are divided by it, > 0
 * @returns `logProbs` f32 [N] and `entropy` f32 [N] of the full next-token distribution (nats)
 */
export function responseLogProbs(
  decoder: Decoder,
  hidden: Tensor,
  positions: ResponsePositions,
  temperature: number,
): { logProbs: Tensor; entropy: Tensor } {
  const rows = hidden.reshape([-1, hidden.size(-1)]).indexSelect(0, positions.places);
  const logits = decoder.logits(rows).to({ dtype: 'f32' });
  const all = (temperature === 1 ? logits : logits.div(temperature)).logSoftmax(-1); // [N, V]
  const logProbs = all.gather(-1, positions.targets.unsqueeze(-1)).squeeze(-1);
  const fixed = all.detach();
  return { logProbs, entropy: fixed.exp().mul(fixed).sum(-1).neg() };
}
