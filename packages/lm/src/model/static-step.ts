import { arange, full, own, type Tensor, tensor, tidy } from '@collm/torch';
import { stepAttention } from './attention.js';
import type { Decoder } from './decoder.js';
import type { KvCache } from './kv-cache.js';
import type { RotaryTables } from './rope.js';

/** Which places layers of one window see, kept up to date on the device. */
interface MovingMask {
  /** What is used, [B · K, 1, places]: a part of `wide`. */
  seen: Tensor;
  /** With `window` places more on the left, so that what leaves the window always has a place. */
  wide: Tensor;
  window: number | null;
}

/** Where the rows of a batch stand before a step. */
export interface RowState {
  /** Of the tokens that are fed next, i64 [B]. */
  positions: Tensor;
  /** Hides the padding, for all steps to come: additive [B · K, 1, >= places]; undefined without padding. */
  mask: Tensor | undefined;
}

/**
 * The step of `Decoder.step` and `nextLogits` for a CUDA graph: every run has the same shapes and addresses.
 * Where the next token goes, its position and its mask are tensors, which the step itself moves on; attention
 * looks at all of the first `places` places and masks those that are not filled yet.
 *
 * For as long as the cache's rows stay as they are. Owns its memory, not the decoder or the cache.
 */
export class StaticStep {
  /** What is fed, i64 [B]: write it before a run. */
  readonly tokens: Tensor;
  private readonly positions: Tensor; // i64 [B]
  private readonly place: Tensor; // i64 [1]
  private readonly masks: readonly MovingMask[];
  private readonly tables: RotaryTables;

  /** @param places of the cache that can be filled and seen, at most `cache.places` */
  constructor(
    private readonly decoder: Decoder,
    private readonly cache: KvCache,
    rows: RowState,
    readonly places: number,
  ) {
    const { config, device } = decoder;
    [this.positions, this.tokens, this.place, this.masks, this.tables] = tidy(() => {
      const windows = new Set(config.windows.map((window) => this.effective(window)));
      const tables = decoder.tablesOf(cache);
      return [
        own(rows.positions.clone()),
        own(rows.positions.clone()),
        own(tensor(Int32Array.of(cache.length), [1], { device })),
        [...windows].map((window) => this.mask(window, rows.mask)),
        // Views: another batch may make the decoder replace its tables by longer ones.
        {
          cos: own(tables.cos.view([-1, config.headDim])),
          signedSin: own(tables.signedSin.view([-1, config.headDim])),
        },
      ] as const;
    });
  }

  /**
   * Feeds `tokens`, writes their keys and values into the cache, and moves on by one place. The cache does not
   * notice: `grow` is the caller's, who also sees to it that no run goes beyond `places`.
   *
   * @returns logits [B, V], made in the current scope
   */
  run(): Tensor {
    const { decoder, cache, place, places } = this;
    for (const { wide, window } of this.masks) {
      if (window !== null) wide.indexFill_(2, place, Number.NEGATIVE_INFINITY);
      wide.indexFill_(2, window === null ? place : place.add(window), 0);
    }
    cache.decoding ??= decoder.decodingState();
    const { decoding } = cache;
    const hidden = decoder.stepWith(
      this.tokens,
      this.positions,
      decoding,
      this.tables,
      (layer, query, k, v) => {
        const window = this.effective(decoder.config.windows[layer] as number | null);
        const [keys, values] = cache.appendAt(layer, k, v, place, places);
        const mask = this.masks.find((mask) => mask.window === window)?.seen;
        return stepAttention(query, keys, values, mask, decoding.zero, decoder.config);
      },
    );
    const logits = decoder.nextLogits(hidden);
    this.positions.add_(1);
    place.add_(1);
    return logits;
  }

  dispose(): void {
    const { tokens, positions, place, tables, masks } = this;
    for (const owned of [tokens, positions, place, tables.cos, tables.signedSin]) owned.dispose();
    for (const { seen, wide } of masks) {
      seen.dispose();
      wide.dispose();
    }
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** A window that no place can leave is none. */
  private effective(window: number | null): number | null {
    return window !== null && window < this.places ? window : null;
  }

  private mask(window: number | null, padding: Tensor | undefined): MovingMask {
    const { places, cache } = this;
    const { dtype, device, config } = this.decoder;
    const margin = window ?? 0;
    const at = arange(0, places, { dtype: 'i64', device });
    const old = window === null ? -1 : cache.length - window - 1;
    const hidden = at.ge(cache.length).logicalOr(at.le(old)); // [places]
    const shape = [cache.rows * config.numKvHeads, 1, margin + places];
    const wide = own(full(shape, Number.NEGATIVE_INFINITY, { dtype, device }));
    const seen = own(wide.narrow(2, margin, places));
    if (padding === undefined) seen.fill_(0);
    else seen.copy_(padding.narrow(2, 0, places));
    seen.maskedFill_(hidden, Number.NEGATIVE_INFINITY);
    return { seen, wide, window };
  }
}
