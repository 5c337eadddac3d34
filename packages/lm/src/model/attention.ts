/**
 * Grouped-query attention. The G query heads that share a key/value head are laid out as G·T query
 * rows of one batched product, so keys and values are never repeated in memory.
 */
import {
  type Device,
  type DType,
  hasOperator,
  ones,
  scaledDotProductAttention,
  type Tensor,
  zeros,
} from '@collm/torch';

export interface HeadLayout {
  numHeads: number;
  numKvHeads: number;
  headDim: number;
}

/** True when libtorch brings its fused attention (2.0 or newer). */
const hasFused = hasOperator('aten::scaled_dot_product_attention');

/** Additive causal mask [T, T]: 0 where a token may look, -inf where it may not. */
export function causalMask(length: number, dtype: DType, device: Device): Tensor {
  const future = ones([length, length], { dtype: 'bool', device }).triu({ diagonal: 1 });
  return zeros([length, length], { dtype, device }).maskedFill(future, Number.NEGATIVE_INFINITY);
}

/**
 * Causal attention of whole sequences.
 *
 * @param query [B, T, H, D]
 * @param key [B, T, K, D]
 * @param value [B, T, K, D]
 * @param mask additive, broadcast to [B, T, T]; undefined is plain causal
 * @param causal the [T, T] mask, for libtorch without fused attention
 * @returns [B, T, H · D]
 */
export function sequenceAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  mask: Tensor | undefined,
  causal: Tensor,
): Tensor {
  const [B, T, H, D] = query.shape as [number, number, number, number];
  const K = key.size(2);
  const G = H / K;
  if (hasFused) {
    const spread = (x: Tensor) =>
      (G === 1 ? x : x.unsqueeze(3).expand([B, T, K, G, D]).reshape([B, T, H, D])).transpose(1, 2);
    const options = mask === undefined ? { isCausal: true } : { attnMask: mask.unsqueeze(1) };
    return scaledDotProductAttention(query.transpose(1, 2), spread(key), spread(value), options)
      .transpose(1, 2)
      .reshape([B, T, H * D]);
  }
  const q = query
    .mul(D ** -0.5)
    .view([B, T, K, G, D])
    .permute([0, 2, 3, 1, 4])
    .reshape([B * K, G * T, D]);
  const k = key.permute([0, 2, 3, 1]).reshape([B * K, D, T]);
  const v = value.permute([0, 2, 1, 3]).reshape([B * K, T, D]);
  const scores = q.bmm(k).view([B, K * G, T, T]);
  const weights = scores.add_(mask === undefined ? causal : mask.unsqueeze(1)).softmax(-1);
  return weights
    .view([B * K, G * T, T])
    .bmm(v)
    .view([B, K, G, T, D])
    .permute([0, 3, 1, 2, 4])
    .reshape([B, T, H * D]);
}

/**
 * One token per row against the cache.
 *
 * @param query [B, H, D], already scaled by D^-1/2
 * @param keys [B · K, S, D]
 * @param values [B · K, S, D]
 * @param mask additive [B · K, 1, S], or undefined when every cached place is real
 * @param B rows
 * @returns [B, H · D]
 */
export function stepAttention(
  query: Tensor,
  keys: Tensor,
  values: Tensor,
  mask: Tensor | undefined,
  B: number,
  layout: HeadLayout,
): Tensor {
  const { numHeads: H, numKvHeads: K, headDim: D } = layout;
  const scores = query.reshape([B * K, H / K, D]).bmm(keys.transpose(1, 2));
  if (mask !== undefined) scores.add_(mask);
  return scores
    .softmax(-1)
    .bmm(values)
    .view([B, H * D]);
}
