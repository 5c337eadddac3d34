import { cat, type Device, type DType, own, type Tensor, tidy, unscoped, zeros } from '@collm/torch';
import { ModelError } from '../errors.js';
import type { LayerDelta } from './adapter.js';
import type { DecoderConfig } from './config.js';

/** Keys and values of one layer, each [B · K, capacity, D], filled up to the cache's length. */
interface LayerCache {
  keys: Tensor;
  values: Tensor;
}

/** Weights in the shape that decoding wants them in; see `Decoder.step`. */
export interface DecodingLayer {
  /** Norm weights of queries and keys together, [H + K, D]; absent without such norms. */
  qkNorm?: Tensor;
  /** The halves of the fused gate/up projection, as views: two products of a row beat one wide one. */
  gate?: Tensor;
  up?: Tensor;
  /** The adapter's change, fixed for the cache's life. */
  delta: LayerDelta;
}

/** What a decoder makes once per cache at the first step. */
export interface DecodingState {
  zero: Tensor;
  layers: DecodingLayer[];
}

/**
 * Preallocated key/value cache. Rows are right-aligned: all have their newest token in the same
 * place, shorter ones are padded on the left. Owns its memory: dispose it.
 */
export class KvCache {
  readonly layers: LayerCache[];
  /** @internal Made by the decoder at the first step. */
  decoding: DecodingState | undefined;
  /** Filled places per row, padding included. */
  length = 0;

  /**
   * @param rows B
   * @param capacity most places per row
   */
  constructor(
    private readonly config: DecoderConfig,
    public rows: number,
    readonly capacity: number,
    dtype: DType,
    device: Device,
  ) {
    const shape = [rows * config.numKvHeads, capacity, config.headDim];
    this.layers = unscoped(() =>
      Array.from({ length: config.numLayers }, () => ({
        keys: zeros(shape, { dtype, device }),
        values: zeros(shape, { dtype, device }),
      })),
    );
  }

  /** @throws ModelError when `count` more places do not fit. */
  checkRoom(count: number): void {
    if (this.length + count > this.capacity)
      throw new ModelError(
        `the key/value cache holds ${this.length} of ${this.capacity} tokens; ${count} more do not fit.`,
      );
  }

  /** Counts places that all layers have appended. */
  grow(count: number): void {
    this.length += count;
  }

  /**
   * Writes T more places of a layer, keys and values each [B, K, T, D].
   *
   * @returns keys and values of all places so far, [B, K, S, D]
   */
  append(index: number, keys: Tensor, values: Tensor): [Tensor, Tensor] {
    const [B, K, T, D] = keys.shape as [number, number, number, number];
    if (index === 0) this.checkRoom(T);
    const layer = this.layers[index] as LayerCache;
    const write = (store: Tensor, fresh: Tensor): Tensor => {
      store.narrow(1, this.length, T).view([B, K, T, D]).copy_(fresh);
      // The first tokens need no trip through the store.
      return this.length === 0 ? fresh : store.narrow(1, 0, this.length + T).view([B, K, this.length + T, D]);
    };
    return [write(layer.keys, keys), write(layer.values, values)];
  }

  /**
   * Writes one more place of a layer, keys and values each [B, K, D].
   *
   * @returns keys and values that the newest token sees, [B · K, S, D], and the first of their places
   */
  appendOne(index: number, keys: Tensor, values: Tensor, window: number | null): [Tensor, Tensor, number] {
    const layer = this.layers[index] as LayerCache;
    const at = this.length;
    layer.keys.narrow(1, at, 1).view(keys.shape).copy_(keys);
    layer.values.narrow(1, at, 1).view(values.shape).copy_(values);
    const from = window === null ? 0 : Math.max(0, at + 1 - window);
    return [layer.keys.narrow(1, from, at + 1 - from), layer.values.narrow(1, from, at + 1 - from), from];
  }

  /** Keeps the rows `index` (i64 [rows'], repeats allowed): to drop finished rows or share a prompt. */
  selectRows(index: Tensor, count: number): void {
    const K = this.config.numKvHeads;
    for (const layer of this.layers) {
      for (const name of ['keys', 'values'] as const) {
        const old = layer[name];
        layer[name] = tidy(() => {
          const filled = old.narrow(1, 0, this.length).view([this.rows, K, this.length, this.config.headDim]);
          const chosen = filled.indexSelect(0, index).view([count * K, this.length, this.config.headDim]);
          const rest = zeros([count * K, this.capacity - this.length, this.config.headDim], {
            dtype: old.dtype,
            device: old.device,
          });
          return own(cat([chosen, rest], { dim: 1 }));
        });
        old.dispose();
      }
    }
    this.rows = count;
  }

  dispose(): void {
    for (const layer of this.layers) {
      layer.keys.dispose();
      layer.values.dispose();
    }
    this.decoding?.zero.dispose();
    for (const { qkNorm, gate, up, delta } of this.decoding?.layers ?? []) {
      for (const tensor of [qkNorm, gate, up]) tensor?.dispose();
      for (const { down, up: wide } of Object.values(delta)) {
        down.dispose();
        wide.dispose();
      }
    }
    this.decoding = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
