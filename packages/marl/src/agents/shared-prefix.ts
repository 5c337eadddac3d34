import { planMicroBatches } from '../learner/micro-batches.js';

/** A token sequence of which other rows of the batch are prefixes: one forward serves them all. */
export interface SharedSequence {
  tokens: readonly number[];
  /** Rows that this sequence begins with, itself included. */
  members: number[];
}

/** Rows are compared only with rows that begin with the same tokens. */
const BUCKET_TOKENS = 8;

/**
 * Finds the rows that are prefixes of others. Causal attention makes a token's hidden state independent
 * of what follows, so the turns of one episode, each of which repeats the turns before it, cost one
 * forward instead of one each.
 *
 * @returns sequences that together hold every row once, longest first, ties in row order
 */
export function sharePrefixes(rows: readonly (readonly number[])[]): SharedSequence[] {
  const order = [...rows.keys()].sort((a, b) => length(rows, b) - length(rows, a) || a - b);
  const buckets = new Map<string, SharedSequence[]>();
  const sequences: SharedSequence[] = [];
  for (const row of order) {
    const tokens = rows[row] as readonly number[];
    const key = tokens.slice(0, BUCKET_TOKENS).join();
    const bucket = buckets.get(key) ?? [];
    const owner = bucket.find((sequence) => isPrefix(tokens, sequence.tokens));
    if (owner !== undefined) {
      owner.members.push(row);
      continue;
    }
    const sequence = { tokens, members: [row] };
    bucket.push(sequence);
    buckets.set(key, bucket);
    sequences.push(sequence);
  }
  return sequences;
}

const length = (rows: readonly (readonly number[])[], row: number) => (rows[row] as readonly number[]).length;

function isPrefix(short: readonly number[], long: readonly number[]): boolean {
  // From the end: rows of one item differ in their last tokens first.
  for (let i = short.length - 1; i >= 0; i--) if (short[i] !== long[i]) return false;
  return true;
}

/**
 * Micro-batches under a budget of padded tokens, in which every row is computed once.
 *
 * @param rows null for a row of which nothing is wanted
 */
export function planShared(
  rows: readonly (readonly number[] | null)[],
  tokensPerMicroBatch: number,
): SharedSequence[][] {
  const wanted = [...rows.keys()].filter((i) => rows[i] !== null);
  const sequences = sharePrefixes(wanted.map((i) => rows[i] as readonly number[])).map(
    ({ tokens, members }) => ({ tokens, members: members.map((member) => wanted[member] as number) }),
  );
  const lengths = sequences.map(({ tokens }) => tokens.length);
  return planMicroBatches(lengths, tokensPerMicroBatch).map((group) =>
    group.map((i) => sequences[i] as SharedSequence),
  );
}

/** Rows padded on the right to the longest: ids, row-major. */
export function padRight(rows: readonly (readonly number[])[]): { ids: Int32Array; length: number } {
  const width = Math.max(...rows.map((row) => row.length));
  const ids = new Int32Array(rows.length * width);
  for (const [i, row] of rows.entries()) ids.set(row, i * width);
  return { ids, length: width };
}
