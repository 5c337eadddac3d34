import type { Tensor } from '@collm/torch';
import type { Decoder } from '../model/decoder.js';
import type { DecodingState } from '../model/decoding-state.js';
import { Lane, type LaneRow, type Newcomer, near } from './lane.js';

/**
 * All rows that decode, in lanes by length: attention goes lane by lane, so that one long row does not make the
 * others look at as many places. Owns its memory.
 */
export class Lanes<Row extends LaneRow> {
  private lanes: Lane<Row>[] = [];

  constructor(
    private readonly decoder: Decoder,
    private readonly maxRows: number,
  ) {}

  /** In the order of what is fed. */
  get rows(): Row[] {
    return this.lanes.flatMap(({ rows }) => rows);
  }

  /** How many lanes there are, and for how many tokens they have memory. */
  get layout(): { lanes: number; tokens: number } {
    return { lanes: this.lanes.length, tokens: this.lanes.reduce((sum, { size }) => sum + size, 0) };
  }

  /** Takes rows in. When it throws, some may have come in and others not. */
  join(newcomers: readonly Newcomer<Row>[]): void {
    for (const group of similar(newcomers)) {
      const [longest, shortest] = [group[0]?.row.fed as number, group[group.length - 1]?.row.fed as number];
      const lane = this.lanes.find((one) => one.suits(shortest, longest));
      if (lane === undefined) this.open(group);
      else lane.join(group);
    }
    this.merge();
  }

  leave(stays: (row: Row) => boolean): void {
    const kept: Lane<Row>[] = [];
    for (const lane of this.lanes) {
      if (lane.rows.some(stays)) {
        lane.leave(stays);
        kept.push(lane);
      } else lane.dispose();
    }
    this.lanes = kept;
    this.merge();
  }

  /** Keys and values of `count` tokens of a row from `from` on, a view [2 · layers, K, count, D]. */
  read(row: Row, from: number, count: number): Tensor {
    return (this.lanes.find(({ rows }) => rows.includes(row)) as Lane<Row>).read(row, from, count);
  }

  /** Makes sure that every row has room for one more token. */
  prepare(): void {
    for (const lane of this.lanes) lane.prepare();
  }

  /** One layer of a step that feeds every row its newest token: queries [B, H, D], keys and values [B, K, D]. */
  attend(layer: number, query: Tensor, keys: Tensor, values: Tensor, state: DecodingState): Tensor[] {
    let at = 0;
    return this.lanes.map((lane) => {
      const count = lane.rows.length;
      const part = (all: Tensor) => (count === all.size(0) ? all : all.narrow(0, at, count));
      const found = lane.attend(layer, part(query), part(keys), part(values), state);
      at += count;
      return found;
    });
  }

  /** Counts the tokens of a step that is over. */
  stepped(): void {
    for (const lane of this.lanes) lane.stepped();
  }

  dispose(): void {
    for (const lane of this.lanes) lane.dispose();
    this.lanes = [];
  }

  private open(group: readonly Newcomer<Row>[]): void {
    const lane = new Lane<Row>(this.decoder, this.maxRows);
    try {
      lane.join(group);
    } catch (error) {
      lane.dispose();
      throw error;
    }
    this.lanes.push(lane);
  }

  /** Rows of a lane come nearer to each other with every step, and so do lanes. */
  private merge(): void {
    this.lanes.sort((a, b) => b.longest - a.longest);
    for (let i = 0; i + 1 < this.lanes.length; ) {
      const pair = this.lanes.slice(i, i + 2).sort((a, b) => b.size - a.size) as [Lane<Row>, Lane<Row>];
      const [large, small] = pair;
      if (!large.suits(small.shortest, small.longest)) {
        i++;
        continue;
      }
      large.join(small.rows.map((row) => ({ row, kept: small.read(row) })));
      small.dispose();
      this.lanes.splice(i, 2, large);
    }
  }
}

/** Groups of newcomers that can share a lane, each from its longest to its shortest. */
function similar<Row extends LaneRow>(newcomers: readonly Newcomer<Row>[]): Newcomer<Row>[][] {
  const groups: Newcomer<Row>[][] = [];
  for (const newcomer of [...newcomers].sort((a, b) => b.row.fed - a.row.fed)) {
    const group = groups[groups.length - 1];
    if (group !== undefined && near(newcomer.row.fed, group[0]?.row.fed as number)) group.push(newcomer);
    else groups.push([newcomer]);
  }
  return groups;
}
