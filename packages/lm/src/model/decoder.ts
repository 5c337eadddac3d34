/**
 * A decoder-only transformer, one for all families: RMSNorm before each block, grouped-query attention
 * with rotary positions (per-head norms, biases and sliding windows where the configuration has them),
 * SwiGLU.
 */
import {
  arange,
  blocksPay,
  cat,
  type Device,
  type DType,
  embedding,
  linear,
  linearBlocks,
  own,
  type Tensor,
  tidy,
  zeros,
} from '@collm/torch';
import { ModelError } from '../errors.js';
import type { Adapter, LayerDelta } from './adapter.js';
import { attentionMask, sequenceAttention, stepAttention } from './attention.js';
import type { DecoderConfig } from './config.js';
import { type DecodingLayer, DecodingState } from './decoding-state.js';
import type { KvCache } from './kv-cache.js';
import { type Product, project, rmsNorm, swiGlu } from './layers.js';
import { applyRotary, Rotary, type RotaryTables } from './rope.js';
import { allWeights, type DecoderWeights, type LayerWeights, randomWeights } from './weights.js';

export interface ForwardOptions {
  /** Continues these rows: the tokens follow what is cached, and their keys and values are added to it. */
  cache?: KvCache;
  /** Places to skip on the left per row, i64 [B], cached places included: for rows of unequal length. */
  padding?: Tensor;
}

/** Keeps a layer's newest keys and values, each [N, K, D]; gives what the queries [N, H, D] find, [N, H · D]. */
export type Attend = (layer: number, query: Tensor, keys: Tensor, values: Tensor) => Tensor;

/** What all layers of one forward share. */
interface Places {
  start: number;
  rotary: RotaryTables;
  /** By window: layers may differ in it. */
  masks: Map<number | null, Tensor | undefined>;
}

export class Decoder {
  private readonly rotary: Rotary;

  /** Takes ownership of the weights. */
  constructor(
    readonly config: DecoderConfig,
    readonly weights: DecoderWeights,
    /** Changes the weights' effect without changing them; the caller's. See `withAdapter`. */
    readonly adapter: Adapter | null = null,
    private readonly base: Decoder | null = null,
  ) {
    this.rotary = base?.rotary ?? new Rotary(config.rope, config.headDim, this.dtype, this.device);
  }

  /** Fresh weights: normal with `initializerRange`, norms 1, biases 0. */
  static random(config: DecoderConfig, options: { seed: number; dtype?: DType; device?: Device }): Decoder {
    return new Decoder(config, randomWeights(config, { dtype: 'f32', device: 'cpu', ...options }));
  }

  /**
   * The same weights seen through an adapter, or plain with null: nothing is copied. Disposing it leaves
   * the weights, which must outlive it.
   */
  withAdapter(adapter: Adapter | null): Decoder {
    return new Decoder(this.config, this.weights, adapter, this.base ?? this);
  }

  get dtype(): DType {
    return this.weights.embed.dtype;
  }

  get device(): Device {
    return this.weights.embed.device;
  }

  /** What is trained, in a fixed order: the adapter's weights if there is one, else the decoder's own. */
  parameters(): Tensor[] {
    return this.adapter?.parameters() ?? allWeights(this.weights);
  }

  /** Number of weights, the adapter's not counted. */
  get numParameters(): number {
    return allWeights(this.weights).reduce((sum, weight) => sum + weight.numel, 0);
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
   * @returns [B, T, C]
   * @throws ModelError when the sequence exceeds the model's context or the cache.
   */
  forward(ids: Tensor, options: ForwardOptions = {}): Tensor {
    const { cache } = options;
    const places = this.places(ids.size(1), options);
    let x = this.embed(ids);
    for (let layer = 0; layer < this.config.numLayers; layer++)
      x = tidy(() => this.layer(x, layer, places, cache));
    cache?.grow(ids.size(1));
    return this.norm(x);
  }

  /** Token ids [...] to embeddings [..., C]. */
  embed(ids: Tensor): Tensor {
    return embedding(this.weights.embed, ids);
  }

  /** The norm before the LM head. */
  norm(x: Tensor): Tensor {
    return rmsNorm(x, this.weights.norm, this.config.rmsNormEps);
  }

  /** One layer on [B, T, C]. In a scope of its own (`tidy`) what it makes on the way is freed, but for the graph's part. */
  layer(x: Tensor, index: number, places: Places, cache?: KvCache): Tensor {
    const { numHeads: H, numKvHeads: K, headDim: D, rmsNormEps: eps, intermediateSize: I } = this.config;
    const [B, T] = x.shape as [number, number];
    const w = this.weights.layers[index] as LayerWeights;
    const delta = this.adapter?.delta(index) ?? {};
    const qkv = project(rmsNorm(x, w.inputNorm, eps), w.qkv, w.qkvBias, delta.qkv).view([B, T, H + 2 * K, D]);
    // One view of all parts: its gradient is their concatenation, where each narrow's would be one of full size.
    let [q, k, v] = qkv.splitWithSizes([H, K, K], { dim: 2 }) as [Tensor, Tensor, Tensor];
    if (w.qNorm !== undefined) q = rmsNorm(q, w.qNorm, eps);
    if (w.kNorm !== undefined) k = rmsNorm(k, w.kNorm, eps);
    q = applyRotary(q, places.rotary, D);
    let keys = applyRotary(k, places.rotary, D).transpose(1, 2); // [B, K, T, D]
    let values = v.transpose(1, 2);
    if (cache !== undefined) [keys, values] = cache.append(index, keys, values);
    const mask = places.masks.get(this.config.windows[index] as number | null);
    const attended = sequenceAttention(q, keys, values, mask);
    const y = x.add(project(attended, w.output, w.outputBias, delta.output));
    const gateUp = project(rmsNorm(y, w.mlpNorm, eps), w.gateUp, w.gateUpBias, delta.gateUp);
    return y.add(project(swiGlu(gateUp, I), w.down, w.downBias, delta.down));
  }

  /** Rotary tables and masks for T more places. */
  places(T: number, { cache, padding }: ForwardOptions): Places {
    const start = cache?.length ?? 0;
    this.checkLength(start + T);
    // A cache keeps one table for its whole life, so that its keys stay comparable.
    const tables = this.rotary.upTo(Math.max(start + T, cache?.capacity ?? 0));
    const masks = new Map<number | null, Tensor | undefined>();
    for (const window of new Set(this.config.windows))
      masks.set(window, attentionMask({ start, length: T, padding, window }, this.dtype, this.device));
    if (padding === undefined) {
      const cut = (table: Tensor) => table.narrow(0, start, T).unsqueeze(1); // [T, 1, D]
      return { start, rotary: { cos: cut(tables.cos), signedSin: cut(tables.signedSin) }, masks };
    }
    const places = arange(start, start + T, { dtype: 'i64', device: this.device });
    const positions = places.unsqueeze(0).sub(padding.unsqueeze(1)).clampMin(0).reshape([-1]); // [B · T]
    const pick = (table: Tensor) =>
      table.indexSelect(0, positions).view([padding.size(0), T, 1, this.config.headDim]);
    return { start, rotary: { cos: pick(tables.cos), signedSin: pick(tables.signedSin) }, masks };
  }

  /**
   * One more token per row, with the cache extended by it.
   *
   * @param ids i64 [B]
   * @param positions i64 [B]: the token's position, padding not counted
   * @param mask additive, broadcast to [B · K, G, length + 1], hiding the padding; undefined when there is none
   * @returns hidden states [B, C]
   */
  step(ids: Tensor, positions: Tensor, cache: KvCache, mask?: Tensor): Tensor {
    const at = cache.length;
    cache.checkRoom(1);
    cache.decoding ??= this.decodingState();
    const { decoding } = cache;
    const hidden = this.stepWith(ids, positions, decoding, this.tablesOf(cache), (index, query, k, v) => {
      const [keys, values, from] = cache.appendOne(index, k, v, this.config.windows[index] as number | null);
      const seen = from === 0 ? mask : mask?.narrow(-1, from, at + 1 - from);
      return stepAttention(query, keys, values, seen, decoding.zero, this.config);
    });
    cache.grow(1);
    return hidden;
  }

  /** Rotary tables for all places of a cache; a longer cache may make the decoder replace them. */
  tablesOf({ capacity }: { capacity: number }): RotaryTables {
    return this.rotary.upTo(capacity);
  }

  /**
   * What `step` computes, wherever keys and values are kept. The tokens may be of any rows, several of one row
   * too: all but attention works token by token.
   *
   * @param ids i64 [N]
   * @param positions i64 [N]
   * @param state from `decodingState`
   * @param tables from `tablesOf`
   * @returns hidden states [N, C]
   */
  stepWith(
    ids: Tensor,
    positions: Tensor,
    state: DecodingState,
    tables: RotaryTables,
    attend: Attend,
  ): Tensor {
    const rotary = rotaryOf(tables, positions);
    let x = this.embed(ids);
    for (let layer = 0; layer < this.config.numLayers; layer++)
      x = tidy(() => this.stepLayer(x, layer, rotary, state, attend));
    return this.norm(x);
  }

  /** The weights as steps want them, an adapter's as they are now. The caller owns it. */
  decodingState(): DecodingState {
    const { numHeads: H, numKvHeads: K, headDim: D } = this.config;
    return tidy(() => {
      const layers = this.weights.layers.map(({ qNorm, kNorm }, index): DecodingLayer => {
        const delta: LayerDelta = {};
        for (const [name, { down, up }] of Object.entries(this.adapter?.delta(index) ?? {}))
          delta[name as keyof LayerDelta] = { down: own(down.clone()), up: own(up.clone()) };
        if (qNorm === undefined || kNorm === undefined) return { delta };
        return { qkNorm: own(cat([qNorm.expand([H, D]), kNorm.expand([K, D])])), delta };
      });
      return new DecodingState(own(zeros([1, 1, 1], { dtype: this.dtype, device: this.device })), layers);
    });
  }

  /** Logits [..., V] of hidden states [..., C], in the model's dtype. */
  logits(hidden: Tensor): Tensor {
    return linear(hidden, this.headWeight);
  }

  /** Logits [B, V] of the hidden states [B, C] that `step` gives: as `logits`, without a graph. */
  nextLogits(hidden: Tensor): Tensor {
    return this.rowProduct(hidden.size(0))(hidden, this.headWeight);
  }

  /** The LM head's weight [V, C]: the embedding when it is tied. */
  get headWeight(): Tensor {
    return this.weights.head ?? this.weights.embed;
  }

  /** Frees the weights; of a view through an adapter, nothing. */
  dispose(): void {
    if (this.base !== null) return;
    for (const weight of allWeights(this.weights)) weight.dispose();
    this.rotary.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** One layer of `stepWith` on [N, C]. */
  private stepLayer(
    x: Tensor,
    index: number,
    rotary: RotaryTables,
    state: DecodingState,
    attend: Attend,
  ): Tensor {
    const { numHeads: H, numKvHeads: K, headDim: D, rmsNormEps: eps, intermediateSize: I } = this.config;
    const N = x.size(0);
    const product = this.rowProduct(N);
    const w = this.weights.layers[index] as LayerWeights;
    const { qkNorm, delta } = state.layers[index] as DecodingLayer;
    const normed = rmsNorm(x, w.inputNorm, eps);
    const qkv = project(normed, w.qkv, w.qkvBias, delta.qkv, product).view([N, H + 2 * K, D]);
    const plain = qkv.narrow(1, 0, H + K);
    const qk = applyRotary(qkNorm === undefined ? plain : rmsNorm(plain, qkNorm, eps), rotary, D);
    const attended = attend(index, qk.narrow(1, 0, H), qk.narrow(1, H, K), qkv.narrow(1, H + K, K));
    const y = x.add(project(attended, w.output, w.outputBias, delta.output, product));
    const h = rmsNorm(y, w.mlpNorm, eps);
    const inner = swiGlu(project(h, w.gateUp, w.gateUpBias, delta.gateUp, product), I);
    return y.add(project(inner, w.down, w.downBias, delta.down, product));
  }

  private rowProduct(rows: number): Product {
    return blocksPay(rows, this.dtype, this.device) ? linearBlocks : linear;
  }

  private checkLength(length: number): void {
    if (length > this.config.maxPositions) {
      throw new ModelError(
        `a sequence of ${length} tokens does not fit the model's context of ${this.config.maxPositions}; shorten the prompt.`,
      );
    }
  }
}

/** The tables' rows of tokens at `positions` [N], each [N, 1, D]. */
const rotaryOf = ({ cos, signedSin }: RotaryTables, positions: Tensor): RotaryTables => ({
  cos: cos.indexSelect(0, positions).unsqueeze(1),
  signedSin: signedSin.indexSelect(0, positions).unsqueeze(1),
});
