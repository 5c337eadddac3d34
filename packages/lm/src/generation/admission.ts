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

/** The rows that have one prompt. */
interface Waiting {
  rows: StreamRow[];
  /** Tokens that must be fed. */
  fresh: number;
}

/** Rows of the queue that a step looks at: what it costs to look stays small. */
const LOOK_AHEAD = 256;

type OnFailure = (rows: readonly StreamRow[], error: unknown) => void;

/**
 * First come, first served, but for one thing: short prompts, of at most half of a step's budget, go beside longer
 * ones, so that neither kind waits for the other. Where both wait, each has at least half of the budget.
 */
export class Admission {
  /** In the order of arrival. */
  private readonly queue = new Set<StreamRow>();
  /** Whose prompts are in the making: at most one of them takes more than one step. */
  private readonly groups = new Set<PrefillGroup>();

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
   * The work of the next step, to be swept when it is done.
   *
   * @param places how many more rows may run
   * @param failed told of rows whose prompts cannot be begun
   */
  next(places: number, failed: OnFailure): PrefillPiece[] {
    const begun = [...this.groups];
    const { short, long } = this.candidates();
    const pieces: PrefillPiece[] = [];
    let room = places;
    let left = this.budget;
    const take = (group: PrefillGroup | undefined) => {
      if (group === undefined) return;
      pieces.push({ group, budget: left });
      left -= Math.min(left, group.left);
    };
    const open = (prompts: readonly Waiting[]) => {
      room -= prompts.flatMap(({ rows }) => rows).length;
      take(this.open(prompts, failed));
    };
    // Short prompts that came later leave the next long one its places.
    const kept = begun.length > 0 ? 0 : (long[0]?.rows.length ?? 0);
    const share = begun.length + long.length > 0 ? this.budget / 2 : this.budget;
    for (const group of byShape(within(short, share, room - kept))) open(group);
    for (const group of begun) take(group);
    for (const { rows, fresh } of long)
      if (left > 0 && room > 0) open([{ rows: rows.slice(0, room), fresh }]);
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

  /** The first prompts of the queue. */
  private candidates(): { short: Waiting[]; long: Waiting[] } {
    const prompts = new Map<string, Waiting>();
    let seen = 0;
    for (const row of this.queue) {
      if (seen++ === LOOK_AHEAD) break;
      const { prompt } = row.request;
      const name = prompt.join();
      const same = prompts.get(name);
      if (same !== undefined) same.rows.push(row);
      else prompts.set(name, { rows: [row], fresh: freshTokens(prompt, this.prefixes) });
    }
    const [short, long]: [Waiting[], Waiting[]] = [[], []];
    for (const one of prompts.values()) (one.fresh > this.budget / 2 ? long : short).push(one);
    return { short, long };
  }

  private open(prompts: readonly Waiting[], failed: OnFailure): PrefillGroup | undefined {
    const rows = prompts.map((prompt) => prompt.rows);
    for (const row of rows.flat()) this.queue.delete(row);
    try {
      const group = new PrefillGroup(this.decoder, rows, this.prefixes);
      this.groups.add(group);
      return group;
    } catch (error) {
      failed(rows.flat(), error);
      return undefined;
    }
  }

  private close(group: PrefillGroup): void {
    this.groups.delete(group);
    group.dispose();
  }
}

/** As many of the first prompts as have `most` fresh tokens together, with at most `room` rows. */
function within(prompts: readonly Waiting[], most: number, room: number): Waiting[] {
  const chosen: Waiting[] = [];
  let [tokens, left] = [most, room];
  for (const { rows, fresh } of prompts) {
    tokens -= fresh;
    if (tokens < 0 || left <= 0) break;
    chosen.push({ rows: rows.slice(0, left), fresh });
    left -= rows.length;
  }
  return chosen;
}

/** Prompts of equal length with as many fresh tokens, together. */
function byShape(prompts: readonly Waiting[]): Waiting[][] {
  const shapes = new Map<string, Waiting[]>();
  for (const prompt of prompts) {
    const name = `${prompt.rows[0]?.request.prompt.length} ${prompt.fresh}`;
    shapes.set(name, [...(shapes.get(name) ?? []), prompt]);
  }
  return [...shapes.values()];
}
