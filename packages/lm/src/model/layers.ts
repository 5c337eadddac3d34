/** The parts of a decoder layer as functions of tensors. Shapes: B rows, T tokens, C hidden width. */
import { linear, type Tensor } from '@collm/torch';
import type { LowRank } from './adapter.js';

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

/** x Wᵀ; how it is computed depends on how many rows x has. */
export type Product = (x: Tensor, weight: Tensor) => Tensor;

/** x Wᵀ + b, and the adapter's low-rank part where there is one. */
export function project(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
  delta: LowRank | undefined,
  product: Product = linear,
): Tensor {
  const y = biased(x, weight, bias, product);
  if (delta === undefined) return y;
  const input = delta.drop === undefined ? x : delta.drop(x);
  return y.add(linear(linear(input, delta.down), delta.up));
}

function biased(x: Tensor, weight: Tensor, bias: Tensor | undefined, product: Product): Tensor {
  if (bias === undefined) return product(x, weight);
  return product === linear ? linear(x, weight, { bias }) : product(x, weight).add(bias);
}

/** SwiGLU on a fused projection [..., 2 · intermediate]: silu(gate) · up. */
export function swiGlu(gateUp: Tensor, intermediate: number): Tensor {
  const [gate, up] = gateUp.split(intermediate, { dim: -1 }) as [Tensor, Tensor];
  return gate.silu().mul(up);
}
