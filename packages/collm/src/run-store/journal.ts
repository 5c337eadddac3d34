/** Append-only files with one JSON record per line. */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import { RunError } from '../errors.js';

const NEWLINE = 0x0a;

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

/**
 * All whole records of a journal, oldest first; none when there is no file. A last line without its end is
 * no record: it was being written when the process died.
 *
 * @throws RunError when a whole line is no JSON
 */
export function readJournal(path: string): unknown[] {
  if (!existsSync(path)) return [];
  const bytes = readFileSync(path);
  const records: unknown[] = [];
  // Line by line from bytes: as one text, the journal of a long run would exceed the longest string.
  for (
    let start = 0, end = bytes.indexOf(NEWLINE);
    end >= 0;
    start = end + 1, end = bytes.indexOf(NEWLINE, start)
  ) {
    try {
      records.push(JSON.parse(bytes.toString('utf8', start, end)));
    } catch (cause) {
      throw new RunError(
        `Line ${records.length + 1} of ${path} is not JSON, so somebody or something changed the file. Remove that line to read the rest.`,
        { cause },
      );
    }
  }
  return records;
}

function dropTornTail(path: string): void {
  if (!existsSync(path)) return;
  const bytes = readFileSync(path);
  const whole = bytes.lastIndexOf(NEWLINE) + 1;
  if (whole < bytes.length) truncateSync(path, whole);
}
