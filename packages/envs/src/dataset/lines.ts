/** Text files line by line, without holding them in memory. */
import { createReadStream } from 'node:fs';
import { HeapGuard } from './heap-guard.js';
import { badData, type DataFile, reasonOf } from './record.js';

export interface Line {
  /** Without its line feed; a carriage return before that is kept. */
  readonly text: string;
  /** From 1. */
  readonly number: number;
}

/** In bytes. Longer lines are no text that anybody wrote. */
const maxLine = 64 * 2 ** 20;
const lineFeed = 0x0a;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A line before it is read as text. */
export interface ByteLine {
  readonly bytes: Buffer;
  /** From 1. */
  readonly number: number;
}

/**
 * The lines of a UTF-8 file. Only a line feed ends a line: JSON may hold every other separator of Unicode as it is. A byte
 * order mark is left out.
 *
 * @throws {EnvError} `bad_dataset` naming the line that is no UTF-8 or too long, or saying why the file cannot be read whole
 */
export async function* readLines({ path, name }: DataFile): AsyncGenerator<Line> {
  const heap = new HeapGuard(name);
  for await (const line of splitLines(readChunks({ path, name }), name)) {
    heap.expect(line.bytes.length);
    yield lineText(line, name);
  }
}

/**
 * Cuts a stream of bytes at line feeds; a last line without one is a line too.
 *
 * @param name how messages call the stream
 * @throws {EnvError} `bad_dataset` naming a line that is too long
 */
export async function* splitLines(chunks: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<ByteLine> {
  let number = 1;
  let parts: Uint8Array[] = [];
  let length = 0;
  const take = (): ByteLine => {
    const line = { bytes: Buffer.concat(parts), number };
    parts = [];
    length = 0;
    number++;
    return line;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(lineFeed, start);
      const part = chunk.subarray(start, end < 0 ? chunk.length : end);
      if (part.length > 0) parts.push(part);
      length += part.length;
      if (length > maxLine) {
        throw badData(
          `${name}:${number}: the line is longer than ${maxLine / 2 ** 20} MiB. Is it a text file?`,
        );
      }
      if (end < 0) break;
      yield take();
      start = end + 1;
    }
  }
  if (parts.length > 0) yield take();
}

/** @throws {EnvError} `bad_dataset` naming the line that is no UTF-8 */
export function lineText({ bytes, number }: ByteLine, name: string): Line {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (cause) {
    throw badData(`${name}:${number}: the line is not UTF-8. Convert the file.`, cause);
  }
  return { text: number === 1 && text.startsWith('\ufeff') ? text.slice(1) : text, number };
}

async function* readChunks({ path, name }: DataFile): AsyncGenerator<Buffer> {
  try {
    yield* createReadStream(path, { highWaterMark: 2 ** 18 }) as AsyncIterable<Buffer>;
  } catch (cause) {
    throw unreadable(name, cause);
  }
}

export function unreadable(name: string, cause: unknown): Error {
  if ((cause as NodeJS.ErrnoException | null)?.code === 'ENOENT') {
    return badData(
      `There is no data file or folder \`${name}\`. Check the path, or name \`builtin\` or a data set of the hub as org/name.`,
      cause,
    );
  }
  return badData(`The data file \`${name}\` cannot be read (${reasonOf(cause)}). Check the path.`, cause);
}
