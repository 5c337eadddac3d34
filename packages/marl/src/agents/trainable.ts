import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BackwardPass, type Decoder } from '@collm/lm';
import {
  AdamW,
  clipScale,
  type Device,
  loadSafetensors,
  noGrad,
  gradNorm as normOf,
  saveSafetensors,
  type Tensor,
  TensorScope,
  tidy,
} from '@collm/torch';
import { copyAll, type ModelSource, type TrainedModel } from './trained-model.js';

const trainingFolder = 'training';
const optimiserFile = 'optimizer.safetensors';
const headFile = 'value_head.safetensors';

/** How weights are updated; names of algorithms spec 3.2. */
export interface OptimiserOptions {
  /** > 0 */
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  /** Gradients are scaled down to this global L2 norm; null leaves them. */
  readonly maxGradNorm: number | null;
}

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

/** The end of the queue of computations per device, on this thread. */
const queues = new Map<Device, Promise<unknown>>();

/**
 * Runs `work` when everything queued for the device before has ended. Agents of one thread update side by
 * side, but two backward passes at once would share the same cores and slow each other down.
 */
async function inTurn<T>(device: Device, work: () => Promise<T>): Promise<T> {
  const before = queues.get(device);
  const mine = (async () => {
    await before;
    return work();
  })();
  queues.set(
    device,
    mine.catch(() => undefined),
  );
  return mine;
}

/** A model with its optimiser: gradients gathered over micro-batches, one step, an exactly resumable state. */
export class Trainable {
  private readonly optimiser: AdamW;
  private readonly parameters: Tensor[];

  /** Takes ownership of the model; `head` holds further weights by name (a value head) and stays the caller's. */
  constructor(
    private readonly model: TrainedModel,
    private readonly head: Readonly<Record<string, Tensor>>,
    private readonly options: OptimiserOptions,
  ) {
    model.decoder.train();
    this.parameters = [...model.decoder.parameters(), ...Object.values(head)];
    const { learningRate, weightDecay, beta1, beta2, eps } = options;
    this.optimiser = new AdamW(this.parameters, { learningRate, weightDecay, betas: [beta1, beta2], eps });
  }

  get decoder(): Decoder {
    return this.model.decoder;
  }

  /** The model before any update, where it shares the memory of this one; else null. */
  get reference(): Decoder | null {
    return this.model.reference;
  }

  /**
   * One optimiser step on the sum of the groups' losses. The weights stay as they are when the loss or
   * the gradient is not finite: the caller sees it in what is returned.
   */
  async step<Group>(
    groups: readonly Group[],
    share: (group: Group, pass: BackwardPass) => LossShare,
  ): Promise<{ loss: number; gradNorm: number; sums: Record<string, number> }> {
    let loss = 0;
    const sums: Record<string, number> = {};
    this.optimiser.zeroGrad();
    const { steps } = this.optimiser.state();
    try {
      for (const [i, group] of groups.entries()) {
        loss += await inTurn(this.decoder.device, () => {
          this.model.beginMicroBatch(steps, i);
          return this.accumulate((pass) => share(group, pass), sums);
        });
        if (!Number.isFinite(loss)) break;
      }
    } finally {
      this.model.endUpdate();
    }
    const gradNorm = normOf(this.parameters);
    const gradientScale = clipScale(gradNorm, this.options.maxGradNorm ?? Number.POSITIVE_INFINITY);
    if (Number.isFinite(loss) && Number.isFinite(gradNorm)) this.optimiser.step({ gradientScale });
    else this.optimiser.zeroGrad();
    return { loss, gradNorm, sums };
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

  set learningRate(value: number) {
    this.optimiser.learningRate = value;
  }

  /**
   * Writes the trained weights as a folder that other tools read. What only training needs, the value head and
   * the optimiser, lies in a folder of its own inside: some tools take every safetensors file beside the model's.
   */
  save(dir: string): void {
    const inner = join(dir, trainingFolder);
    mkdirSync(inner, { recursive: true });
    this.model.save(dir);
    const { steps, tensors } = this.optimiser.state();
    saveSafetensors(join(inner, optimiserFile), tensors);
    if (Object.keys(this.head).length > 0) saveSafetensors(join(inner, headFile), this.head);
    writeFileSync(join(inner, 'optimizer.json'), `${JSON.stringify({ steps })}\n`);
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
        this.optimiser.restore(steps, loadSafetensors(join(inner, optimiserFile)));
      }),
    );
  }

  dispose(): void {
    this.optimiser.dispose();
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
