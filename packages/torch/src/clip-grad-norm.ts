/** The norm of gradients, and clipping by it. */
import { noGrad } from './autograd.js';
import { TorchError } from './errors.js';
import * as ops from './generated/ops.js';
import { tidy } from './scope.js';
import type { Tensor } from './tensor.js';

/** Elements that are widened at a time, so that the wide copy stays in the processor's cache. */
const PIECE = 2 ** 18;

/** L2 norms in f32, of tensors or of their parts. A norm that comes out in bf16 has three digits: those are widened. */
function norms(grads: readonly Tensor[]): Tensor[] {
  const device = grads[0]?.device ?? 'cpu';
  if (grads.every((grad) => grad.dtype === 'f32' && grad.device === device)) return ops.foreachNorm(grads);
  return grads.flatMap((grad) => {
    const flat = grad.detach().reshape([-1]);
    const starts = Array.from({ length: Math.max(1, Math.ceil(flat.numel / PIECE)) }, (_, i) => i * PIECE);
    return starts.map((start) => {
      const length = Math.min(PIECE, flat.numel - start);
      return tidy(() => flat.narrow(0, start, length).to({ dtype: 'f32' }).norm().to({ device }));
    });
  });
}

/** Joint L2 norm of the parameters' gradients, on whatever devices they lie; 0 without any. */
export function gradNorm(parameters: readonly Tensor[]): number {
  return tidy(() =>
    noGrad(() => {
      const grads = parameters.map((parameter) => parameter.grad).filter((grad) => grad !== null);
      return grads.length === 0 ? 0 : ops.stack(norms(grads)).norm().item();
    }),
  );
}

/**
 * The factor that brings gradients of norm `norm` to at most `maxNorm`; 1 when they are below it or the norm is
 * not finite. Pass it to `AdamW.step`, which applies it on the way, or use `clipGradNorm`.
 */
export function clipScale(norm: number, maxNorm: number): number {
  if (!(maxNorm > 0))
    throw new TorchError('argument', `the gradient norm's limit is ${maxNorm}, it must be above 0.`);
  return Number.isFinite(norm) && norm > maxNorm ? maxNorm / (norm + 1e-6) : 1;
}

/**
 * Scales the gradients so that their joint L2 norm is at most `maxNorm` (> 0; Infinity only measures).
 *
 * Gradients may lie on several devices.
 *
 * @returns the norm before scaling; NaN or infinite when a gradient is, and then nothing is scaled.
 */
export function clipGradNorm(parameters: readonly Tensor[], maxNorm: number): number {
  const norm = gradNorm(parameters);
  const scale = clipScale(norm, maxNorm);
  if (scale !== 1) {
    tidy(() =>
      noGrad(() => {
        const grads = parameters.map((parameter) => parameter.grad).filter((grad) => grad !== null);
        ops.foreachMul_(grads, scale);
      }),
    );
  }
  return norm;
}
