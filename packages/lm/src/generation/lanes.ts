import { cat, type Tensor, tensor } from '@collm/torch';
import type { Decoder } from '../model/decoder.js';
import type { DecodingState } from '../model/decoding-state.js';
import { Lane, type LaneRow, type Newcomer, near } from './lane.js';

/** A row that decodes. */
export interface DecodingRow extends LaneRow {
  /** The token that is fed next. */
  readonly newest: number;
}

/**
 * All rows that decode, in lanes by length: products with weights are made for all of them together, attention
 * lane by lane, so that one long row does not make the others look at as many places. Owns its memory.
 */
export class Lanes<Row extends DecodingRow> {
  private lanes: Lane<Row>[] = [];
  private state: DecodingState | undefined;

  constructor(
    private readonly decoder: Decoder,
    private readonly maxRows: number,
  ) {}

  /** In the order of what `step` gives. */
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
    const fewer = kept.length < this.lanes.length;
    this.lanes = kept;
    if (fewer) this.state = this.lanes.length === 0 ? this.forgetState() : this.state;
    this.merge();
  }

  /** Keys and values of `count` tokens of a row from `from` on, a view [2 · layers, K, count, D]. */
  read(row: Row, from: number, count: number): Tensor {
    return (this.lanes.find(({ rows }) => rows.includes(row)) as Lane<Row>).read(row, from, count);
  }

  /** Feeds every row its newest token. There must be rows. @returns hidden states [B, C] */
  step(): Tensor {
    const { decoder, lanes } = this;
    for (const lane of lanes) lane.prepare();
    const { rows } = this;
    const { device } = decoder;
    const ints = (values: number[]) => tensor(Int32Array.from(values), [rows.length], { device });
    const fed = rows.map((row) => row.fed);
    this.state ??= decoder.decodingState();
    const state = this.state;
    const tables = decoder.tablesOf({ capacity: Math.max(...fed) + 1 });
    const hidden = decoder.stepWith(
      ints(rows.map(({ newest }) => newest)),
      ints(fed),
      state,
      tables,
      (layer, query, keys, values) => {
        if (lanes.length === 1) return (lanes[0] as Lane<Row>).attend(layer, query, keys, values, state);
        let at = 0;
        return cat(
          lanes.map((lane) => {
            const count = lane.rows.length;
            const part = (all: Tensor) => all.narrow(0, at, count);
            const found = lane.attend(layer, part(query), part(keys), part(values), state);
            at += count;
            return found;
          }),
        );
      },
    );
    for (const lane of lanes) lane.stepped();
    return hidden;
  }

  dispose(): void {
    for (const lane of this.lanes) lane.dispose();
    this.lanes = [];
    this.forgetState();
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

  private forgetState(): undefined {
    this.state?.dispose();
    this.state = undefined;
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
