import { own, type Tensor, tidy } from '@collm/torch';
import { stepAttention } from '../model/attention.js';
import type { Decoder } from '../model/decoder.js';
import type { DecodingState } from '../model/decoding-state.js';
import { KvCache } from '../model/kv-cache.js';
import { orderOfRest } from './order.js';
import { paddingMask } from './padding-mask.js';

/** What a lane has to know of a row. */
export interface LaneRow {
  /** Tokens whose keys and values it has. */
  readonly fed: number;
  /** Tokens that may still be fed. */
  readonly left: number;
}

/** A row that comes, with the keys and values of its tokens, [2 · layers, K, fed, D]. */
export interface Newcomer<Row> {
  row: Row;
  kept: Tensor;
}

/** Lengths that differ by fewer places share a lane, whatever their ratio: another lane costs more per step. */
const NEAR = 128;
/** So do lengths up to this many times the shortest: half of what attention reads is not padding. */
const RATIO = 2;
/** Whether rows of these lengths may share a lane. */
export const near = (shortest: number, longest: number): boolean =>
  longest - shortest <= NEAR || longest <= RATIO * shortest;

/** Room for so many steps at least when the memory is laid out anew. */
const SLACK = 64;

/**
 * Rows of similar length in one cache, all with their newest token in the same place. Rows come and go; the
 * memory is laid out anew when there is no room, or far too much. What lies left of a row's tokens is zero, so
 * that it can be hidden. Owns its memory.
 */
export class Lane<Row extends LaneRow> {
  /** In the order of the cache. */
  rows: Row[] = [];
  private cache: KvCache;
  /** Of all places, [B · K, 1, places]. */
  private mask: Tensor | undefined;
  /** Parts of the mask that this step has asked for, by their first place. */
  private readonly seen = new Map<number, Tensor>();

  constructor(
    private readonly decoder: Decoder,
    private readonly maxRows: number,
  ) {
    this.cache = this.newCache(0, 0);
  }

  get longest(): number {
    return Math.max(...this.rows.map(({ fed }) => fed));
  }

  get shortest(): number {
    return Math.min(...this.rows.map(({ fed }) => fed));
  }

  /** Rows times places that there is memory for. */
  get size(): number {
    return this.cache.mostRows * this.cache.places;
  }

  /** Whether rows of these lengths would be near enough to those here. */
  suits(shortest: number, longest: number): boolean {
    return near(Math.min(shortest, this.shortest), Math.max(longest, this.longest));
  }

  join(newcomers: readonly Newcomer<Row>[]): void {
    const count = this.rows.length;
    const all = [...this.rows, ...newcomers.map(({ row }) => row)];
    const longest = Math.max(...all.map(({ fed }) => fed));
    const { cache } = this;
    if (all.length > cache.mostRows || longest > cache.length || cache.length === cache.places)
      this.layOut(all, longest);
    this.cache.useRows(all.length);
    this.rows = all;
    for (const [i, { kept, row }] of newcomers.entries()) {
      const at = this.cache.length - row.fed;
      this.cache.clear(count + i, at);
      this.cache.write(count + i, 1, at, kept);
    }
    this.changed();
  }

  /** Lets go of rows; at least one must stay. */
  leave(stays: (row: Row) => boolean): void {
    const order = orderOfRest(this.rows, stays);
    if (order.length === this.rows.length) return;
    this.cache.keep(order, 0);
    this.rows = order.map((i) => this.rows[i] as Row);
    const { longest } = this;
    if (this.size > 4 * this.rows.length * (longest + SLACK)) this.layOut(this.rows, longest);
    this.changed();
  }

  /** Keys and values of some tokens of a row, a view [2 · layers, K, count, D]. */
  read(row: Row, from = 0, count = row.fed - from): Tensor {
    return this.cache.read(this.rows.indexOf(row), this.cache.length - row.fed + from, count);
  }

  /** Makes sure that one more place is there. */
  prepare(): void {
    if (this.cache.length < this.cache.places) return;
    this.layOut(this.rows, this.longest);
    this.changed();
  }

  /** One layer of a step: queries [B, H, D], keys and values [B, K, D], gives [B, H · D]. */
  attend(layer: number, query: Tensor, keys: Tensor, values: Tensor, { zero }: DecodingState): Tensor {
    const { cache, decoder } = this;
    const window = decoder.config.windows[layer] as number | null;
    const [allKeys, allValues, from] = cache.appendOne(layer, keys, values, window);
    return stepAttention(query, allKeys, allValues, this.maskFrom(from), zero, decoder.config);
  }

  /** Counts the place that a step has filled in all layers. */
  stepped(): void {
    this.cache.grow(1);
    this.forgetSeen();
  }

  dispose(): void {
    this.forgetMask();
    this.cache.dispose();
  }

  /** Moves the rows here into memory for `rows`, of which the longest begins at the first place. */
  private layOut(rows: readonly Row[], longest: number): void {
    const left = Math.max(...rows.map((row) => row.left));
    const slack = Math.max(1, Math.min(left, Math.max(SLACK, longest >> 1)));
    const roomy = Math.min(this.maxRows, 2 ** Math.ceil(Math.log2(rows.length)));
    const made = this.newCache(Math.max(rows.length, roomy), longest + slack);
    made.useRows(this.rows.length);
    this.cache.first = this.rows.length === 0 ? this.cache.length : this.cache.length - this.longest;
    tidy(() => made.copyFrom(this.cache, longest));
    this.cache.dispose();
    this.cache = made;
  }

  private newCache(rows: number, places: number): KvCache {
    const { config, dtype, device } = this.decoder;
    return new KvCache(config, rows, places, dtype, device);
  }

  private changed(): void {
    const { cache, rows } = this;
    this.forgetMask();
    const starts = rows.map(({ fed }) => cache.length - fed);
    cache.first = Math.min(...starts);
    this.mask = tidy(() =>
      starts.every((start) => start === cache.first)
        ? undefined
        : paddingMask(this.decoder, starts, cache.places),
    );
  }

  /** The mask of this step for the places from `from` on. */
  private maskFrom(from: number): Tensor | undefined {
    const { mask, seen, cache } = this;
    if (mask === undefined) return undefined;
    const known = seen.get(from);
    if (known !== undefined) return known;
    const made = own(mask.narrow(2, from, cache.length + 1 - from));
    seen.set(from, made);
    return made;
  }

  private forgetSeen(): void {
    for (const part of this.seen.values()) part.dispose();
    this.seen.clear();
  }

  private forgetMask(): void {
    this.forgetSeen();
    this.mask?.dispose();
    this.mask = undefined;
  }
}
