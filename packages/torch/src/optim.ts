/** AdamW and gradient-norm clipping on lists of tensors, by libtorch's multi-tensor operators. */
import { noGrad } from './autograd.js';
import { TorchError } from './errors.js';
import * as ops from './generated/ops.js';
import { operatorNames, registeredSchemas } from './native.js';
import { tidy, unscoped } from './scope.js';
import type { Tensor } from './tensor.js';

export interface AdamWOptions {
  /** Learning rate, > 0. */
  learningRate: number;
  /** Decay rates of the two moments, in [0, 1). */
  betas?: readonly [number, number];
  /** Added to the denominator. */
  eps?: number;
  /** Decoupled weight decay, >= 0. */
  weightDecay?: number;
}

const hasFused = registeredSchemas[operatorNames.indexOf('aten::_fused_adamw_')] != null;

/** Gradients of the parameters that have one, with their positions. */
function gradients(parameters: readonly Tensor[]): { index: number[]; grads: Tensor[] } {
  const index: number[] = [];
  const grads: Tensor[] = [];
  for (const [i, parameter] of parameters.entries()) {
    const grad = parameter.grad;
    if (grad === null) continue;
    index.push(i);
    grads.push(grad);
  }
  return { index, grads };
}

/**
 * AdamW (Loshchilov & Hutter 2019). The moments are kept in f32; parameters in bf16 or f16 are
 * updated through f32 master copies, since a small step vanishes in their rounding (algorithms
 * spec, D10). Owns its state: dispose it.
 */
export class AdamW {
  learningRate: number;
  private readonly betas: readonly [number, number];
  private readonly eps: number;
  private readonly weightDecay: number;
  private readonly first: Tensor[];
  private readonly second: Tensor[];
  /** f32 copies of the parameters, or the parameters themselves where they are f32 already. */
  private readonly masters: Tensor[];
  /** Updates that each parameter has had, as single f32 numbers: the form that the fused kernel wants. */
  private readonly counts: Tensor[];
  /** The same numbers, so that bias correction need not wait for a device. */
  private readonly updates: number[];
  private steps = 0;

  /** @throws TorchError for an option out of range. */
  constructor(
    readonly parameters: readonly Tensor[],
    options: AdamWOptions,
  ) {
    this.learningRate = options.learningRate;
    this.betas = options.betas ?? [0.9, 0.999];
    this.eps = options.eps ?? 1e-8;
    this.weightDecay = options.weightDecay ?? 0.01;
    for (const [name, value, good] of [
      ['learningRate', this.learningRate, this.learningRate > 0],
      ['weightDecay', this.weightDecay, this.weightDecay >= 0],
      ['eps', this.eps, this.eps > 0],
      ['betas[0]', this.betas[0], this.betas[0] >= 0 && this.betas[0] < 1],
      ['betas[1]', this.betas[1], this.betas[1] >= 0 && this.betas[1] < 1],
    ] as const) {
      if (!good) throw new TorchError('argument', `AdamW: ${name} is ${value}, which is out of range.`);
    }
    if (new Set(parameters).size < parameters.length)
      throw new TorchError('argument', 'AdamW: a parameter is in the list twice.');
    this.updates = parameters.map(() => 0);
    const make = (fn: (p: Tensor) => Tensor) => unscoped(() => parameters.map((p) => tidy(() => fn(p))));
    // Like their parameter in memory order too: the fused kernel walks them side by side.
    const zeros = (p: Tensor) => p.detach().zerosLike({ dtype: 'f32' });
    this.masters = make((p) => (p.dtype === 'f32' ? p : p.detach().to({ dtype: 'f32' })));
    this.first = make(zeros);
    this.second = make(zeros);
    this.counts = make((p) => ops.zeros([], { dtype: 'f32', device: p.device }));
  }

  /** One update from the accumulated gradients, which are then dropped. Parameters without one stay. */
  step(): void {
    tidy(() =>
      noGrad(() => {
        const { index, grads } = gradients(this.parameters);
        if (grads.length === 0) return;
        this.steps += 1;
        const full = grads.map((grad) => (grad.dtype === 'f32' ? grad : grad.to({ dtype: 'f32' })));
        ops.foreachAdd_(
          index.map((i) => this.counts[i] as Tensor),
          1,
        );
        for (const i of index) this.updates[i] = (this.updates[i] as number) + 1;
        // Bias correction differs between parameters that missed a step and those that did not.
        for (const updates of new Set(index.map((i) => this.updates[i] as number)))
          this.update(
            updates,
            index.map((i, k) => [i, full[k] as Tensor] as const).filter(([i]) => this.updates[i] === updates),
          );
        for (const i of index) {
          const parameter = this.parameters[i] as Tensor;
          if (parameter !== this.masters[i]) parameter.copy_(this.masters[i] as Tensor);
          parameter.setGrad(null);
        }
      }),
    );
  }

  /** One step for parameters that all have had the same number of updates, this one included. */
  private update(updates: number, gradients: readonly (readonly [index: number, grad: Tensor])[]): void {
    const pick = (list: readonly Tensor[]) => gradients.map(([i]) => list[i] as Tensor);
    const [masters, first, second] = [pick(this.masters), pick(this.first), pick(this.second)];
    const grads = gradients.map(([, grad]) => grad);
    const [beta1, beta2] = this.betas;
    const { learningRate: lr, weightDecay, eps } = this;
    if (hasFused) {
      const counts = pick(this.counts);
      ops.fusedAdamw_(
        masters,
        grads,
        first,
        second,
        [],
        counts,
        lr,
        beta1,
        beta2,
        weightDecay,
        eps,
        false,
        false,
      );
      return;
    }
    if (weightDecay > 0) ops.foreachMul_(masters, 1 - lr * weightDecay);
    ops.foreachMul_(first, beta1);
    ops.foreachAdd_(first, grads, { alpha: 1 - beta1 });
    ops.foreachMul_(second, beta2);
    ops.foreachAddcmul_(second, grads, grads, { value: 1 - beta2 });
    const denominator = ops.foreachSqrt(second);
    ops.foreachDiv_(denominator, Math.sqrt(1 - beta2 ** updates));
    ops.foreachAdd_(denominator, eps);
    ops.foreachAddcdiv_(masters, first, denominator, { value: -lr / (1 - beta1 ** updates) });
  }

  /** Drops all gradients. */
  zeroGrad(): void {
    for (const parameter of this.parameters) parameter.setGrad(null);
  }

  /** Named tensors and the step count: all that an exact resume needs. Not copies. */
  state(): { steps: number; tensors: Record<string, Tensor> } {
    const tensors: Record<string, Tensor> = {};
    for (const [i, parameter] of this.parameters.entries()) {
      tensors[`${i}.first`] = this.first[i] as Tensor;
      tensors[`${i}.second`] = this.second[i] as Tensor;
      tensors[`${i}.updates`] = this.counts[i] as Tensor;
      if (parameter !== this.masters[i]) tensors[`${i}.master`] = this.masters[i] as Tensor;
    }
    return { steps: this.steps, tensors };
  }

  /**
   * Copies a saved state in: all of it, or nothing when it does not fit.
   *
   * @throws TorchError when a tensor is missing or has another shape.
   */
  restore(steps: number, tensors: Readonly<Record<string, Tensor>>): void {
    const targets = Object.entries(this.state().tensors);
    for (const [name, target] of targets) {
      const source = tensors[name];
      if (source === undefined) throw new TorchError('file', `the optimizer state has no tensor "${name}"`);
      if (source.shape.join() !== target.shape.join()) {
        throw new TorchError(
          'file',
          `optimizer tensor "${name}" has shape [${source.shape}], expected [${target.shape}]`,
        );
      }
    }
    noGrad(() => {
      for (const [name, target] of targets) target.copy_(tensors[name] as Tensor);
    });
    for (const [i, count] of this.counts.entries()) this.updates[i] = count.item();
    this.steps = steps;
  }

  dispose(): void {
    for (const list of [this.first, this.second, this.counts]) for (const t of list) t.dispose();
    for (const [i, master] of this.masters.entries()) if (master !== this.parameters[i]) master.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** L2 norms in f32. A norm that comes out in bf16 has three digits, so those gradients are widened, one at a time. */
function norms(grads: readonly Tensor[]): Tensor[] {
  const device = grads[0]?.device ?? 'cpu';
  if (grads.every((grad) => grad.dtype === 'f32' && grad.device === device)) return ops.foreachNorm(grads);
  return grads.map((grad) => tidy(() => grad.to({ dtype: 'f32' }).norm().to({ device })));
}

/**
 * Scales the gradients so that their joint L2 norm is at most `maxNorm` (> 0; Infinity only measures).
 *
 * Gradients may lie on several devices.
 *
 * @returns the norm before scaling; NaN or infinite when a gradient is, and then nothing is scaled.
 */
export function clipGradNorm(parameters: readonly Tensor[], maxNorm: number): number {
  if (!(maxNorm > 0))
    throw new TorchError('argument', `clipGradNorm: maxNorm is ${maxNorm}, it must be above 0.`);
  return tidy(() =>
    noGrad(() => {
      const { grads } = gradients(parameters);
      if (grads.length === 0) return 0;
      const total = ops.stack(norms(grads)).norm().item();
      if (Number.isFinite(total) && total > maxNorm) ops.foreachMul_(grads, maxNorm / (total + 1e-6));
      return total;
    }),
  );
}

/** True when the linked libtorch has the operator, e.g. `aten::scaled_dot_product_attention`. */
export function hasOperator(name: string): boolean {
  const index = operatorNames.indexOf(name);
  return index >= 0 && registeredSchemas[index] != null;
}
