import { type Device, type DType, own, type Tensor, tidy, unscoped, zeros } from '@collm/torch';
import { ModelError } from '../errors.js';
import type { DecoderConfig } from './config.js';
import type { DecodingState } from './decoding-state.js';

/** Keys and values of one layer, each [B · K, places, D], filled up to the cache's length. */
interface LayerCache {
  keys: Tensor;
  values: Tensor;
}

/**
 * Preallocated key/value cache. Rows are right-aligned: all have their newest token in the same
 * place, shorter ones are padded on the left. Owns its memory: dispose it.
 */
export class KvCache {
  /** @internal Made by the decoder at the first step. */
  decoding: DecodingState | undefined;
  /** Filled places per row, padding included. */
  length = 0;
  /** Places before this one hold nothing that a row sees; steps leave them out. */
  first = 0;
  /** What there is room for: at least `store`. */
  private readonly memory: Tensor;
  /** Places of `memory` that `keep` has let go of. */
  private dropped = 0;
  /** All layers in one tensor, so that moving rows is one operation. [2 · layers, B · K, places, D] */
  private store: Tensor;
  private layers: readonly LayerCache[];

  /**
   * @param rows B
   * @param capacity most places per row. Rotary tables are made for as many, so that caches that exchange
   *   keys must agree in it where the frequencies depend on the length ("dynamic").
   * @param memory that of a part of another cache; by default a cache has its own
   */
  constructor(
    private readonly config: DecoderConfig,
    public rows: number,
    readonly capacity: number,
    private readonly dtype: DType,
    private readonly device: Device,
    memory?: Tensor,
  ) {
    const shape = [2 * config.numLayers, rows * config.numKvHeads, capacity, config.headDim];
    this.memory = memory ?? unscoped(() => zeros(shape, { dtype, device }));
    this.store = this.used(rows);
    this.layers = layersOf(this.store);
  }

  /**
   * Places `from` to `from + places` of some rows as an empty cache in the same memory, to fill them. Must be
   * disposed of before this cache, and before rows of this cache are dropped.
   */
  part(firstRow: number, rows: number, from: number, places: number): KvCache {
    const memory = tidy(() => own(this.rowsOf(firstRow, rows).narrow(2, from, places)));
    return new KvCache(this.config, rows, this.capacity, this.dtype, this.device, memory);
  }

  /** Rows that there is memory for. */
  get mostRows(): number {
    return this.memory.size(1) / this.config.numKvHeads;
  }

  /** Goes on with the first `rows` rows of the memory; what lies in those that come back is the caller's. */
  useRows(rows: number): void {
    this.free();
    this.store = this.used(rows);
    this.layers = layersOf(this.store);
    this.rows = rows;
  }

  /** Places per row that there is memory for. */
  get places(): number {
    return this.store.size(2);
  }

  /** @throws ModelError when `count` more places do not fit. */
  checkRoom(count: number): void {
    const { places } = this;
    if (this.length + count > places)
      throw new ModelError(
        `the key/value cache holds ${this.length} of ${places} tokens; ${count} more do not fit.`,
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
    const shape = [this.rows, this.config.numKvHeads, this.config.headDim];
    layer.keys.narrow(1, at, 1).view(shape).copy_(keys);
    layer.values.narrow(1, at, 1).view(shape).copy_(values);
    const from = window === null ? this.first : Math.max(this.first, at + 1 - window);
    return [layer.keys.narrow(1, from, at + 1 - from), layer.values.narrow(1, from, at + 1 - from), from];
  }

  /**
   * Writes one more place of a layer, which the host does not know; see `StaticStep`.
   *
   * @param place i64 [1]
   * @returns keys and values of the first `places` places, filled or not, [B · K, places, D]
   */
  appendAt(index: number, keys: Tensor, values: Tensor, place: Tensor, places: number): [Tensor, Tensor] {
    const layer = this.layers[index] as LayerCache;
    const shape = [this.rows * this.config.numKvHeads, 1, this.config.headDim];
    layer.keys.indexCopy_(1, place, keys.reshape(shape));
    layer.values.indexCopy_(1, place, values.reshape(shape));
    return [layer.keys.narrow(1, 0, places), layer.values.narrow(1, 0, places)];
  }

  /** Keys and values of `count` places of one row, a view [2 · layers, K, count, D]. */
  read(row: number, at: number, count: number): Tensor {
    return this.rowsOf(row, 1).narrow(2, at, count);
  }

  /** Writes what `read` gave into the same places of `copies` rows that follow each other. */
  write(firstRow: number, copies: number, at: number, piece: Tensor): void {
    const [layers, K, count, D] = piece.shape as [number, number, number, number];
    this.rowsOf(firstRow, copies)
      .narrow(2, at, count)
      .view([layers, copies, K, count, D])
      .copy_(piece.unsqueeze(1));
  }

  /** Writes zeros into the first `count` places of a row: padding must be finite, or hiding it would not do. */
  clear(row: number, count: number): void {
    this.rowsOf(row, 1).narrow(2, 0, count).zero_();
  }

  /** Takes over the rows of another cache from its `first` place on, as this one's first rows; their last place becomes place `length` - 1. */
  copyFrom(other: KvCache, length: number): void {
    const filled = other.length - other.first;
    this.rowsOf(0, other.rows)
      .narrow(2, length - filled, filled)
      .copy_(other.store.narrow(2, other.first, filled));
    this.length = length;
  }

  /**
   * Keeps `order.length` rows, and of them the places that are filled from `from` on. `order[i]` is the row
   * that shall be row i: i itself, or one that is too far back to stay where it is. So a row that leaves costs
   * at most the copy of one other, and rows that stay in place cost nothing. The memory is not given back.
   */
  keep(order: readonly number[], from: number): void {
    const filled = this.length - from;
    tidy(() => {
      // One by one: libtorch's index_copy_ takes many times as long.
      const places = (row: number) => this.rowsOf(row, 1).narrow(2, from, filled);
      for (const [to, row] of order.entries()) if (row !== to) places(to).copy_(places(row));
    });
    this.dropped += from;
    this.useRows(order.length);
    this.length = filled;
  }

  dispose(): void {
    this.free();
    this.memory.dispose();
    this.decoding?.dispose();
    this.decoding = undefined;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private rowsOf(first: number, count: number): Tensor {
    const K = this.config.numKvHeads;
    return this.store.narrow(1, first * K, count * K);
  }

  private used(rows: number): Tensor {
    const { memory, dropped } = this;
    const K = this.config.numKvHeads;
    return tidy(() => own(memory.narrow(1, 0, rows * K).narrow(2, dropped, memory.size(2) - dropped)));
  }

  private free(): void {
    for (const { keys, values } of this.layers) {
      keys.dispose();
      values.dispose();
    }
    this.store.dispose();
  }
}

const layersOf = (store: Tensor): LayerCache[] =>
  unscoped(() =>
    Array.from({ length: store.size(0) / 2 }, (_, layer) => ({
      keys: store.select(0, 2 * layer),
      values: store.select(0, 2 * layer + 1),
    })),
  );
