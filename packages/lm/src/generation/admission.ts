/** Rows that wait for their first token: who is next, and the work on their prompts, a bounded part of it per step. */
import type { Tensor } from '@collm/torch';
import type { Decoder } from '../model/decoder.js';
import { KvCache } from '../model/kv-cache.js';
import { groupByPrompt, planChunks } from './prefill.js';
import type { PrefixCache } from './prefix-cache.js';
import { freshTokens, PromptFeed } from './prompt-feed.js';
import type { StreamRow } from './stream-row.js';

/** Prompts whose keys and values are there. Owns its memory. */
export class FilledPrompts {
  constructor(
    readonly cache: KvCache,
    /** Rows by prompt, in the order of the cache. */
    readonly prompts: readonly (readonly StreamRow[])[],
    /** Of each prompt's last place, [prompts, C], made in the scope of the step. */
    readonly hidden: Tensor,
  ) {}

  /** Keys and values of some tokens of a prompt, a view [2 · layers, K, count, D]. */
  read(prompt: number, from = 0, count?: number): Tensor {
    const [row] = this.prompts[prompt] as readonly StreamRow[];
    const { length } = (row as StreamRow).request.prompt;
    return this.cache.read(prompt, this.cache.length - length + from, count ?? length - from);
  }

  dispose(): void {
    this.cache.dispose();
  }
}

/** A prompt that takes several steps. */
interface LongPrompt {
  rows: StreamRow[];
  prompt: readonly number[];
  /** From the first piece on. */
  work: { cache: KvCache; feed: PromptFeed | undefined } | undefined;
}

/**
 * First come, first served, but for one thing: prompts that fit one step go beside a longer one, which gets half
 * of the budget then, so that neither waits for the other.
 */
export class Admission {
  /** In the order of arrival. */
  private readonly queue = new Set<StreamRow>();
  private long: LongPrompt | undefined;

  /** @param budget most prompt tokens per step, >= 1 */
  constructor(
    private readonly decoder: Decoder,
    private readonly budget: number,
    private readonly prefixes: PrefixCache | undefined,
  ) {}

  /** Rows whose prompts nothing has been computed of. */
  get waiting(): number {
    return this.queue.size;
  }

  /** Rows whose prompts are in the making. */
  get filling(): number {
    return this.long?.rows.length ?? 0;
  }

  add(row: StreamRow): void {
    this.queue.add(row);
  }

  /** Forgets a row, and its prompt's work if nobody else wants it. */
  remove(row: StreamRow): void {
    this.queue.delete(row);
    if (this.long === undefined) return;
    this.long.rows = this.long.rows.filter((other) => other !== row);
    if (this.long.rows.length === 0) this.dropLong();
  }

  /**
   * One step's work.
   *
   * @param places how many more rows may run
   * @param failed told of rows whose prompts could not be computed
   */
  fill(places: number, failed: (rows: readonly StreamRow[], error: unknown) => void): FilledPrompts[] {
    const filled: FilledPrompts[] = [];
    const guard = (rows: readonly StreamRow[], work: () => FilledPrompts | undefined) => {
      try {
        const made = work();
        if (made !== undefined) filled.push(made);
      } catch (error) {
        failed(rows, error);
      }
    };
    const short = this.choose(places);
    const groups = groupByPrompt(
      short.map(({ request }) => request),
      this.prefixes,
    );
    for (const chunk of planChunks(groups, this.budget, this.prefixes)) {
      const prompts = chunk.map(({ requests }) => requests.map((i) => short[i] as StreamRow));
      guard(prompts.flat(), () => this.fillChunk(prompts));
    }
    const { long } = this;
    if (long !== undefined) guard(long.rows, () => this.feedLong(long, short.length > 0));
    return filled;
  }

  dispose(): void {
    this.queue.clear();
    this.dropLong();
  }

  /** Takes the rows from the queue whose prompts are computed in this step, and perhaps a long one's. */
  private choose(places: number): StreamRow[] {
    const chosen: StreamRow[] = [];
    const names = new Set<string>();
    let left = places;
    let used = 0;
    for (const row of this.queue) {
      if (left <= 0) break;
      const { prompt } = row.request;
      let fresh = freshTokens(prompt, this.prefixes);
      if (fresh > this.budget) {
        if (this.long === undefined) left -= this.startLong(prompt, left);
        continue;
      }
      const name = prompt.join();
      if (names.has(name)) fresh = 0;
      const share = this.long === undefined ? this.budget : this.budget / 2;
      if (chosen.length > 0 && used + fresh > share) break;
      names.add(name);
      used += fresh;
      left--;
      chosen.push(row);
    }
    for (const row of chosen) this.queue.delete(row);
    return chosen;
  }

  /** Starts on a long prompt, for all rows that have it. @returns how many these are */
  private startLong(prompt: readonly number[], places: number): number {
    const same = (row: StreamRow) => {
      const other = row.request.prompt;
      return other.length === prompt.length && other.every((token, i) => token === prompt[i]);
    };
    const rows = [...this.queue].filter(same).slice(0, places);
    for (const row of rows) this.queue.delete(row);
    this.long = { rows, prompt, work: undefined };
    return rows.length;
  }

  private fillChunk(prompts: readonly (readonly StreamRow[])[]): FilledPrompts {
    const tokens = prompts.map(([row]) => (row as StreamRow).request.prompt);
    const cache = this.newCache(tokens);
    try {
      using feed = new PromptFeed(this.decoder, tokens, cache, this.prefixes);
      let hidden: Tensor | undefined;
      while (hidden === undefined) hidden = feed.feed(this.budget);
      return new FilledPrompts(cache, prompts, hidden);
    } catch (error) {
      cache.dispose();
      throw error;
    }
  }

  /** A piece of the long prompt; what has been made of it so far once it is the last. */
  private feedLong(long: LongPrompt, beside: boolean): FilledPrompts | undefined {
    try {
      if (long.work === undefined) {
        const cache = this.newCache([long.prompt]);
        long.work = { cache, feed: undefined };
        long.work.feed = new PromptFeed(this.decoder, [long.prompt], cache, this.prefixes);
      }
      const { cache, feed } = long.work;
      const hidden = feed?.feed(beside ? this.budget / 2 : this.budget);
      if (hidden === undefined) return undefined;
      feed?.dispose();
      this.long = undefined;
      return new FilledPrompts(cache, [long.rows], hidden);
    } catch (error) {
      this.dropLong();
      throw error;
    }
  }

  private dropLong(): void {
    this.long?.work?.feed?.dispose();
    this.long?.work?.cache.dispose();
    this.long = undefined;
  }

  private newCache(prompts: readonly (readonly number[])[]): KvCache {
    const { config, dtype, device } = this.decoder;
    const longest = Math.max(...prompts.map(({ length }) => length));
    return new KvCache(config, prompts.length, longest, dtype, device);
  }
}
