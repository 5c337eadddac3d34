import { AdamW, type Tensor } from '@collm/torch';

/** How weights are updated; names of algorithms spec 3.2. */
export interface OptimiserOptions {
  /** > 0 */
  readonly learningRate: number;
  /** Of the weights of a value head, > 0. Default: `learningRate`. */
  readonly headLearningRate?: number;
  readonly weightDecay: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  /** Gradients are scaled down to this global L2 norm; null leaves them. */
  readonly maxGradNorm: number | null;
}

/** What the learning rates are multiplied with, >= 0. */
export type RateFactors = Readonly<Record<'model' | 'head', number>>;

/** Weights with a learning rate of their own, under a name that begins those of their tensors in files. */
interface ParameterGroup {
  readonly name: keyof RateFactors;
  readonly learningRate: number;
  readonly optimiser: AdamW;
}

/** A model's weights and those of a head on it, stepped together but each at a learning rate of its own. */
export class ParameterGroups {
  readonly parameters: readonly Tensor[];
  private readonly groups: readonly ParameterGroup[];

  constructor(model: readonly Tensor[], head: readonly Tensor[], options: OptimiserOptions) {
    const { learningRate, headLearningRate = learningRate } = options;
    this.parameters = [...model, ...head];
    const groups = [group('model', model, learningRate, options)];
    if (head.length > 0) groups.push(group('head', head, headLearningRate, options));
    this.groups = groups;
  }

  /**
   * One update from the accumulated gradients, which are then dropped.
   *
   * @param factors.model multiplies the model's learning rate, >= 0
   * @param factors.head multiplies the head's, >= 0
   * @param gradientScale multiplies the gradients
   */
  step(factors: RateFactors, gradientScale: number): void {
    for (const { name, learningRate, optimiser } of this.groups) {
      optimiser.learningRate = learningRate * factors[name];
      optimiser.step({ gradientScale });
    }
    this.zeroGrad();
  }

  /** Drops all gradients. */
  zeroGrad(): void {
    for (const { optimiser } of this.groups) optimiser.zeroGrad();
  }

  /** All tensors of the optimisers' state by name. Not copies. */
  state(): Record<string, Tensor> {
    return Object.fromEntries(
      this.groups.flatMap(({ name, optimiser }) =>
        Object.entries(optimiser.state().tensors).map(([key, tensor]) => [`${name}.${key}`, tensor]),
      ),
    );
  }

  /** Copies a saved state in. @throws TorchError when a tensor is missing or has another shape */
  restore(steps: number, tensors: Readonly<Record<string, Tensor>>): void {
    for (const { name, optimiser } of this.groups) {
      const own = Object.entries(tensors).filter(([key]) => key.startsWith(`${name}.`));
      optimiser.restore(
        steps,
        Object.fromEntries(own.map(([key, tensor]) => [key.slice(name.length + 1), tensor])),
      );
    }
  }

  dispose(): void {
    for (const { optimiser } of this.groups) optimiser.dispose();
  }
}

function group(
  name: ParameterGroup['name'],
  parameters: readonly Tensor[],
  learningRate: number,
  { weightDecay, beta1, beta2, eps }: OptimiserOptions,
): ParameterGroup {
  const optimiser = new AdamW(parameters, { learningRate, weightDecay, betas: [beta1, beta2], eps });
  return { name, learningRate, optimiser };
}
