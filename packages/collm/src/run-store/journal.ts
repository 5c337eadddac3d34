/** Append-only files with one JSON record per line. */
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { RunError } from '../errors.js';

const NEWLINE = 0x0a;
const CHUNK_BYTES = 1 << 20;

/** Appends records. Opening removes the half-written last line that a kill may have left. */
export class Journal {
  readonly #handle: number;
  #open = true;

  constructor(path: string) {
    dropTornTail(path);
    this.#handle = openSync(path, 'a');
  }

  append(record: object): void {
    writeSync(this.#handle, `${JSON.stringify(record)}\n`);
  }

  /** Makes everything appended so far durable. */
  sync(): void {
    fsyncSync(this.#handle);
  }

  close(): void {
    if (this.#open) closeSync(this.#handle);
    this.#open = false;
  }
}

/** A record and the bytes of its line in the file, from `start` up to its newline at `end`. */
export interface JournalEntry {
  readonly record: object;
  readonly start: number;
  readonly end: number;
}

/**
 * All whole records of a journal, oldest first; none when there is no file. A last line without its end is
 * no record: it was being written when the process died.
 *
 * @throws RunError when a whole line is no JSON object
 */
export function readJournal(path: string): object[] {
  return Array.from(journalEntries(path), ({ record }) => record);
}

/**
 * The same one by one, so that a journal of any size can be read: only a piece of it is in memory.
 *
 * @throws RunError when a whole line is no JSON object
 */
export function* journalEntries(path: string): Generator<JournalEntry> {
  let number = 0;
  for (const { bytes, start } of readLines(path)) {
    number += 1;
    const record = parseRecord(bytes);
    if (record === null) {
      throw new RunError(
        `Line ${number} of ${path} is no JSON record, so somebody or something changed the file. Remove that line to read the rest.`,
      );
    }
    yield { record, start, end: start + bytes.length };
  }
}

function parseRecord(bytes: Buffer): object | null {
  try {
    const record: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof record === 'object' ? record : null;
  } catch {
    return null;
  }
}

/** Whole lines of a file without their ends; none when there is no file. `from` is where the first starts, in bytes. */
export function* readLines(path: string, from = 0): Generator<{ bytes: Buffer; start: number }> {
  const handle = openIfThere(path);
  if (handle === null) return;
  try {
    let start = from;
    let pieces: Buffer[] = [];
    for (let at = from; ; ) {
      const space = Buffer.allocUnsafe(CHUNK_BYTES);
      const chunk = space.subarray(0, readSync(handle, space, 0, CHUNK_BYTES, at));
      if (chunk.length === 0) return;
      let used = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; used = end + 1, end = chunk.indexOf(NEWLINE, used)) {
        const last = chunk.subarray(used, end);
        const bytes = pieces.length === 0 ? last : Buffer.concat([...pieces, last]);
        yield { bytes, start };
        pieces = [];
        start = at + end + 1;
      }
      if (used < chunk.length) pieces.push(chunk.subarray(used));
      at += chunk.length;
    }
  } finally {
    closeSync(handle);
  }
}

function openIfThere(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

function dropTornTail(path: string): void {
  let handle: number;
  try {
    handle = openSync(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    const { size } = fstatSync(handle);
    const whole = endOfLastLine(handle, size);
    if (whole < size) ftruncateSync(handle, whole);
  } finally {
    closeSync(handle);
  }
}

/** The byte behind the last newline; 0 without any. Reads from the end, because journals grow to gigabytes. */
function endOfLastLine(handle: number, size: number): number {
  const chunk = Buffer.alloc(Math.min(size, CHUNK_BYTES));
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - chunk.length);
    const count = readSync(handle, chunk, 0, end - start, start);
    const newline = chunk.subarray(0, count).lastIndexOf(NEWLINE);
    if (newline >= 0) return start + newline + 1;
    end = start;
  }
  return 0;
}
