import { noGrad, stack, type Tensor, tidy, unscoped } from '@collm/torch';
import type { GradientSpread } from '../messages.js';

/**
 * Mean and total variance of gradients that are seen one at a time (Welford 1962), which keeps its digits where the
 * variance is small beside the mean. Holds one copy of the gradients, their running mean in f32: dispose it.
 */
export class GradientMoments {
  /** Null for a weight that has had no gradient, which counts as zero. */
  private readonly means: (Tensor | null)[];
  private count = 0;
  /** Σ |g - mean|² over the gradients and their weights. */
  private squares = 0;

  constructor(private readonly parameters: readonly Tensor[]) {
    this.means = parameters.map(() => null);
  }

  /** Takes in the gradient that lies in the weights. */
  add(): void {
    this.count += 1;
    const norms: Tensor[] = [];
    tidy(() =>
      noGrad(() => {
        for (const [i, parameter] of this.parameters.entries()) {
          const norm = tidy(() => this.addOne(i, parameter.grad));
          if (norm !== null) norms.push(norm);
        }
        if (norms.length === 0) return;
        this.squares += (stack(norms).norm().item() ** 2 * (this.count - 1)) / this.count;
      }),
    );
  }

  /** Moves one weight's mean; the norm of what the gradient was away from it. */
  private addOne(i: number, gradient: Tensor | null): Tensor | null {
    if (gradient === null && this.means[i] === null) return null;
    this.means[i] ??= unscoped(() => (gradient as Tensor).zerosLike({ dtype: 'f32' }));
    const mean = this.means[i] as Tensor;
    const away = gradient === null ? mean.neg() : gradient.to({ dtype: 'f32' }).sub(mean);
    mean.add_(away, { alpha: 1 / this.count });
    return away.norm();
  }

  /** @throws RangeError when fewer than two gradients were seen */
  get spread(): GradientSpread {
    if (this.count < 2)
      throw new RangeError(`The spread of gradients wants two batches or more; it got ${this.count}.`);
    const means = this.means.filter((mean) => mean !== null);
    const meanNorm =
      means.length === 0
        ? 0
        : tidy(() =>
            noGrad(() =>
              stack(means.map((mean) => mean.norm()))
                .norm()
                .item(),
            ),
          );
    return { meanNorm, variance: this.squares / (this.count - 1) };
  }

  dispose(): void {
    for (const mean of this.means.splice(0)) mean?.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
