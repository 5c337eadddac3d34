import { join } from 'node:path';
import {
  type BackwardPass,
  type Decoder,
  ModelError,
  Tokenizer,
  trainingForward,
  ValueHead,
} from '@collm/lm';
import { noGrad, type Tensor, TensorScope, tensor } from '@collm/torch';
import { planMicroBatches } from '../learner/micro-batches.js';
import type { Critic, JointHistory, UpdateStats, ValueSample, ValueUpdate } from '../messages.js';
import { JointInput } from './joint-input.js';
import { padRight, type SharedSequence, sharePrefixes } from './shared-prefix.js';
import { type ModelOptions, Trainable } from './trainable.js';
import { openModel } from './trained-model.js';

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
    const { device, seed, valueHeadHiddenDim: hiddenDim } = options;
    const tokenizer = Tokenizer.load(options.model);
    const marker = tokenizer.eosTokenId;
    if (marker === undefined)
      throw new ModelError(
        `${options.model}: the tokenizer names no end token, which the critic reads its value at.`,
      );
    const model = openModel(options);
    const { config } = model.decoder;
    try {
      tokenizer.checkVocabulary(config.vocabSize, join(options.model, 'config.json'));
    } catch (error) {
      model.dispose();
      throw error;
    }
    const head = new ValueHead({ hiddenSize: config.hiddenSize, hiddenDim, seed, device });
    const input = new JointInput(tokenizer, marker, options.maxPromptTokens ?? config.maxPositions);
    return new LmCritic(new Trainable(model, head.weights, options), head, input, options);
  }

  async values(histories: readonly JointHistory[]): Promise<number[]> {
    const inputs = histories.map((history) => this.input.tokens(history).tokens);
    const values = new Array<number>(histories.length);
    for (const group of this.plan(inputs)) {
      const scope = new TensorScope();
      try {
        const made = noGrad(() => this.forward(group, inputs)).toFloat32Array();
        for (const [row, i] of membersOf(group).entries()) values[i] = made[row] as number;
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
    const rows = inputs.map(({ tokens }) => tokens);
    const { loss, gradNorm } = await this.trainable.step(this.plan(rows), (group, pass) => {
      const members = membersOf(group);
      const pick = (value: (sample: ValueSample) => number) =>
        tensor(
          members.map((i) => value(samples[i] as ValueSample)),
          [members.length],
          { device: this.options.device },
        );
      const values = this.forward(group, rows, pass);
      const targets = pick((sample) => sample.target);
      let error = targets.sub(values).pow(2);
      if (settings.valueClipRange !== null) {
        const old = pick((sample) => sample.oldValue);
        const range = settings.valueClipRange;
        const clipped = old.add(values.sub(old).clamp({ min: -range, max: range }));
        error = error.maximum(targets.sub(clipped).pow(2));
      }
      return {
        loss: error.sum().mul(settings.valueLossCoef / samples.length),
        sums: {},
      };
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

  /** Micro-batches of the distinct sequences: histories of one episode are prefixes of each other. */
  private plan(rows: readonly (readonly number[])[]): SharedSequence[][] {
    const sequences = sharePrefixes(rows);
    const lengths = sequences.map(({ tokens }) => tokens.length);
    return planMicroBatches(lengths, this.options.tokensPerMicroBatch).map((group) =>
      group.map((i) => sequences[i] as SharedSequence),
    );
  }

  /** Values f32 [members] of a group's rows, each read where its row ends. */
  private forward(
    group: readonly SharedSequence[],
    rows: readonly (readonly number[])[],
    pass?: BackwardPass,
  ): Tensor {
    const { ids, length } = padRight(group.map(({ tokens }) => tokens));
    const ends = group.flatMap(({ members }, place) =>
      members.map((i) => place * length + (rows[i] as readonly number[]).length - 1),
    );
    const { device, gradientCheckpointing = false } = this.options;
    const batch = tensor(ids, [group.length, length], { device });
    const hidden =
      pass === undefined
        ? this.decoder.forward(batch)
        : trainingForward(this.decoder, batch, pass, { gradientCheckpointing });
    const places = tensor(Int32Array.from(ends), [ends.length], { device });
    return this.head.forward(hidden.reshape([-1, hidden.size(-1)]).indexSelect(0, places));
  }
}

const membersOf = (group: readonly SharedSequence[]): number[] => group.flatMap(({ members }) => members);
