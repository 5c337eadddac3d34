/** The AdamW optimiser on lists of tensors. */
import { adamwUpdate } from './adamw-update.js';
import { noGrad } from './autograd.js';
import { TorchError } from './errors.js';
import * as ops from './generated/ops.js';
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

  /**
   * One update from the accumulated gradients, which are then dropped. Parameters without one stay.
   *
   * @param options.gradientScale gradients are multiplied by it on the way (see `clipScale`)
   */
  step(options: { gradientScale?: number } = {}): void {
    const { gradientScale = 1 } = options;
    tidy(() =>
      noGrad(() => {
        const moved: { index: number; gradient: Tensor }[] = [];
        for (const [index, { grad }] of this.parameters.entries())
          if (grad !== null) moved.push({ index, gradient: grad });
        if (moved.length === 0) return;
        this.steps += 1;
        ops.foreachAdd_(
          moved.map(({ index }) => this.counts[index] as Tensor),
          1,
        );
        for (const { index } of moved) this.updates[index] = (this.updates[index] as number) + 1;
        const { learningRate, betas, eps, weightDecay } = this;
        // Bias correction differs between parameters that missed a step and those that did not.
        for (const updates of new Set(moved.map(({ index }) => this.updates[index] as number))) {
          const alike = moved.filter(({ index }) => this.updates[index] === updates);
          adamwUpdate(
            alike.map(({ index, gradient }) => ({
              parameter: this.parameters[index] as Tensor,
              master: this.masters[index] as Tensor,
              gradient,
              first: this.first[index] as Tensor,
              second: this.second[index] as Tensor,
              count: this.counts[index] as Tensor,
            })),
            { learningRate, betas, eps, weightDecay, updates, gradientScale },
          );
        }
        for (const { index } of moved) this.parameters[index]?.setGrad(null);
      }),
    );
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
