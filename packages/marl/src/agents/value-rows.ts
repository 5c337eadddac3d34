import type { Decoder } from '@collm/lm';
import { type Device, noGrad, type Tensor, TensorScope, tensor } from '@collm/torch';
import type { ValueRead } from '../messages.js';
import { padRight, planShared, type SharedSequence } from './shared-prefix.js';
import type { ValueHeads } from './value-heads.js';

/** A token sequence and where in it values are read. */
export interface ValueRow {
  readonly tokens: readonly number[];
  readonly read: ValueRead;
  /** One position a value; each sees the tokens up to it and no later one. */
  readonly positions: readonly number[];
}

/** Where a row's values lie in a micro-batch: flat places b · T + t. */
export interface PlacedRow {
  readonly row: number;
  readonly places: readonly number[];
}

/** Micro-batches of the distinct sequences: histories of one episode are prefixes of each other. */
export function planRows(rows: readonly ValueRow[], tokensPerMicroBatch: number): SharedSequence[][] {
  return planShared(
    rows.map(({ tokens, positions }) => (positions.length === 0 ? null : tokens)),
    tokensPerMicroBatch,
  );
}

/** A micro-batch as the model takes it, i64 [B, T], and the rows that are read from it. */
export function batchOf(
  group: readonly SharedSequence[],
  rows: readonly ValueRow[],
  device: Device,
): { ids: Tensor; placed: PlacedRow[] } {
  const { ids, length } = padRight(group.map(({ tokens }) => tokens));
  const placed = group.flatMap(({ members }, sequence) =>
    members.map((row) => {
      const { positions } = rows[row] as ValueRow;
      return { row, places: positions.map((position) => sequence * length + position) };
    }),
  );
  return { ids: tensor(ids, [group.length, length], { device }), placed };
}

/** Values of rows, without gradient: `values[row][k]`. Other work gets its turn between micro-batches. */
export async function readValues(
  decoder: Decoder,
  heads: ValueHeads,
  rows: readonly ValueRow[],
  tokensPerMicroBatch: number,
): Promise<number[][]> {
  const values = rows.map((): number[] => []);
  for (const group of planRows(rows, tokensPerMicroBatch)) {
    const scope = new TensorScope();
    try {
      const { ids, placed } = batchOf(group, rows, decoder.device);
      const reads = placed.flatMap(({ row, places }) => {
        const { read } = rows[row] as ValueRow;
        return places.map((place) => ({ read, place }));
      });
      const hidden = noGrad(() => decoder.forward(ids));
      const made = heads.values(hidden, reads).values();
      for (const { row, places } of placed) values[row] = places.map(() => made.next().value as number);
    } finally {
      scope.close();
    }
    await new Promise((resume) => setImmediate(resume));
  }
  return values;
}
