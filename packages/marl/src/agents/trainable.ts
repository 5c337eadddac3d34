import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BackwardPass, type Decoder } from '@collm/lm';
import {
  clipScale,
  loadSafetensors,
  noGrad,
  gradNorm as normOf,
  saveSafetensors,
  type Tensor,
  TensorScope,
  tidy,
} from '@collm/torch';
import type { GradientSpread } from '../messages.js';
import { inTurn } from './device-queue.js';
import { GradientMoments } from './gradient-spread.js';
import { type OptimiserOptions, ParameterGroups, type RateFactors } from './parameter-groups.js';
import { copyAll, type ModelSource, type TrainedModel } from './trained-model.js';

/** Holds what only training needs, inside a saved model's folder. */
export const trainingFolder = 'training';
const optimiserFile = 'optimizer.safetensors';
const headFile = 'value_head.safetensors';

/** What agents and critics are made of. */
export interface ModelOptions extends ModelSource, OptimiserOptions {
  /** Most padded tokens of one forward and backward, > 0. */
  readonly tokensPerMicroBatch: number;
  /** Longest input in tokens; null takes what the model's context leaves. */
  readonly maxPromptTokens: number | null;
  /** Layers are computed again in the backward pass instead of kept: slower, in a fraction of the memory. */
  readonly gradientCheckpointing?: boolean;
}

/** One micro-batch's share of the loss, and figures that add up over micro-batches. */
export interface LossShare {
  loss: Tensor;
  sums: Record<string, Tensor>;
}

/** A minibatch cut into micro-batches, and the loss of each. */
export interface Minibatch<Batch> {
  readonly microBatches: readonly Batch[];
  readonly share: (microBatch: Batch, pass: BackwardPass) => LossShare;
}

/** What a minibatch gave: its loss, its gradient's global L2 norm, and the sums over its micro-batches. */
export interface StepResult {
  loss: number;
  gradNorm: number;
  sums: Record<string, number>;
}

/** A model with its optimiser: gradients gathered over micro-batches, one step, an exactly resumable state. */
export class Trainable {
  private readonly weights: ParameterGroups;
  /** Optimiser steps made so far. */
  private steps = 0;

  /** Takes ownership of the model; `head` holds further weights by name (a value head) and stays the caller's. */
  constructor(
    private readonly model: TrainedModel,
    private readonly head: Readonly<Record<string, Tensor>>,
    private readonly options: OptimiserOptions,
  ) {
    model.decoder.train();
    this.weights = new ParameterGroups(model.decoder.parameters(), Object.values(head), options);
  }

  get decoder(): Decoder {
    return this.model.decoder;
  }

  /** The model before any update, or null where nobody keeps it. */
  get reference(): Decoder | null {
    return this.model.reference;
  }

  /**
   * One optimiser step on the sum of the micro-batches' losses. The weights and the optimiser stay as they are when
   * the loss or the gradient is not finite: the caller sees it in what is returned.
   *
   * @param factors of the learning rates
   */
  async step<Batch>(
    microBatches: readonly Batch[],
    share: (microBatch: Batch, pass: BackwardPass) => LossShare,
    factors: RateFactors,
  ): Promise<StepResult> {
    try {
      const { loss, sums } = await this.gradient({ microBatches, share });
      const gradNorm = normOf(this.weights.parameters);
      if (Number.isFinite(loss) && Number.isFinite(gradNorm)) {
        const gradientScale = clipScale(gradNorm, this.options.maxGradNorm ?? Number.POSITIVE_INFINITY);
        this.weights.step(factors, gradientScale);
        this.steps += 1;
      }
      return { loss, gradNorm, sums };
    } finally {
      this.weights.zeroGrad();
    }
  }

  /** How gradients of minibatches differ, before clipping. Neither weights nor optimiser move. */
  async gradientSpread<Batch>(minibatches: readonly Minibatch<Batch>[]): Promise<GradientSpread> {
    using moments = new GradientMoments(this.weights.parameters);
    try {
      let drawn = 0; // each micro-batch has dropout of its own
      for (const minibatch of minibatches) {
        await this.gradient(minibatch, drawn);
        drawn += minibatch.microBatches.length;
        moments.add();
      }
    } finally {
      this.weights.zeroGrad();
    }
    return moments.spread;
  }

  /** Leaves the gradient of the sum of the micro-batches' losses in the weights, in place of any that was there. */
  private async gradient<Batch>(
    { microBatches, share }: Minibatch<Batch>,
    drawn = 0,
  ): Promise<Omit<StepResult, 'gradNorm'>> {
    let loss = 0;
    const sums: Record<string, number> = {};
    this.weights.zeroGrad();
    try {
      for (const [i, microBatch] of microBatches.entries()) {
        loss += await inTurn(this.decoder.device, () => {
          this.model.beginMicroBatch(this.steps, drawn + i);
          return this.accumulate((pass) => share(microBatch, pass), sums);
        });
        if (!Number.isFinite(loss)) break;
      }
    } finally {
      this.model.endUpdate();
    }
    return { loss, sums };
  }

  private async accumulate(
    share: (pass: BackwardPass) => LossShare,
    sums: Record<string, number>,
  ): Promise<number> {
    using pass = new BackwardPass(this.decoder);
    const { loss, value } = forwardInScope(share, pass, sums);
    await pass.backward(loss);
    return value;
  }

  /**
   * Writes the trained weights as a folder that other tools read. What only training needs, the value head and
   * the optimiser, lies in a folder of its own inside: some tools take every safetensors file beside the model's.
   */
  save(dir: string): void {
    const inner = join(dir, trainingFolder);
    mkdirSync(inner, { recursive: true });
    this.model.save(dir);
    saveSafetensors(join(inner, optimiserFile), this.weights.state());
    if (Object.keys(this.head).length > 0) saveSafetensors(join(inner, headFile), this.head);
    writeFileSync(join(inner, 'optimizer.json'), `${JSON.stringify({ steps: this.steps })}\n`);
  }

  /** Reads what `save` wrote into the weights in place. @throws ModelError or TorchError naming the file at fault. */
  load(dir: string): void {
    const inner = join(dir, trainingFolder);
    tidy(() =>
      noGrad(() => {
        this.model.load(dir);
        if (Object.keys(this.head).length > 0) {
          const path = join(inner, headFile);
          const loaded = loadSafetensors(path, Object.keys(this.head));
          copyAll(path, Object.values(loaded), Object.values(this.head));
        }
        const { steps } = JSON.parse(readFileSync(join(inner, 'optimizer.json'), 'utf8')) as {
          steps: number;
        };
        this.weights.restore(steps, loadSafetensors(join(inner, optimiserFile)));
        this.steps = steps;
      }),
    );
  }

  dispose(): void {
    this.weights.dispose();
    this.model.dispose();
  }
}

/** The forward of one micro-batch: what it made but the loss is freed, the graph keeps what it needs. */
function forwardInScope(
  share: (pass: BackwardPass) => LossShare,
  pass: BackwardPass,
  sums: Record<string, number>,
): { loss: Tensor; value: number } {
  using _scope = new TensorScope();
  const { loss, sums: shares } = share(pass);
  const value = loss.item();
  for (const [name, tensor] of Object.entries(shares)) sums[name] = (sums[name] ?? 0) + tensor.item();
  return { loss: pass.hold(loss), value };
}
