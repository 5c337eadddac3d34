import {
  type Device,
  Generator,
  linear,
  noGrad,
  randn,
  type Tensor,
  tidy,
  unscoped,
  zeros,
} from '@collm/torch';

export interface ValueHeadOptions {
  hiddenSize: number;
  /** Width of one tanh layer; null for a single linear map. */
  hiddenDim: number | null;
  seed: number;
  device?: Device;
}

/**
 * Scalar value of a hidden state, in f32 whatever the backbone's dtype. The last layer starts at
 * zero, so that V = 0 before the first update (algorithms spec, section 4).
 */
export class ValueHead {
  /** Named as they are saved. */
  readonly weights: Record<string, Tensor>;

  constructor(readonly options: ValueHeadOptions) {
    const { hiddenSize, hiddenDim, seed, device = 'cpu' } = options;
    using generator = new Generator(seed);
    const width = hiddenDim ?? hiddenSize;
    this.weights = unscoped(() =>
      noGrad(() => ({
        ...(hiddenDim === null
          ? {}
          : {
              'hidden.weight': tidy(() =>
                randn([hiddenDim, hiddenSize], generator).mul_(0.02).to({ device }),
              ),
              'hidden.bias': zeros([hiddenDim], { dtype: 'f32', device }),
            }),
        'output.weight': zeros([1, width], { dtype: 'f32', device }),
        'output.bias': zeros([1], { dtype: 'f32', device }),
      })),
    );
    for (const weight of Object.values(this.weights)) weight.requiresGrad_();
  }

  /**
   * Hidden states [..., C] to values f32 [...]: those of a marker token for one value a turn, [B, T, C] for one at
   * every token.
   */
  forward(hidden: Tensor): Tensor {
    let x = hidden.to({ dtype: 'f32' });
    const inner = this.weights['hidden.weight'];
    const innerBias = this.weights['hidden.bias'];
    if (inner !== undefined && innerBias !== undefined) x = linear(x, inner, { bias: innerBias }).tanh();
    return linear(x, this.weights['output.weight'] as Tensor, {
      bias: this.weights['output.bias'] as Tensor,
    }).squeeze(-1);
  }

  /** Changes the last layer so that every value v becomes v · factor + shift. */
  rescale(factor: number, shift: number): void {
    noGrad(() => {
      this.weights['output.weight']?.mul_(factor);
      this.weights['output.bias']?.mul_(factor).add_(shift);
    });
  }

  parameters(): Tensor[] {
    return Object.values(this.weights);
  }

  dispose(): void {
    for (const weight of this.parameters()) weight.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
