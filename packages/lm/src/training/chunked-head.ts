/** LM head and softmax over chunks of the vocabulary, with the gradient worked out by hand. */
import { empty, noGrad, type Tensor, tidy, zeros } from '@collm/torch';
import type { Decoder } from '../model/decoder.js';
import { accumulate } from './backward-pass.js';

/** A model and its hidden states at the places of interest, [N, its width]. */
export interface HeadRows {
  decoder: Decoder;
  rows: Tensor;
}

/** What the forward gives, f32 [N] each. The backward wants it back. */
export interface HeadOutputs {
  logProbs: Tensor;
  entropy: Tensor;
  /** log Σ exp of the logits. */
  logSum: Tensor;
  /** With a reference: KL(p ‖ q), and log Σ exp of the reference's logits. */
  kl?: Tensor;
  referenceLogSum?: Tensor;
}

/** Gradients of a loss in the outputs, f32 [N] each; absent where the output takes no part. */
export interface HeadGradients {
  logProbs: Tensor;
  entropy?: Tensor;
  kl?: Tensor;
}

export class ChunkedHead {
  private readonly width: number;
  private readonly vocabSize: number;

  /**
   * @param targets i64 [N]
   * @param chunk most logits held at once
   * @param reference asks for the divergence from it
   */
  constructor(
    private readonly own: HeadRows,
    private readonly targets: Tensor,
    private readonly temperature: number,
    chunk: number,
    private readonly reference?: HeadRows,
  ) {
    this.vocabSize = own.decoder.config.vocabSize;
    this.width = Math.max(128, Math.floor(chunk / own.rows.size(0)));
  }

  forward(): HeadOutputs {
    return tidy(() =>
      noGrad(() => {
        const N = this.own.rows.size(0);
        const f32 = { dtype: 'f32', device: this.own.rows.device } as const;
        const ours = new RunningSum(N, f32);
        const theirs = this.reference && new RunningSum(N, f32);
        const weighted = zeros([N], f32); // Σ exp(l - maximum) · l
        const apart = zeros([N], f32); // Σ exp(l - maximum) · (l - the reference's l)
        const chosen = zeros([N], f32);
        for (const [start, width] of this.chunks()) {
          tidy(() => {
            const logits = this.logits(this.own, start, width);
            const { inside, at } = this.place(start, width);
            chosen.add_(logits.gather(-1, at).squeeze(-1).mul(inside));
            const { mass, shrink } = ours.add(logits);
            if (this.reference !== undefined) {
              const others = this.logits(this.reference, start, width);
              theirs?.add(others);
              apart.mul_(shrink).add_(logits.sub(others).mul_(mass).sum(-1));
            }
            weighted.mul_(shrink).add_(mass.mul_(logits).sum(-1));
          });
        }
        const logSum = ours.log();
        const outputs = {
          logProbs: chosen.sub(logSum),
          entropy: logSum.sub(weighted.div(ours.total)),
          logSum,
        };
        if (theirs === undefined) return outputs;
        const referenceLogSum = theirs.log();
        return { ...outputs, kl: apart.div(ours.total).sub(logSum.sub(referenceLogSum)), referenceLogSum };
      }),
    );
  }

  /**
   * Gradients in the logits l before the temperature T, a chunk at a time: into the head's gradient, and into that
   * of the rows. With p the distribution, q the reference's and H the entropy,
   *
   *     d log p(target) / dl = (one-hot - p) / T
   *     dH / dl              = -p (log p + H) / T
   *     dKL / dl             = p (log p - log q - KL) / T
   *
   * @returns the gradient of the rows, [N, C]
   */
  async backward(gradients: HeadGradients, outputs: HeadOutputs, yields: boolean): Promise<Tensor> {
    const { rows, decoder } = this.own;
    const weight = decoder.headWeight;
    const toRows = tidy(() => rows.detach().zerosLike({ dtype: 'f32' }));
    const scaled = this.scaled(gradients, outputs);
    try {
      for (const [start, width] of this.chunks()) {
        noGrad(() =>
          tidy(() => {
            const slope = this.slope(scaled, outputs, start, width);
            const back = rows.dtype === 'f32' ? slope : slope.to({ dtype: rows.dtype });
            addProduct(toRows, back, weight.detach().narrow(0, start, width));
            if (weight.requiresGrad)
              accumulate(weight, (sum) => sum.narrow(0, start, width).addmm_(back.t(), rows.detach()));
          }),
        );
        if (yields) await new Promise((resume) => setImmediate(resume));
      }
      return rows.dtype === 'f32' ? toRows : toRows.to({ dtype: rows.dtype });
    } finally {
      for (const tensor of Object.values(scaled)) tensor.dispose();
      if (rows.dtype !== 'f32') toRows.dispose();
    }
  }

  /** The gradients over T, [N, 1], and `all`: what every p is multiplied by, whatever the token. */
  private scaled(gradients: HeadGradients, { entropy, kl }: HeadOutputs): HeadGradients & { all: Tensor } {
    return tidy(() => {
      const over = (gradient: Tensor) => gradient.div(this.temperature).unsqueeze(-1);
      const logProbs = over(gradients.logProbs);
      let all = logProbs.neg();
      const scaled: HeadGradients = { logProbs };
      if (gradients.entropy !== undefined) {
        scaled.entropy = over(gradients.entropy);
        all = all.sub(scaled.entropy.mul(entropy.unsqueeze(-1)));
      }
      if (gradients.kl !== undefined && kl !== undefined) {
        scaled.kl = over(gradients.kl);
        all = all.sub(scaled.kl.mul(kl.unsqueeze(-1)));
      }
      return { ...scaled, all };
    });
  }

  /** The loss's gradient in the logits of a chunk, f32 [N, width]. */
  private slope(
    scaled: HeadGradients & { all: Tensor },
    { logSum, referenceLogSum }: HeadOutputs,
    start: number,
    width: number,
  ): Tensor {
    const logP = this.logits(this.own, start, width).sub_(logSum.unsqueeze(-1));
    let factor = scaled.all;
    if (scaled.entropy !== undefined) factor = factor.sub(logP.mul(scaled.entropy));
    if (scaled.kl !== undefined && this.reference !== undefined && referenceLogSum !== undefined) {
      const logQ = this.logits(this.reference, start, width).sub_(referenceLogSum.unsqueeze(-1));
      factor = factor.add(logP.sub(logQ).mul_(scaled.kl));
    }
    const slope = logP.exp_().mul_(factor);
    const { inside, at } = this.place(start, width);
    return slope.scatterAdd_(-1, at, scaled.logProbs.mul(inside.unsqueeze(-1)));
  }

  private *chunks(): Generator<[start: number, width: number]> {
    for (let start = 0; start < this.vocabSize; start += this.width)
      yield [start, Math.min(this.width, this.vocabSize - start)];
  }

  /** A model's logits over the temperature, f32 [N, width], on the device of the trained one. */
  private logits({ decoder, rows }: HeadRows, start: number, width: number): Tensor {
    const weight = decoder.headWeight.detach().narrow(0, start, width);
    const raw = rows.detach().matmul(weight.t());
    const logits = raw.to({ dtype: 'f32', device: this.own.rows.device });
    return this.temperature === 1 ? logits : logits.div_(this.temperature);
  }

  /** Which rows have their target in the chunk, f32 [N], and where in it, i64 [N, 1]. */
  private place(start: number, width: number): { inside: Tensor; at: Tensor } {
    const offset = this.targets.sub(start);
    const at = offset.clamp({ min: 0, max: width - 1 });
    return { inside: at.eq(offset).to({ dtype: 'f32' }), at: at.unsqueeze(-1) };
  }
}

/** Σ exp(l) over chunks, by a running maximum and sum (Milakov & Gimelshein 2018). */
class RunningSum {
  /** f32 [N] */
  private readonly maximum: Tensor;
  /** Σ exp(l - maximum), f32 [N] */
  readonly total: Tensor;

  constructor(N: number, options: { dtype: 'f32'; device: Tensor['device'] }) {
    this.maximum = empty([N], options).fill_(Number.NEGATIVE_INFINITY);
    this.total = zeros([N], options);
  }

  /** @returns exp(l - maximum) of the chunk, and the factor that earlier sums shrink by under the new maximum */
  add(logits: Tensor): { mass: Tensor; shrink: Tensor } {
    const above = this.maximum.maximum(logits.amax({ dim: [-1] }));
    const shrink = this.maximum.sub(above).exp_();
    const mass = logits.sub(above.unsqueeze(-1)).exp_();
    this.total.mul_(shrink).add_(mass.sum(-1));
    this.maximum.copy_(above);
    return { mass, shrink };
  }

  log(): Tensor {
    return this.total.log().add_(this.maximum);
  }
}

/** sum += a · b, in f32 whatever the factors are. */
function addProduct(sum: Tensor, a: Tensor, b: Tensor): void {
  if (a.dtype === 'f32') sum.addmm_(a, b);
  else sum.add_(a.mm(b));
}
