/** Several samples of one prompt: what `generate` takes for them, beside its parts taken alone. */
import { Decoder, generate, KvCache, sampleTokens } from '@collm/lm';
import { type Device, type DType, noGrad, synchronize, tensor, tidy } from '@collm/torch';
import { type ModelName, models } from './workloads.js';

const sampling = { greedy: false, temperature: 1, topK: null, topP: 1 };

export class SamplingWorkload {
  private readonly decoder: Decoder;
  private readonly prompt: number[];

  constructor(
    model: ModelName,
    dtype: DType,
    private readonly device: Device,
    private readonly samples = 4,
    promptLength = 512,
    private readonly newTokens = 32,
  ) {
    this.decoder = Decoder.random(models[model], { seed: 1, dtype, device });
    const { vocabSize } = models[model];
    this.prompt = Array.from({ length: promptLength }, (_, i) => (i * 7919) % vocabSize);
  }

  /** Milliseconds of `generate` for all samples. */
  async generate(): Promise<number> {
    const requests = Array.from({ length: this.samples }, (_, sample) => ({
      prompt: this.prompt,
      key: { seed: 1, words: [0, 0, sample] as const },
    }));
    const options = { ...sampling, maxNewTokens: this.newTokens, stopTokens: [] };
    const started = performance.now();
    await generate(this.decoder, requests, options);
    return performance.now() - started;
  }

  /** Milliseconds of computing the prompt once and of the samples' steps, each with a cache of its own. */
  async parts(): Promise<number> {
    return this.prefillOne() + this.decodeAll();
  }

  private prefillOne(): number {
    const { decoder, device, prompt } = this;
    using cache = new KvCache(decoder.config, 1, prompt.length, decoder.dtype, device);
    const started = performance.now();
    tidy(() =>
      noGrad(() => {
        const hidden = decoder.forward(tensor(Int32Array.from(prompt), [1, prompt.length], { device }), {
          cache,
        });
        decoder.logits(hidden.narrow(1, prompt.length - 1, 1).squeeze(1));
      }),
    );
    synchronize();
    return performance.now() - started;
  }

  private decodeAll(): number {
    const { decoder, device, prompt, samples } = this;
    const steps = this.newTokens - 1; // the prompt gives the first
    using cache = new KvCache(decoder.config, samples, prompt.length + steps, decoder.dtype, device);
    cache.grow(prompt.length);
    let ids = new Array<number>(samples).fill(1);
    const started = performance.now();
    for (let i = 0; i < steps; i++) {
      ids = tidy(() =>
        noGrad(() => {
          const positions = tensor(new Int32Array(samples).fill(prompt.length + i), [samples], { device });
          const hidden = decoder.step(tensor(Int32Array.from(ids), [samples], { device }), positions, cache);
          const uniforms = ids.map((_, row) => (row + 0.5) / samples);
          return sampleTokens(decoder.nextLogits(hidden), uniforms, sampling).tokens.toArray();
        }),
      );
    }
    return performance.now() - started;
  }

  dispose(): void {
    this.decoder.dispose();
  }
}
