/** The arithmetic of one AdamW step, in the order that the device likes best. */
import { TorchError } from './errors.js';
import * as ops from './generated/ops.js';
import { hasOperator } from './native.js';
import { tidy } from './scope.js';
import type { Tensor } from './tensor.js';

/** What one parameter brings into a step. All f32 but the gradient and the parameter. */
export interface UpdatedParameter {
  parameter: Tensor;
  /** f32 copy of the parameter, or the parameter itself. */
  master: Tensor;
  gradient: Tensor;
  first: Tensor;
  second: Tensor;
  /** Updates so far, this one included, as one number. */
  count: Tensor;
}

export interface StepSize {
  learningRate: number;
  betas: readonly [number, number];
  eps: number;
  weightDecay: number;
  /** Updates that these parameters have had, this one included. */
  updates: number;
  /** Gradients are multiplied by it. */
  gradientScale: number;
}

const hasFused = hasOperator('aten::_fused_adamw_');

/**
 * Elements of a block. Its moments, gradient and weights (4 MB) stay in the processor's cache from the first
 * operation on them to the last; whole tensors would go through memory a dozen times.
 */
const BLOCK = 2 ** 18;

/** Updates parameters that all have had the same number of updates. */
export function adamwUpdate(parameters: readonly UpdatedParameter[], size: StepSize): void {
  if (hasFused) {
    fused(parameters, size);
    return;
  }
  const rest = parameters.filter((one) => !inBlocks(one, size));
  if (rest.length > 0) together(rest, size);
}

/** False when the tensor is not on the processor, or not one row of memory. */
function inBlocks(one: UpdatedParameter, size: StepSize): boolean {
  if (one.master.device !== 'cpu') return false;
  return tidy(() => {
    const [master, first, second] = [one.master, one.first, one.second].map(asRow);
    if (master === undefined || first === undefined || second === undefined) return false;
    const gradient = one.gradient.reshape([-1]);
    const copy = one.parameter === one.master ? undefined : one.parameter.detach().view([-1]);
    const total = one.master.numel;
    for (let start = 0; start < total; start += BLOCK) {
      const length = Math.min(BLOCK, total - start);
      tidy(() => {
        const cut = (tensor: Tensor) => tensor.narrow(0, start, length);
        const block = cut(master);
        updateBlock(block, widened(cut(gradient), size.gradientScale), cut(first), cut(second), size);
        if (copy !== undefined) cut(copy).copy_(block);
      });
    }
    return true;
  });
}

/** The elements as one row of the same memory, or undefined when they do not lie like that. */
function asRow(tensor: Tensor): Tensor | undefined {
  try {
    return tensor.detach().view([-1]);
  } catch (error) {
    if (error instanceof TorchError) return undefined;
    throw error;
  }
}

function widened(gradient: Tensor, scale: number): Tensor {
  const wide = gradient.dtype === 'f32' ? gradient : gradient.to({ dtype: 'f32' });
  return scale === 1 ? wide : wide.mul(scale);
}

function updateBlock(weights: Tensor, gradient: Tensor, first: Tensor, second: Tensor, size: StepSize): void {
  const [beta1, beta2] = size.betas;
  const { learningRate: lr, weightDecay, eps, updates } = size;
  if (weightDecay > 0) weights.mul_(1 - lr * weightDecay);
  first.mul_(beta1).add_(gradient, { alpha: 1 - beta1 });
  second.mul_(beta2).addcmul_(gradient, gradient, { value: 1 - beta2 });
  const denominator = second
    .sqrt()
    .div_(Math.sqrt(1 - beta2 ** updates))
    .add_(eps);
  weights.addcdiv_(first, denominator, { value: -lr / (1 - beta1 ** updates) });
}

/** libtorch's own kernel, where it has one: a single pass over everything. */
function fused(parameters: readonly UpdatedParameter[], size: StepSize): void {
  const { learningRate, betas, eps, weightDecay, gradientScale } = size;
  const pick = (name: 'master' | 'first' | 'second' | 'count') => parameters.map((one) => one[name]);
  const grads = parameters.map(({ gradient }) => widened(gradient, gradientScale));
  const [masters, first, second, counts] = [pick('master'), pick('first'), pick('second'), pick('count')];
  const [beta1, beta2] = betas;
  ops.fusedAdamw_(
    masters,
    grads,
    first,
    second,
    [],
    counts,
    learningRate,
    beta1,
    beta2,
    weightDecay,
    eps,
    false,
    false,
  );
  copyBack(parameters);
}

/** One operation on all tensors at a time: few launches on a device. */
function together(parameters: readonly UpdatedParameter[], size: StepSize): void {
  const { learningRate: lr, betas, eps, weightDecay, updates, gradientScale } = size;
  const [beta1, beta2] = betas;
  const masters = parameters.map(({ master }) => master);
  const first = parameters.map((one) => one.first);
  const second = parameters.map((one) => one.second);
  const grads = parameters.map(({ gradient }) => widened(gradient, gradientScale));
  if (weightDecay > 0) ops.foreachMul_(masters, 1 - lr * weightDecay);
  ops.foreachMul_(first, beta1);
  ops.foreachAdd_(first, grads, { alpha: 1 - beta1 });
  ops.foreachMul_(second, beta2);
  ops.foreachAddcmul_(second, grads, grads, { value: 1 - beta2 });
  const denominator = ops.foreachSqrt(second);
  ops.foreachDiv_(denominator, Math.sqrt(1 - beta2 ** updates));
  ops.foreachAdd_(denominator, eps);
  ops.foreachAddcdiv_(masters, first, denominator, { value: -lr / (1 - beta1 ** updates) });
  copyBack(parameters);
}

function copyBack(parameters: readonly UpdatedParameter[]): void {
  for (const { parameter, master } of parameters) if (parameter !== master) parameter.copy_(master);
}
