/** AdamW and gradient-norm clipping on lists of tensors, by libtorch's multi-tensor operators. */
import { noGrad } from './autograd.js';
import { TorchError } from './errors.js';
import * as ops from './generated/ops.js';
import { native, operatorNames, registeredSchemas } from './native.js';
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
  private readonly counts: Tensor[];
  private steps = 0;

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
    [this.masters, this.first, this.second, this.counts] = unscoped(() =>
      noGrad(() => [
        parameters.map((p) => (p.dtype === 'f32' ? p : p.detach().to({ dtype: 'f32' }))),
        parameters.map((p) => ops.zeros(p.shape, { dtype: 'f32', device: p.device })),
        parameters.map((p) => ops.zeros(p.shape, { dtype: 'f32', device: p.device })),
        hasFused ? parameters.map((p) => ops.zeros([], { dtype: 'f32', device: p.device })) : [],
      ]),
    ) as [Tensor[], Tensor[], Tensor[], Tensor[]];
  }

  /** One update from the accumulated gradients, which are then dropped. Parameters without one stay. */
  step(): void {
    tidy(() =>
      noGrad(() => {
        const { index, grads } = gradients(this.parameters);
        if (grads.length === 0) return;
        this.steps += 1;
        const pick = (list: readonly Tensor[]) => index.map((i) => list[i] as Tensor);
        const full = grads.map((grad) => (grad.dtype === 'f32' ? grad : grad.to({ dtype: 'f32' })));
        this.update(
          pick(this.masters),
          full,
          pick(this.first),
          pick(this.second),
          hasFused ? pick(this.counts) : [],
        );
        for (const i of index) {
          const parameter = this.parameters[i] as Tensor;
          if (parameter !== this.masters[i]) parameter.copy_(this.masters[i] as Tensor);
          parameter.setGrad(null);
        }
      }),
    );
  }

  private update(
    masters: Tensor[],
    grads: Tensor[],
    first: Tensor[],
    second: Tensor[],
    counts: Tensor[],
  ): void {
    const [beta1, beta2] = this.betas;
    const lr = this.learningRate;
    if (hasFused) {
      ops.foreachAdd_(counts, 1);
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
        this.weightDecay,
        this.eps,
        false,
        false,
      );
      return;
    }
    if (this.weightDecay > 0) ops.foreachMul_(masters, 1 - lr * this.weightDecay);
    ops.foreachMul_(first, beta1);
    ops.foreachAdd_(first, grads, { alpha: 1 - beta1 });
    ops.foreachMul_(second, beta2);
    ops.foreachAddcmul_(second, grads, grads, { value: 1 - beta2 });
    const denominator = ops.foreachSqrt(second);
    ops.foreachDiv_(denominator, Math.sqrt(1 - beta2 ** this.steps));
    ops.foreachAdd_(denominator, this.eps);
    ops.foreachAddcdiv_(masters, first, denominator, { value: -lr / (1 - beta1 ** this.steps) });
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
      if (parameter !== this.masters[i]) tensors[`${i}.master`] = this.masters[i] as Tensor;
    }
    return { steps: this.steps, tensors };
  }

  /** Copies a saved state in. @throws TorchError when a tensor is missing or has another shape. */
  restore(steps: number, tensors: Record<string, Tensor>): void {
    noGrad(() => {
      for (const [name, target] of Object.entries(this.state().tensors)) {
        const source = tensors[name];
        if (source === undefined) throw new TorchError('file', `the optimizer state has no tensor "${name}"`);
        if (source.shape.join() !== target.shape.join()) {
          throw new TorchError(
            'file',
            `optimizer tensor "${name}" has shape [${source.shape}], expected [${target.shape}]`,
          );
        }
        target.copy_(source);
      }
      for (const count of this.counts) count.fill_(steps);
    });
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

/**
 * Scales the gradients so that their joint L2 norm is at most `maxNorm` (> 0; Infinity only measures).
 *
 * @returns the norm before scaling; NaN or infinite when a gradient is, and then nothing is scaled.
 */
export function clipGradNorm(parameters: readonly Tensor[], maxNorm: number): number {
  return tidy(() =>
    noGrad(() => {
      const { grads } = gradients(parameters);
      if (grads.length === 0) return 0;
      const norms = ops.foreachNorm(grads).map((norm) => norm.to({ dtype: 'f32' }));
      const total = ops.stack(norms).norm().item();
      if (Number.isFinite(total) && total > maxNorm) ops.foreachMul_(grads, maxNorm / (total + 1e-6));
      return total;
    }),
  );
}

/** True when the linked libtorch has the operator, e.g. `aten::scaled_dot_product_attention`. */
export function hasOperator(name: string): boolean {
  const index = operatorNames.indexOf(name);
  return index >= 0 && registeredSchemas[index] != null && native !== undefined;
}
