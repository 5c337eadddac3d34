/** Rows that wait for their first token: who is next, and a bounded part of the work on their prompts per step. */
import type { Decoder } from '../model/decoder.js';
import { PrefillGroup } from './prefill-group.js';
import type { PrefixCache } from './prefix-cache.js';
import { freshTokens } from './prompt-feed.js';
import type { StreamRow } from './stream-row.js';

/** What a step computes of a group's prompts. */
export interface PrefillPiece {
  group: PrefillGroup;
  /** Most tokens of it. */
  budget: number;
}

/**
 * First come, first served, but for one thing: prompts that fit one step go beside a longer one, which gets half
 * of the budget then, so that neither waits for the other.
 */
export class Admission {
  /** In the order of arrival. */
  private readonly queue = new Set<StreamRow>();
  /** Whose prompts are in the making. */
  private readonly groups = new Set<PrefillGroup>();
  /** The one of them that takes several steps. */
  private long: PrefillGroup | undefined;

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
    return [...this.groups].flatMap(({ rows }) => rows.filter(({ ended }) => !ended)).length;
  }

  add(row: StreamRow): void {
    this.queue.add(row);
  }

  /** Takes a row from the queue. */
  remove(row: StreamRow): void {
    this.queue.delete(row);
  }

  /**
   * The work of the next step.
   *
   * @param places how many more rows may run
   * @param failed told of rows whose prompts cannot be begun
   */
  next(places: number, failed: (rows: readonly StreamRow[], error: unknown) => void): PrefillPiece[] {
    const [short, long] = this.choose(places);
    const pieces: PrefillPiece[] = [];
    const open = (prompts: readonly (readonly StreamRow[])[]): PrefillGroup | undefined => {
      try {
        const group = new PrefillGroup(this.decoder, prompts, this.prefixes);
        this.groups.add(group);
        return group;
      } catch (error) {
        failed(prompts.flat(), error);
        return undefined;
      }
    };
    for (const prompts of short) {
      const group = open(prompts);
      if (group !== undefined) pieces.push({ group, budget: this.budget });
    }
    if (long !== undefined) this.long = open([long]);
    if (this.long !== undefined)
      pieces.push({ group: this.long, budget: pieces.length > 0 ? this.budget / 2 : this.budget });
    return pieces;
  }

  /** Frees groups that are complete or that nobody waits for any more. */
  sweep(): void {
    for (const group of this.groups)
      if (group.complete || group.rows.every(({ ended }) => ended)) this.close(group);
  }

  dispose(): void {
    this.queue.clear();
    for (const group of this.groups) this.close(group);
  }

  /** Takes rows from the queue: those of short prompts, by shape and prompt, and those of a long one if it is time for it. */
  private choose(places: number): [StreamRow[][][], StreamRow[] | undefined] {
    const prompts = new Map<string, StreamRow[]>();
    const shapes = new Map<string, StreamRow[][]>();
    let long: StreamRow[] | undefined;
    let left = places;
    let used = 0;
    for (const row of this.queue) {
      if (left <= 0) break;
      const { prompt } = row.request;
      const fresh = freshTokens(prompt, this.prefixes);
      if (fresh > this.budget) {
        if (this.long !== undefined || long !== undefined) continue;
        long = this.withPrompt(prompt).slice(0, left);
        left -= long.length;
        continue;
      }
      const name = prompt.join();
      const same = prompts.get(name);
      if (same === undefined) {
        const share = this.long === undefined && long === undefined ? this.budget : this.budget / 2;
        if (used > 0 && used + fresh > share) break;
        used += fresh;
        const rows = [row];
        prompts.set(name, rows);
        const shape = `${prompt.length} ${fresh}`;
        shapes.set(shape, [...(shapes.get(shape) ?? []), rows]);
      } else same.push(row);
      left--;
    }
    for (const row of [...prompts.values(), long ?? []].flat()) this.queue.delete(row);
    return [[...shapes.values()], long];
  }

  private withPrompt(prompt: readonly number[]): StreamRow[] {
    return [...this.queue].filter(({ request: { prompt: other } }) => {
      return other.length === prompt.length && other.every((token, i) => token === prompt[i]);
    });
  }

  private close(group: PrefillGroup): void {
    this.groups.delete(group);
    if (this.long === group) this.long = undefined;
    group.dispose();
  }
}
