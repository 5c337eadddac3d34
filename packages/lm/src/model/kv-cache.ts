import { cat, type Device, type DType, own, type Tensor, tidy, unscoped, zeros } from '@collm/torch';
import type { DecoderConfig } from './config.js';

/** Keys and values of one layer, each [B · K, capacity, D], filled up to the cache's length. */
interface LayerCache {
  keys: Tensor;
  values: Tensor;
}

/** Weights in the shape that decoding wants them in, made once per cache; see `Decoder.step`. */
export interface DecodingLayer {
  /** Norm weights of queries and keys together, [H + K, D]; the queries' with the attention scale. */
  qkNorm: Tensor;
  /** The halves of the fused gate/up projection, as views: two products of a row beat one wide one. */
  gate: Tensor;
  up: Tensor;
}

/**
 * Preallocated key/value cache. Rows are right-aligned: all have their newest token in the same
 * place, shorter ones are padded on the left. Owns its memory: dispose it.
 */
export class KvCache {
  readonly layers: LayerCache[];
  /** @internal Made by the decoder at the first step. */
  decoding: DecodingLayer[] | undefined;
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
    for (const { qkNorm, gate, up } of this.decoding ?? [])
      for (const tensor of [qkNorm, gate, up]) tensor.dispose();
    this.decoding = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
