import { own, type Tensor, tidy } from '@collm/torch';
import { attentionMask, sequenceAttention } from '../model/attention.js';
import type { Decoder } from '../model/decoder.js';
import { KvCache } from '../model/kv-cache.js';
import type { PrefixCache } from './prefix-cache.js';
import { freshTokens, writeKnown } from './prompt-feed.js';
import type { StreamRow } from './stream-row.js';

/**
 * Prompts of one shape - as many tokens, as many of them known - on their way into a cache, a piece per step.
 * Owns its memory.
 */
export class PrefillGroup {
  private readonly cache: KvCache;
  /** Tokens per prompt of the piece that is being computed. */
  private count = 0;
  /** By window. */
  private readonly masks = new Map<number | null, Tensor | undefined>();

  /** @param prompts the rows of each prompt */
  constructor(
    private readonly decoder: Decoder,
    readonly prompts: readonly (readonly StreamRow[])[],
    prefixes: PrefixCache | undefined,
  ) {
    const { config, dtype, device } = decoder;
    const all = this.tokens;
    const [first] = all as [readonly number[]];
    const known = first.length - freshTokens(first, prefixes);
    this.cache = new KvCache(config, all.length, first.length, dtype, device);
    try {
      for (const [row, tokens] of all.entries()) writeKnown(this.cache, row, 0, tokens, known, prefixes);
    } catch (error) {
      this.cache.dispose();
      throw error;
    }
    this.cache.grow(known);
  }

  get rows(): StreamRow[] {
    return this.prompts.flat();
  }

  /** Whether all tokens have been fed. */
  get complete(): boolean {
    return this.left === 0;
  }

  /** Tokens that have not been fed yet. */
  get left(): number {
    return this.cache.rows * (this.cache.capacity - this.cache.length);
  }

  /** Begins a piece of at most `budget` tokens, and at least one of each prompt. */
  begin(budget: number): { ids: number[]; positions: number[] } {
    const { length, rows, capacity } = this.cache;
    this.count = Math.min(Math.max(1, Math.floor(budget / rows)), capacity - length);
    const ids = this.tokens.flatMap((tokens) => tokens.slice(length, length + this.count));
    return { ids, positions: ids.map((_, i) => length + (i % this.count)) };
  }

  /** One layer of the piece: queries [N, H, D], keys and values [N, K, D] of its tokens, gives [N, H · D]. */
  attend(layer: number, query: Tensor, keys: Tensor, values: Tensor): Tensor {
    const { cache, count } = this;
    const [, H, D] = query.shape as [number, number, number];
    const K = keys.size(1);
    const apart = (x: Tensor, heads: number) => x.view([cache.rows, count, heads, D]);
    const [allKeys, allValues] = cache.append(
      layer,
      apart(keys, K).transpose(1, 2),
      apart(values, K).transpose(1, 2),
    );
    const attended = sequenceAttention(apart(query, H), allKeys, allValues, this.mask(layer));
    return attended.reshape([cache.rows * count, H * D]);
  }

  /** Counts the piece. */
  end(): void {
    this.cache.grow(this.count);
    this.forgetMasks();
  }

  /** Tokens of the piece. */
  get size(): number {
    return this.prompts.length * this.count;
  }

  /** Where the piece has the last token of a prompt. */
  lastOf(prompt: number): number {
    return (prompt + 1) * this.count - 1;
  }

  /** Keys and values of some tokens of a prompt, a view [2 · layers, K, count, D]. */
  read(prompt: number, from = 0, count = this.cache.length - from): Tensor {
    return this.cache.read(prompt, from, count);
  }

  dispose(): void {
    this.forgetMasks();
    this.cache.dispose();
  }

  private get tokens(): (readonly number[])[] {
    return this.prompts.map(([row]) => (row as StreamRow).request.prompt);
  }

  private mask(layer: number): Tensor | undefined {
    const { decoder, cache, count, masks } = this;
    const window = decoder.config.windows[layer] as number | null;
    if (!masks.has(window)) {
      const shape = { start: cache.length, length: count, padding: undefined, window };
      const made = tidy(() => attentionMask(shape, decoder.dtype, decoder.device));
      masks.set(window, made && own(made));
    }
    return masks.get(window);
  }

  private forgetMasks(): void {
    for (const mask of this.masks.values()) mask?.dispose();
    this.masks.clear();
  }
}
