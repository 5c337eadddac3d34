/**
 * Log-probabilities of response tokens (P1). The LM head runs on the places that predict one, never on the
 * prompt or the padding; and where places times vocabulary is much, in chunks of the vocabulary, so that the
 * logits are never held whole, neither forward nor backward.
 */
import { empty, noGrad, type Tensor, tidy, zeros } from '@collm/torch';
import type { Decoder } from '../model/decoder.js';
import { accumulate, type BackwardPass } from './backward-pass.js';

/** Where responses lie in a batch of padded sequences. */
export interface ResponsePositions {
  /** i64 [N]: flat places b · T + t whose hidden state predicts a response token. */
  places: Tensor;
  /** i64 [N]: the tokens predicted there. */
  targets: Tensor;
}

export interface ResponseLogProbs {
  /** f32 [N] */
  logProbs: Tensor;
  /** Entropy of the full next-token distribution in nats, f32 [N], without gradient. */
  entropy: Tensor;
}

/**
 * Most logits that are held at once. On a processor a chunk and its temporaries stay near its caches; a device
 * wants products large enough to fill it.
 */
const CHUNK = { cpu: 2 ** 21, device: 2 ** 26 };

/**
 * @param hidden [B, T, C]
 * @param temperature logits are divided by it, > 0
 * @param pass knows how to go backward through chunks. Without it the gradient is autograd's own, whatever
 *   memory that takes.
 * @param chunk most logits held at once
 */
export function responseLogProbs(
  decoder: Decoder,
  hidden: Tensor,
  positions: ResponsePositions,
  temperature: number,
  pass?: BackwardPass,
  chunk = decoder.device === 'cpu' ? CHUNK.cpu : CHUNK.device,
): ResponseLogProbs {
  const rows = hidden.reshape([-1, hidden.size(-1)]).indexSelect(0, positions.places); // [N, C]
  if (pass === undefined || rows.size(0) * decoder.config.vocabSize <= chunk)
    return whole(decoder, rows, positions.targets, temperature);
  const head = new ChunkedHead(
    decoder,
    pass.hold(rows),
    pass.hold(positions.targets.clone()),
    temperature,
    chunk,
  );
  const { logProbs, entropy, logSum } = head.forward();
  pass.hold(logSum);
  const leaf = pass.cut(logProbs, async (gradient, run) => {
    const toRows = await head.backward(gradient, logSum, pass.isLong);
    if (rows.requiresGrad) await run(rows, pass.hold(toRows));
  });
  return { logProbs: leaf, entropy };
}

function whole(decoder: Decoder, rows: Tensor, targets: Tensor, temperature: number): ResponseLogProbs {
  const logits = decoder.logits(rows).to({ dtype: 'f32' });
  const all = (temperature === 1 ? logits : logits.div(temperature)).logSoftmax(-1); // [N, V]
  const logProbs = all.gather(-1, targets.unsqueeze(-1)).squeeze(-1);
  const fixed = all.detach();
  return { logProbs, entropy: fixed.exp().mul(fixed).sum(-1).neg() };
}

/** LM head and softmax over chunks of the vocabulary, with the gradient worked out by hand. */
class ChunkedHead {
  private readonly width: number;
  private readonly vocabSize: number;

  constructor(
    private readonly decoder: Decoder,
    private readonly rows: Tensor, // [N, C]
    private readonly targets: Tensor, // i64 [N]
    private readonly temperature: number,
    chunk: number,
  ) {
    this.vocabSize = decoder.config.vocabSize;
    this.width = Math.max(128, Math.floor(chunk / rows.size(0)));
  }

  /** One pass with a running maximum and sum (Milakov & Gimelshein 2018). */
  forward(): ResponseLogProbs & { logSum: Tensor } {
    return tidy(() =>
      noGrad(() => {
        const N = this.rows.size(0);
        const f32 = { dtype: 'f32', device: this.rows.device } as const;
        const maximum = empty([N], f32).fill_(Number.NEGATIVE_INFINITY);
        const total = zeros([N], f32); // Σ exp(l - maximum)
        const weighted = zeros([N], f32); // Σ exp(l - maximum) · l
        const chosen = zeros([N], f32);
        for (const [start, width] of this.chunks()) {
          tidy(() => {
            const logits = this.logits(start, width);
            const above = maximum.maximum(logits.amax({ dim: [-1] }));
            const shrink = maximum.sub(above).exp_();
            const { inside, at } = this.place(start, width);
            chosen.add_(logits.gather(-1, at).squeeze(-1).mul(inside));
            const mass = logits.sub(above.unsqueeze(-1)).exp_();
            total.mul_(shrink).add_(mass.sum(-1));
            weighted.mul_(shrink).add_(mass.mul_(logits).sum(-1));
            maximum.copy_(above);
          });
        }
        const logSum = total.log().add_(maximum);
        return { logProbs: chosen.sub(logSum), entropy: logSum.sub(weighted.div(total)), logSum };
      }),
    );
  }

  /**
   * d log p(target) / d logits = (one-hot - p) / temperature, a chunk at a time: into the head's gradient, and
   * into that of the rows.
   *
   * @param gradient f32 [N], of the log-probs
   * @param logSum f32 [N], from `forward`
   * @returns the gradient of the rows, [N, C]
   */
  async backward(gradient: Tensor, logSum: Tensor, yields: boolean): Promise<Tensor> {
    const { rows, decoder } = this;
    const weight = decoder.headWeight;
    const toRows = tidy(() => rows.detach().zerosLike({ dtype: 'f32' }));
    const scaled = gradient.div(this.temperature);
    try {
      for (const [start, width] of this.chunks()) {
        noGrad(() =>
          tidy(() => {
            const slope = this.logits(start, width).sub_(logSum.unsqueeze(-1)).exp_();
            slope.mul_(scaled.neg().unsqueeze(-1)); // -p · g / temperature
            const { inside, at } = this.place(start, width);
            slope.scatterAdd_(-1, at, scaled.mul(inside).unsqueeze(-1));
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
      scaled.dispose();
      if (rows.dtype !== 'f32') toRows.dispose();
    }
  }

  private *chunks(): Generator<[start: number, width: number]> {
    for (let start = 0; start < this.vocabSize; start += this.width)
      yield [start, Math.min(this.width, this.vocabSize - start)];
  }

  /** f32 [N, width] */
  private logits(start: number, width: number): Tensor {
    const weight = this.decoder.headWeight.detach().narrow(0, start, width);
    const logits = this.rows.detach().matmul(weight.t()).to({ dtype: 'f32' });
    return this.temperature === 1 ? logits : logits.div_(this.temperature);
  }

  /** Which rows have their target in the chunk, f32 [N], and where in it, i64 [N, 1]. */
  private place(start: number, width: number): { inside: Tensor; at: Tensor } {
    const offset = this.targets.sub(start);
    const at = offset.clamp({ min: 0, max: width - 1 });
    return { inside: at.eq(offset).to({ dtype: 'f32' }), at: at.unsqueeze(-1) };
  }
}

/** sum += a · b, in f32 whatever the factors are. */
function addProduct(sum: Tensor, a: Tensor, b: Tensor): void {
  if (a.dtype === 'f32') sum.addmm_(a, b);
  else sum.add_(a.mm(b));
}
