/** Our side of each comparison: the same shapes and steps as bench/native. */
import {
  BackwardPass,
  Decoder,
  type DecoderConfig,
  decoderConfig,
  KvCache,
  LoraAdapter,
  type LoraOptions,
  responseLogProbs,
  sampleTokens,
  trainingForward,
} from '@collm/lm';
import {
  AdamW,
  arange,
  clipScale,
  type Device,
  type DType,
  dtypeBytes,
  Generator,
  gradNorm,
  linear,
  linearBlocks,
  noGrad,
  randn,
  synchronize,
  type Tensor,
  TensorScope,
  tensor,
  tidy,
} from '@collm/torch';
import { median } from './measure.js';

export type ModelName = '4m' | '100m';

const shared = {
  modelType: 'qwen3',
  headDim: 64,
  ropeTheta: 1e6,
  maxPositions: 2048,
  tieEmbeddings: true,
} as const;
export const models: Record<ModelName, DecoderConfig> = {
  '4m': decoderConfig({
    ...shared,
    numLayers: 4,
    hiddenSize: 256,
    numHeads: 4,
    numKvHeads: 2,
    intermediateSize: 1024,
    vocabSize: 512,
  }),
  '100m': decoderConfig({
    ...shared,
    numLayers: 12,
    hiddenSize: 768,
    numHeads: 12,
    numKvHeads: 4,
    intermediateSize: 2048,
    vocabSize: 32000,
  }),
};

const calls = 20_000;

/** Nanoseconds per call with the result freed, for one operator on small tensors. */
export function operatorCost(name: 'add' | 'mm' | 'softmax'): number {
  return tidy(() =>
    noGrad(() => {
      const a = tensor(new Float32Array(8).fill(1));
      const b = tensor(new Float32Array(8).fill(2));
      const square = tensor(new Float32Array(16).fill(1), [4, 4]);
      const run = { add: () => a.add(b), mm: () => square.mm(square), softmax: () => square.softmax(-1) }[
        name
      ];
      const started = performance.now();
      for (let i = 0; i < calls; i++) run().dispose();
      return ((performance.now() - started) * 1e6) / calls;
    }),
  );
}

/** The same through a scope that frees a hundred results at once, as model code does. */
export function scopedAddCost(): number {
  return tidy(() =>
    noGrad(() => {
      const a = tensor(new Float32Array(8).fill(1));
      const b = tensor(new Float32Array(8).fill(2));
      const started = performance.now();
      for (let i = 0; i < calls / 100; i++) {
        tidy(() => {
          for (let k = 0; k < 100; k++) a.add(b);
        });
      }
      return ((performance.now() - started) * 1e6) / calls;
    }),
  );
}

/** The products of one layer of the 100M model with a few rows, by `linear` and by `linearBlocks`. */
export class ProductWorkload {
  private readonly pairs: { x: Tensor; weight: Tensor }[];

  constructor(rows: number) {
    using generator = new Generator(1);
    const { hiddenSize: C, intermediateSize: I, numHeads: H, numKvHeads: K, headDim: D } = models['100m'];
    const shapes = [
      [(H + 2 * K) * D, C],
      [C, H * D],
      [2 * I, C],
      [C, I],
    ] as const;
    // Several layers' worth, so that weights come from memory as in a model.
    this.pairs = Array.from({ length: 6 }, () => shapes)
      .flat()
      .map(([outputs, inputs]) => ({
        x: randn([rows, inputs], generator),
        weight: randn([outputs, inputs], generator),
      }));
  }

  /** Milliseconds of all products, median of some. */
  run(kind: 'blocks' | 'whole'): number {
    const product = kind === 'blocks' ? linearBlocks : linear;
    const times = Array.from({ length: 5 }, () => {
      const started = performance.now();
      noGrad(() =>
        tidy(() => {
          for (const { x, weight } of this.pairs) product(x, weight);
        }),
      );
      return performance.now() - started;
    });
    return median(times);
  }

  dispose(): void {
    for (const { x, weight } of this.pairs) {
      x.dispose();
      weight.dispose();
    }
  }
}

function randomIds(rows: number, columns: number, vocabulary: number, device: Device): Tensor {
  return tensor(
    Int32Array.from({ length: rows * columns }, () => Math.floor(Math.random() * vocabulary)),
    [rows, columns],
    { device },
  );
}

/**
 * A language-model training step: forward, cross entropy on every position, backward, clip, AdamW. With
 * `lora` of an adapter, else of all weights.
 */
export class TrainingWorkload {
  private readonly base: Decoder;
  private readonly adapter: LoraAdapter | null;
  private readonly decoder: Decoder;
  private readonly optimiser: AdamW;

  constructor(
    model: ModelName,
    dtype: DType,
    private readonly device: Device,
    lora: LoraOptions | null = null,
    private readonly batch = 8,
    private readonly length = 128,
  ) {
    this.base = Decoder.random(models[model], { seed: 1, dtype, device });
    this.adapter = lora === null ? null : new LoraAdapter(this.base, lora);
    this.decoder = this.base.withAdapter(this.adapter).train();
    this.optimiser = new AdamW(this.decoder.parameters(), { learningRate: 1e-4 });
  }

  /** Median milliseconds of `steps` steps, as the trainer takes them. */
  async run(steps: number): Promise<number> {
    const times: number[] = [];
    const { vocabSize } = this.decoder.config;
    for (let i = 0; i < steps; i++) {
      const tokens = randomIds(this.batch, this.length + 1, vocabSize, this.device);
      const started = performance.now();
      await this.step(tokens);
      synchronize();
      times.push(performance.now() - started);
      tokens.dispose();
    }
    return median(times);
  }

  private async step(tokens: Tensor): Promise<void> {
    using pass = new BackwardPass(this.decoder);
    const loss = this.loss(tokens, pass);
    const value = loss.item();
    await pass.backward(loss);
    if (!Number.isFinite(value)) throw new Error('the loss is not finite');
    const { parameters } = this.optimiser;
    this.optimiser.step({ gradientScale: clipScale(gradNorm(parameters), 1) });
  }

  private loss(tokens: Tensor, pass: BackwardPass): Tensor {
    using _scope = new TensorScope();
    const hidden = trainingForward(this.decoder, tokens.narrow(1, 0, this.length), pass);
    const targets = tokens.narrow(1, 1, this.length).reshape([-1]);
    const places = arange(0, this.batch * this.length, { dtype: 'i64', device: this.device });
    const { logProbs } = responseLogProbs(this.decoder, hidden, { places, targets }, 1, pass);
    return pass.hold(logProbs.mean().neg());
  }

  dispose(): void {
    this.optimiser.dispose();
    this.adapter?.dispose();
    this.base.dispose();
  }
}

/** Decoding: one token per row and step, sampling included, the sampled ids copied to the host. */
export class DecodingWorkload {
  private readonly decoder: Decoder;

  constructor(
    model: ModelName,
    dtype: DType,
    private readonly device: Device,
  ) {
    this.decoder = Decoder.random(models[model], { seed: 1, dtype, device });
  }

  /** Bytes of all weights, each of which a step reads once (the embedding as LM head). */
  get weightBytes(): number {
    return this.decoder.numParameters * dtypeBytes(this.decoder.dtype);
  }

  /** Median milliseconds of `steps` steps after a prompt of 32 tokens. */
  run(batch: number, steps: number): number {
    const { decoder, device } = this;
    const prompt = 32;
    const cache = new KvCache(decoder.config, batch, prompt + steps, decoder.dtype, device);
    const parameters = { greedy: false, temperature: 1, topK: null, topP: 1 };
    const times: number[] = [];
    try {
      let ids = tidy(() => noGrad(() => this.prefill(cache, batch, prompt)));
      for (let i = 0; i < steps; i++) {
        const started = performance.now();
        ids = tidy(() =>
          noGrad(() => {
            const positions = tensor(new Int32Array(batch).fill(prompt + i), [batch], { device });
            const hidden = decoder.step(tensor(Int32Array.from(ids), [batch], { device }), positions, cache);
            const uniforms = Array.from({ length: batch }, () => Math.random());
            return sampleTokens(decoder.nextLogits(hidden), uniforms, parameters).tokens.toArray();
          }),
        );
        times.push(performance.now() - started);
      }
    } finally {
      cache.dispose();
    }
    return median(times);
  }

  private prefill(cache: KvCache, batch: number, prompt: number): number[] {
    const hidden = this.decoder.forward(
      randomIds(batch, prompt, this.decoder.config.vocabSize, this.device),
      { cache },
    );
    return this.decoder
      .logits(hidden.narrow(1, prompt - 1, 1).squeeze(1))
      .argmax({ dim: -1 })
      .toArray();
  }

  dispose(): void {
    this.decoder.dispose();
  }
}
