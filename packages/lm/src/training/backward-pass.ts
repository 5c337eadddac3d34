/**
 * A backward pass in stages. Autograd keeps every intermediate of a forward until the backward. Where that
 * is too much, the graph is cut: it ends in a leaf, and once the leaf's gradient is known a stage computes
 * what lies before the cut (the LM head in vocabulary chunks, layers recomputed one by one).
 */
import { own, type Tensor, tidy } from '@collm/torch';
import type { Decoder } from '../model/decoder.js';

/** Above this many floating-point operations (about a second on two cores) a backward pass leaves the thread. */
const LONG_BACKWARD = 1e11;

type Stage = (gradient: Tensor, run: (root: Tensor, gradient: Tensor) => Promise<void>) => Promise<void>;

/** The graph of one micro-batch, from its loss back to the weights. Dispose of it after `backward`. */
export class BackwardPass {
  private readonly cuts: { leaf: Tensor; stage: Stage }[] = [];
  private readonly held = new Set<Tensor>();

  /** Tokens that went through the decoder: how long the pass takes decides where it runs. */
  tokens = 0;

  constructor(private readonly decoder: Decoder) {}

  /** Keeps a tensor until `dispose`, whatever scope it was made in. */
  hold<T extends Tensor>(tensor: T): T {
    this.held.add(tensor);
    return own(tensor);
  }

  /**
   * Ends the graph at `output`.
   *
   * @param stage is given the gradient of `output`, and `run` to send gradients on into graphs before the cut
   * @returns the same values as a leaf of a new graph
   */
  cut(output: Tensor, stage: Stage): Tensor {
    const leaf = this.hold(output.detach()).requiresGrad_();
    this.cuts.push({ leaf, stage });
    return leaf;
  }

  /**
   * Gradients of `loss` in the weights that take part, added to those already there. A long pass runs on a
   * thread of the pool and leaves the event loop free; a short one runs here, since handing it over costs
   * more than it takes.
   */
  async backward(loss: Tensor): Promise<void> {
    await this.run(this.hold(loss));
    for (const { leaf, stage } of this.cuts.reverse()) {
      const { grad } = leaf;
      if (grad === null) continue; // the loss does not depend on it
      await stage(this.hold(grad), (root, gradient) => this.run(root, gradient));
    }
  }

  /** True when the event loop should get a turn between pieces of the pass. */
  get isLong(): boolean {
    return 4 * this.decoder.numParameters * this.tokens > LONG_BACKWARD;
  }

  dispose(): void {
    for (const tensor of this.held) tensor.dispose();
    this.held.clear();
    this.cuts.length = 0;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private async run(root: Tensor, gradient?: Tensor): Promise<void> {
    if (this.isLong) await root.backwardAsync(gradient);
    else root.backward(gradient);
  }
}

/** Adds `addition` to a weight's gradient, which it becomes where there is none yet. */
export function accumulate(weight: Tensor, addition: (gradient: Tensor) => void): void {
  tidy(() => {
    if (weight.grad === null) weight.setGrad(weight.detach().zerosLike());
    addition(weight.grad as Tensor);
  });
}
