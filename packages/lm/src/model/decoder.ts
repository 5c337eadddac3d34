/**
 * A decoder-only transformer in the manner of Qwen3: RMSNorm before each block, grouped-query
 * attention with per-head norms on queries and keys, rotary positions, SwiGLU. Query, key and value
 * projections are one matrix, gate and up another: fewer and larger products. Files hold them apart,
 * as Hugging Face does (see checkpoint/names.ts).
 */
import {
  cat,
  type Device,
  type DType,
  embedding,
  eye,
  Generator,
  linear,
  noGrad,
  ones,
  own,
  randn,
  type Tensor,
  tidy,
  unscoped,
} from '@collm/torch';
import { ModelError } from '../errors.js';
import { causalMask, sequenceAttention, stepAttention } from './attention.js';
import type { DecoderConfig } from './config.js';
import type { DecodingLayer, KvCache } from './kv-cache.js';
import { applyRotary, type RotaryTables, rmsNorm, rotaryTables, swiGlu } from './layers.js';

export interface LayerWeights {
  inputNorm: Tensor; // [C]
  qkv: Tensor; // [(H + 2K) · D, C]
  /** Norms of queries and keys; decoding stacks them per head, so that one operation serves both. */
  qNorm: Tensor; // [D]
  kNorm: Tensor; // [D]
  output: Tensor; // [C, H · D]
  mlpNorm: Tensor; // [C]
  gateUp: Tensor; // [2 · I, C]
  down: Tensor; // [C, I]
}

export interface DecoderWeights {
  embed: Tensor; // [V, C]
  layers: LayerWeights[];
  norm: Tensor; // [C]
  /** Absent when the embedding is reused. */
  head?: Tensor; // [V, C]
}

export class Decoder {
  private readonly rotary: RotaryTables;

  /** Takes ownership of the weights. */
  constructor(
    readonly config: DecoderConfig,
    readonly weights: DecoderWeights,
  ) {
    this.rotary = unscoped(() => {
      const tables = tidy(() => {
        const made = rotaryTables(
          config.maxPositions,
          config.headDim,
          config.ropeTheta,
          this.dtype,
          this.device,
        );
        return { cos: made.cos.clone(), signedSin: made.signedSin.clone() };
      });
      return tables;
    });
  }

  /** Fresh weights: normal with `initializerRange`, norms 1. */
  static random(config: DecoderConfig, options: { seed: number; dtype?: DType; device?: Device }): Decoder {
    const { dtype = 'f32', device = 'cpu' } = options;
    using generator = new Generator(options.seed);
    const normal = (rows: number, columns: number) =>
      tidy(() => randn([rows, columns], generator).mul_(config.initializerRange).to({ dtype, device }));
    const one = (size: number) => ones([size], { dtype, device });
    const { hiddenSize: C, intermediateSize: I, headDim: D, numHeads: H, numKvHeads: K } = config;
    const weights = unscoped(() =>
      noGrad(() => ({
        embed: normal(config.vocabSize, C),
        layers: Array.from({ length: config.numLayers }, () => ({
          inputNorm: one(C),
          qkv: normal((H + 2 * K) * D, C),
          qNorm: one(D),
          kNorm: one(D),
          output: normal(C, H * D),
          mlpNorm: one(C),
          gateUp: normal(2 * I, C),
          down: normal(C, I),
        })),
        norm: one(C),
        ...(config.tieEmbeddings ? {} : { head: normal(config.vocabSize, C) }),
      })),
    );
    return new Decoder(config, weights);
  }

  get dtype(): DType {
    return this.weights.embed.dtype;
  }

  get device(): Device {
    return this.weights.embed.device;
  }

  /** All weights, in a fixed order. */
  parameters(): Tensor[] {
    const { embed, layers, norm, head } = this.weights;
    const inner = layers.flatMap((w) => [
      w.inputNorm,
      w.qkv,
      w.qNorm,
      w.kNorm,
      w.output,
      w.mlpNorm,
      w.gateUp,
      w.down,
    ]);
    return [embed, ...inner, norm, ...(head === undefined ? [] : [head])];
  }

  /** Number of weights. */
  get numParameters(): number {
    return this.parameters().reduce((sum, p) => sum + p.numel, 0);
  }

  /** Turns training on (gradients recorded) or off. */
  train(on = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad_(on);
    return this;
  }

  /**
   * Last hidden states of whole sequences, after the final norm.
   *
   * @param ids i64 [B, T]. Rows may be padded on the right: causal attention keeps what follows a
   *   token from changing it.
   * @param options.cache filled with keys and values of all T places (must be empty).
   * @param options.padding places to skip on the left per row (i64 [B]), for rows of unequal length.
   * @returns [B, T, C]
   */
  forward(ids: Tensor, options: { cache?: KvCache; padding?: Tensor } = {}): Tensor {
    const [B, T] = ids.shape as [number, number];
    const { numHeads: H, numKvHeads: K, headDim: D, rmsNormEps: eps } = this.config;
    this.checkLength(T);
    const { cos, sin, mask } = this.positions(T, options.padding);
    const causal = causalMask(T, this.dtype, this.device);
    let x = embedding(this.weights.embed, ids); // [B, T, C]
    for (const [i, w] of this.weights.layers.entries()) {
      const qkv = linear(rmsNorm(x, w.inputNorm, eps), w.qkv).view([B, T, H + 2 * K, D]);
      const q = applyRotary(rmsNorm(qkv.narrow(2, 0, H), w.qNorm, eps), cos, sin, D);
      const k = applyRotary(rmsNorm(qkv.narrow(2, H, K), w.kNorm, eps), cos, sin, D);
      const v = qkv.narrow(2, H + K, K);
      const cache = options.cache?.layers[i];
      if (cache !== undefined) {
        cache.keys.narrow(1, 0, T).view([B, K, T, D]).copy_(k.transpose(1, 2));
        cache.values.narrow(1, 0, T).view([B, K, T, D]).copy_(v.transpose(1, 2));
      }
      x = x.add(linear(sequenceAttention(q, k, v, mask, causal), w.output));
      x = x.add(
        linear(swiGlu(linear(rmsNorm(x, w.mlpNorm, eps), w.gateUp), this.config.intermediateSize), w.down),
      );
    }
    if (options.cache !== undefined) options.cache.length = T;
    return rmsNorm(x, this.weights.norm, eps);
  }

  /**
   * One more token per row, with the cache extended by it.
   *
   * @param ids i64 [B]
   * @param positions i64 [B]: the token's position, padding not counted
   * @param mask additive [B · K, 1, length + 1] hiding the padding; undefined when there is none
   * @returns hidden states [B, C]
   */
  step(ids: Tensor, positions: Tensor, cache: KvCache, mask?: Tensor): Tensor {
    const { numHeads: H, numKvHeads: K, headDim: D, rmsNormEps: eps } = this.config;
    const B = ids.size(0);
    if (cache.length >= cache.capacity)
      throw new ModelError(`the key/value cache is full at ${cache.capacity} tokens`);
    cache.decoding ??= this.weights.layers.map((w) => this.decodingLayer(w));
    const cos = this.rotary.cos.indexSelect(0, positions).unsqueeze(1); // [B, 1, D]
    const sin = this.rotary.signedSin.indexSelect(0, positions).unsqueeze(1);
    const at = cache.length;
    let x = embedding(this.weights.embed, ids); // [B, C]
    for (const [i, w] of this.weights.layers.entries()) {
      const layer = cache.layers[i] as KvCache['layers'][number];
      const { qkNorm, gate, up } = cache.decoding[i] as DecodingLayer;
      const qkv = linear(rmsNorm(x, w.inputNorm, eps), w.qkv).view([B, H + 2 * K, D]);
      const qk = applyRotary(rmsNorm(qkv.narrow(1, 0, H + K), qkNorm, eps), cos, sin, D);
      layer.keys
        .narrow(1, at, 1)
        .view([B, K, D])
        .copy_(qk.narrow(1, H, K));
      layer.values
        .narrow(1, at, 1)
        .view([B, K, D])
        .copy_(qkv.narrow(1, H + K, K));
      const keys = layer.keys.narrow(1, 0, at + 1);
      const values = layer.values.narrow(1, 0, at + 1);
      x = x.add(linear(stepAttention(qk.narrow(1, 0, H), keys, values, mask, B, this.config), w.output));
      const h = rmsNorm(x, w.mlpNorm, eps);
      x = x.add(linear(linear(h, gate).silu().mul(linear(h, up)), w.down));
    }
    cache.length = at + 1;
    return rmsNorm(x, this.weights.norm, eps);
  }

  /** Logits [..., V] of hidden states [..., C], in the model's dtype. */
  logits(hidden: Tensor): Tensor {
    return linear(hidden, this.weights.head ?? this.weights.embed);
  }

  dispose(): void {
    for (const parameter of this.parameters()) parameter.dispose();
    this.rotary.cos.dispose();
    this.rotary.signedSin.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private decodingLayer(w: LayerWeights): DecodingLayer {
    const { numHeads: H, numKvHeads: K, headDim: D, intermediateSize: I } = this.config;
    return tidy(() => ({
      qkNorm: own(cat([w.qNorm.mul(D ** -0.5).expand([H, D]), w.kNorm.expand([K, D])])),
      gate: own(w.gateUp.narrow(0, 0, I)),
      up: own(w.gateUp.narrow(0, I, I)),
    }));
  }

  private checkLength(length: number): void {
    if (length > this.config.maxPositions) {
      throw new ModelError(
        `a sequence of ${length} tokens does not fit the model's context of ${this.config.maxPositions}; shorten the prompt.`,
      );
    }
  }

  /** Rotary tables and mask for T places, `padding` of which are skipped on the left of each row. */
  private positions(
    T: number,
    padding: Tensor | undefined,
  ): { cos: Tensor; sin: Tensor; mask: Tensor | undefined } {
    const { cos, signedSin } = this.rotary;
    if (padding === undefined) {
      return {
        cos: cos.narrow(0, 0, T).unsqueeze(1),
        sin: signedSin.narrow(0, 0, T).unsqueeze(1),
        mask: undefined,
      };
    }
    const places = tensorRange(T, this.device); // [T]
    const positions = places.unsqueeze(0).sub(padding.unsqueeze(1)).clampMin(0); // [B, T]
    const pick = (table: Tensor) =>
      table.indexSelect(0, positions.reshape([-1])).view([padding.size(0), T, 1, this.config.headDim]);
    // A padded place may look at itself, else its softmax would have nothing to normalise.
    const hidden = places.unsqueeze(0).lt(padding.unsqueeze(1)); // [B, T]
    const mask = causalMask(T, this.dtype, this.device)
      .unsqueeze(0)
      .maskedFill(hidden.unsqueeze(1), Number.NEGATIVE_INFINITY);
    const diagonal = eye(T, { dtype: 'bool', device: this.device });
    return { cos: pick(cos), sin: pick(signedSin), mask: mask.maskedFill(diagonal.unsqueeze(0), 0) };
  }
}

function tensorRange(length: number, device: Device): Tensor {
  return ones([length], { dtype: 'i64', device }).cumsum(0).sub_(1);
}
