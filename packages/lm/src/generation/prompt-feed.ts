import { own, type Tensor, tensor, tidy } from '@collm/torch';
import type { Decoder } from '../model/decoder.js';
import type { KvCache } from '../model/kv-cache.js';
import type { PrefixCache } from './prefix-cache.js';

/** Tokens of a prompt that must be fed: its last one always, for the logits. */
export function freshTokens(tokens: readonly number[], prefixes: PrefixCache | undefined): number {
  return tokens.length - Math.min(prefixes?.match(tokens) ?? 0, tokens.length - 1);
}

/** Writes the first `known` tokens of a prompt into a row of a cache, from place `at` on. */
export function writeKnown(
  cache: KvCache,
  row: number,
  at: number,
  tokens: readonly number[],
  known: number,
  prefixes: PrefixCache | undefined,
): void {
  if (known === 0) return;
  tidy(() => {
    let place = at;
    for (const piece of prefixes?.read(tokens, known) ?? []) {
      cache.write(row, 1, place, piece);
      place += piece.size(2);
    }
  });
}

/**
 * Computes prompts side by side into an empty cache that is as long as the longest of them, a piece at a time.
 * Shorter ones are padded on the left. Owns its memory, not the cache.
 */
export class PromptFeed {
  /** Places per row that are fed: one with fewer new tokens computes some of its known ones again. */
  readonly fed: number;
  private at = 0;
  private readonly ids: Tensor; // i64 [rows, fed]
  private readonly padding: Tensor | undefined; // i64 [rows]

  constructor(
    private readonly decoder: Decoder,
    prompts: readonly (readonly number[])[],
    private readonly cache: KvCache,
    prefixes: PrefixCache | undefined,
  ) {
    const rows = prompts.length;
    const { device } = decoder;
    const fed = Math.max(...prompts.map((tokens) => freshTokens(tokens, prefixes)));
    const length = Math.max(...prompts.map((tokens) => tokens.length));
    const pads = prompts.map((tokens) => length - tokens.length);
    const ids = new Int32Array(rows * fed);
    for (const [row, tokens] of prompts.entries()) {
      const known = Math.max(0, tokens.length - fed);
      writeKnown(cache, row, pads[row] as number, tokens, known, prefixes);
      ids.set(tokens.slice(known), (row + 1) * fed - (tokens.length - known));
    }
    cache.grow(length - fed);
    this.fed = fed;
    this.ids = own(tensor(ids, [rows, fed], { device }));
    this.padding = pads.some((pad) => pad > 0)
      ? own(tensor(Int32Array.from(pads), [rows], { device }))
      : undefined;
  }

  /**
   * Feeds at most `budget` places, and at least one of each row.
   *
   * @returns once all are fed: hidden states of each prompt's last place, [rows, C], made in the current scope
   */
  feed(budget: number): Tensor | undefined {
    const { decoder, cache, padding, fed, at } = this;
    const count = Math.min(Math.max(1, Math.floor(budget / cache.rows)), fed - at);
    const hidden = tidy(() =>
      decoder
        .forward(this.ids.narrow(1, at, count), { cache, ...(padding === undefined ? {} : { padding }) })
        .narrow(1, count - 1, 1)
        .squeeze(1)
        .clone(),
    );
    this.at += count;
    if (this.at === fed) return hidden;
    hidden.dispose();
    return undefined;
  }

  dispose(): void {
    this.ids.dispose();
    this.padding?.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
