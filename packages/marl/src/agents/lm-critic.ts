import { type Decoder, loadDecoder, ModelError, Tokenizer, ValueHead } from '@collm/lm';
import { noGrad, type Tensor, TensorScope, tensor } from '@collm/torch';
import { planMicroBatches } from '../learner/micro-batches.js';
import type { Critic, JointHistory, UpdateStats, ValueSample, ValueUpdate } from '../messages.js';
import { JointInput } from './joint-input.js';
import { type ModelOptions, Trainable } from './trainable.js';

export interface LmCriticOptions extends ModelOptions {
  /** Width of the value head's tanh layer; null for a linear head. */
  readonly valueHeadHiddenDim: number | null;
  /** Initialises the value head. */
  readonly seed: number;
}

/** A critic that is a language model with a value head, read at the marker that ends the joint history. */
export class LmCritic implements Critic {
  private constructor(
    private readonly trainable: Trainable,
    private readonly head: ValueHead,
    private readonly input: JointInput,
    private readonly options: LmCriticOptions,
  ) {}

  static async open(options: LmCriticOptions): Promise<LmCritic> {
    const { model, device, dtype, seed, valueHeadHiddenDim: hiddenDim } = options;
    const tokenizer = Tokenizer.load(model);
    const marker = tokenizer.eosTokenId;
    if (marker === undefined)
      throw new ModelError(
        `${model}: the tokenizer names no end token, which the critic reads its value at.`,
      );
    const decoder = loadDecoder(model, { device, ...(dtype === undefined ? {} : { dtype }) });
    const head = new ValueHead({ hiddenSize: decoder.config.hiddenSize, hiddenDim, seed, device });
    const input = new JointInput(tokenizer, marker, options.maxPromptTokens ?? decoder.config.maxPositions);
    return new LmCritic(new Trainable(decoder, head.weights, options), head, input, options);
  }

  async values(histories: readonly JointHistory[]): Promise<number[]> {
    const inputs = histories.map((history) => this.input.tokens(history).tokens);
    const values = new Array<number>(histories.length);
    for (const group of planMicroBatches(
      inputs.map((ids) => ids.length),
      this.options.tokensPerMicroBatch,
    )) {
      const scope = new TensorScope();
      try {
        const made = noGrad(() => this.forward(group.map((i) => inputs[i] as number[]))).toFloat32Array();
        for (const [row, i] of group.entries()) values[i] = made[row] as number;
      } finally {
        scope.close();
      }
      await new Promise((resume) => setImmediate(resume));
    }
    return values;
  }

  /** Squared error to the targets, clipped around the old values if asked (P12); one step. */
  async fit(samples: readonly ValueSample[], settings: ValueUpdate): Promise<UpdateStats> {
    const inputs = samples.map((sample) => this.input.tokens(sample.history));
    const groups = planMicroBatches(
      inputs.map(({ tokens }) => tokens.length),
      this.options.tokensPerMicroBatch,
    );
    const pick = (group: readonly number[], value: (sample: ValueSample) => number) =>
      tensor(
        group.map((i) => value(samples[i] as ValueSample)),
        [group.length],
        { device: this.options.device },
      );
    const { loss, gradNorm } = await this.trainable.step(groups, (group) => {
      const values = this.forward(group.map((i) => (inputs[i] as { tokens: number[] }).tokens));
      const targets = pick(group, (sample) => sample.target);
      let error = targets.sub(values).pow(2);
      if (settings.valueClipRange !== null) {
        const old = pick(group, (sample) => sample.oldValue);
        const range = settings.valueClipRange;
        const clipped = old.add(values.sub(old).clamp({ min: -range, max: range }));
        error = error.maximum(targets.sub(clipped).pow(2));
      }
      return { loss: error.sum().mul(settings.valueLossCoef / samples.length), sums: {} };
    });
    const tokens = inputs.reduce((sum, input) => sum + input.tokens.length, 0);
    const truncated = inputs.filter((input) => input.truncated).length;
    return {
      loss,
      gradNorm,
      metrics: { input_tokens: tokens / samples.length, truncated: truncated / samples.length },
    };
  }

  async save(dir: string): Promise<void> {
    this.trainable.save(dir);
  }

  async load(dir: string): Promise<void> {
    this.trainable.load(dir);
  }

  dispose(): void {
    this.trainable.dispose();
    this.head.dispose();
  }

  private get decoder(): Decoder {
    return this.trainable.decoder;
  }

  /** Values f32 [rows] of token sequences, padded on the right to the longest. */
  private forward(rows: readonly (readonly number[])[]): Tensor {
    const length = Math.max(...rows.map((ids) => ids.length));
    const ids = new Int32Array(rows.length * length);
    for (const [i, row] of rows.entries()) ids.set(row, i * length);
    const ends = Int32Array.from(rows, (row, i) => i * length + row.length - 1);
    const device = this.options.device;
    const hidden = this.decoder.forward(tensor(ids, [rows.length, length], { device }));
    return this.head.forward(
      hidden.reshape([-1, hidden.size(-1)]).indexSelect(0, tensor(ends, [ends.length], { device })),
    );
  }
}
