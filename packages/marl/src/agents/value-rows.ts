import type { Decoder } from '@collm/lm';
import { type Device, noGrad, type Tensor, TensorScope, tensor } from '@collm/torch';
import { planMicroBatches } from '../learner/micro-batches.js';
import type { ValueRead } from '../messages.js';
import { padRight, type SharedSequence, sharePrefixes } from './shared-prefix.js';
import type { PlacedRead, ValueHeads } from './value-heads.js';

/** A token sequence and where in it values are read. */
export interface ValueRow {
  readonly tokens: readonly number[];
  readonly read: ValueRead;
  /** One position a value; each sees the tokens up to it and no later one. */
  readonly positions: readonly number[];
}

/** A value of a batch, and which one it is: value k of a row. */
export interface RowRead extends PlacedRead {
  readonly row: number;
  readonly k: number;
}

/** Micro-batches of the distinct sequences: histories of one episode are prefixes of each other. */
export function planRows(rows: readonly ValueRow[], tokensPerMicroBatch: number): SharedSequence[][] {
  const used = [...rows.keys()].filter((i) => (rows[i] as ValueRow).positions.length > 0);
  const sequences = sharePrefixes(used.map((i) => (rows[i] as ValueRow).tokens)).map(
    ({ tokens, members }) => ({ tokens, members: members.map((member) => used[member] as number) }),
  );
  const lengths = sequences.map(({ tokens }) => tokens.length);
  return planMicroBatches(lengths, tokensPerMicroBatch).map((group) =>
    group.map((i) => sequences[i] as SharedSequence),
  );
}

/** A micro-batch as the model takes it, i64 [B, T], and the values that are read from it. */
export function batchOf(
  group: readonly SharedSequence[],
  rows: readonly ValueRow[],
  device: Device,
): { ids: Tensor; reads: RowRead[] } {
  const { ids, length } = padRight(group.map(({ tokens }) => tokens));
  const reads = group.flatMap(({ members }, sequence) =>
    members.flatMap((row) => {
      const { read, positions } = rows[row] as ValueRow;
      return positions.map((position, k) => ({ row, k, read, place: sequence * length + position }));
    }),
  );
  return { ids: tensor(ids, [group.length, length], { device }), reads };
}

/** Values of rows, without gradient: `values[row][k]`. Other work gets its turn between micro-batches. */
export async function readValues(
  decoder: Decoder,
  heads: ValueHeads,
  rows: readonly ValueRow[],
  tokensPerMicroBatch: number,
): Promise<number[][]> {
  const values = rows.map(({ positions }) => new Array<number>(positions.length));
  for (const group of planRows(rows, tokensPerMicroBatch)) {
    const scope = new TensorScope();
    try {
      const { ids, reads } = batchOf(group, rows, decoder.device);
      const made = heads.values(
        noGrad(() => decoder.forward(ids)),
        reads,
      );
      for (const [i, { row, k }] of reads.entries()) (values[row] as number[])[k] = made[i] as number;
    } finally {
      scope.close();
    }
    await new Promise((resume) => setImmediate(resume));
  }
  return values;
}
