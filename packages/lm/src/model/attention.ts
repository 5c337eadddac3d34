/**
 * Grouped-query attention. The G query heads that share a key/value head are laid out as G·T query
 * rows of one batched product, so keys and values are never repeated in memory.
 */
import {
  arange,
  type Device,
  type DType,
  hasOperator,
  scaledDotProductAttention,
  type Tensor,
  zeros,
} from '@collm/torch';

/** True when libtorch brings its fused attention (2.0 or newer). */
const hasFused = hasOperator('aten::scaled_dot_product_attention');

/** Which places a query may look at. */
export interface MaskShape {
  /** Query places: `start` to `start + length`, against key places 0 to `start + length`. */
  start: number;
  length: number;
  /** Places to skip on the left per row, i64 [B]; undefined is none. */
  padding: Tensor | undefined;
  /** Tokens that a query looks back, itself included; null is all. */
  window: number | null;
}

/**
 * Additive mask [B or 1, T, S]: 0 where a token may look, -inf where it may not; undefined when it is the
 * plain causal one and libtorch's fused attention brings that itself.
 */
export function attentionMask(shape: MaskShape, dtype: DType, device: Device): Tensor | undefined {
  const { start, length: T, padding } = shape;
  const S = start + T;
  const window = shape.window !== null && shape.window < S ? shape.window : null;
  if (hasFused && start === 0 && padding === undefined && window === null) return undefined;
  const keys = arange(0, S, { dtype: 'i64', device }).unsqueeze(0); // [1, S]
  const queries = arange(start, S, { dtype: 'i64', device }).unsqueeze(1); // [T, 1]
  let hidden = keys.gt(queries); // [T, S]
  if (window !== null) hidden = hidden.logicalOr(keys.le(queries.sub(window)));
  if (padding !== undefined) {
    // A padded place may look at itself, else its softmax would have nothing to normalise.
    const padded = keys.lt(padding.unsqueeze(1)).unsqueeze(1).logicalAnd(keys.ne(queries)); // [B, T, S]
    hidden = hidden.unsqueeze(0).logicalOr(padded);
  } else hidden = hidden.unsqueeze(0);
  return zeros(hidden.shape, { dtype, device }).maskedFill_(hidden, Number.NEGATIVE_INFINITY);
}

/**
 * Attention of T new tokens per row to S places, the last T of which are themselves.
 *
 * @param query [B, T, H, D]
 * @param key [B, K, S, D]
 * @param value [B, K, S, D]
 * @param mask from `attentionMask`
 * @returns [B, T, H · D]
 */
export function sequenceAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  mask: Tensor | undefined,
): Tensor {
  const [B, T, H, D] = query.shape as [number, number, number, number];
  const [, K, S] = key.shape as [number, number, number];
  const G = H / K;
  if (hasFused) {
    const spread = (x: Tensor) =>
      G === 1 ? x : x.unsqueeze(2).expand([B, K, G, S, D]).reshape([B, H, S, D]);
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
  const k = key.transpose(2, 3).reshape([B * K, D, S]);
  const v = value.reshape([B * K, S, D]);
  const scores = q.bmm(k).view([B, H, T, S]);
  const weights = (mask === undefined ? scores : scores.add_(mask.unsqueeze(1))).softmax(-1);
  return weights
    .view([B * K, G * T, S])
    .bmm(v)
    .view([B, K, G, T, D])
    .permute([0, 3, 1, 2, 4])
    .reshape([B, T, H * D]);
}

export interface HeadLayout {
  numHeads: number;
  numKvHeads: number;
  headDim: number;
}

/**
 * One token per row against the cache.
 *
 * @param query [B, H, D]
 * @param keys [B · K, S, D]
 * @param values [B · K, S, D]
 * @param mask additive, broadcast to [B · K, G, S]; undefined when every place is seen
 * @param zero a zero [1, 1, 1], for want of a mask
 * @returns [B, H · D]
 */
export function stepAttention(
  query: Tensor,
  keys: Tensor,
  values: Tensor,
  mask: Tensor | undefined,
  zero: Tensor,
  layout: HeadLayout,
): Tensor {
  const { numHeads: H, numKvHeads: K, headDim: D } = layout;
  const B = query.size(0);
  const grouped = query.reshape([B * K, H / K, D]);
  // Not beta 0 for want of a mask: libtorch 1.13 then multiplies memory it has not initialised.
  const scores = (mask ?? zero).baddbmm(grouped, keys.transpose(1, 2), { alpha: D ** -0.5 });
  return scores
    .softmax(-1)
    .bmm(values)
    .view([B, H * D]);
}
