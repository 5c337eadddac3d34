/** The parts of a decoder layer as functions of tensors. Shapes: B rows, T tokens, C hidden width. */
import { arange, cat, type Device, type DType, type Tensor } from '@collm/torch';

/** Root-mean-square norm over the last dimension, computed in f32: x / sqrt(mean(x²) + eps) · weight. */
export function rmsNorm(x: Tensor, weight: Tensor, eps: number): Tensor {
  if (x.dtype === 'f32') {
    const scale = x.mul(x).mean(-1, { keepdim: true }).add_(eps).rsqrt_();
    return x.mul(scale).mul(weight);
  }
  const wide = x.to({ dtype: 'f32' });
  const scale = wide.mul(wide).mean(-1, { keepdim: true }).add_(eps).rsqrt_();
  return wide.mul(scale).to({ dtype: x.dtype }).mul(weight);
}

/** Tables of rotary embeddings, each [maxPositions, headDim]. */
export interface RotaryTables {
  cos: Tensor;
  /** Sine with the sign of rotate-half folded in: the first half negative. */
  signedSin: Tensor;
}

/** cos and sin of position · theta^(-2i/d), computed in f32 and stored in `dtype`. */
export function rotaryTables(
  positions: number,
  headDim: number,
  theta: number,
  dtype: DType,
  device: Device,
): RotaryTables {
  const half = headDim / 2;
  const f32 = { dtype: 'f32', device } as const;
  const exponents = arange(0, half, f32).mul(-2 / headDim);
  const frequencies = exponents.mul(Math.log(theta)).exp();
  const angles = arange(0, positions, f32).unsqueeze(1).mul(frequencies.unsqueeze(0)); // [positions, half]
  const cos = angles.cos();
  const sin = angles.sin();
  return {
    cos: cat([cos, cos], { dim: -1 }).to({ dtype }),
    signedSin: cat([sin.neg(), sin], { dim: -1 }).to({ dtype }),
  };
}

/**
 * Rotates pairs (i, i + d/2) of the last dimension. Swapping the halves with a roll and folding the
 * sign into the sine needs three operations where rotate-half spelled out needs six.
 */
export function applyRotary(x: Tensor, cos: Tensor, signedSin: Tensor, headDim: number): Tensor {
  const half = headDim / 2;
  return x.mul(cos).addcmul(x.roll(half, { dims: [-1] }), signedSin);
}

/** SwiGLU on a fused projection [..., 2 · intermediate]: silu(gate) · up. */
export function swiGlu(gateUp: Tensor, intermediate: number): Tensor {
  return gateUp
    .narrow(-1, 0, intermediate)
    .silu()
    .mul(gateUp.narrow(-1, intermediate, intermediate));
}
