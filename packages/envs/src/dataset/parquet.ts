/**
 * Parquet files, read by a process of their own: damage can make the decoder grow an array until V8 gives up. That ends
 * the whole process, whatever catches errors there, and even where the limits of a worker thread should have ended that.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { EnvError } from '../env-error.js';
import { HeapGuard } from './heap-guard.js';
import { parseRecord } from './jsonl.js';
import { splitLines, unreadable } from './lines.js';
import { badData, type DataFile, type ReadOptions, reasonOf } from './record.js';
import type { DataRecord } from './source.js';

const worker = fileURLToPath(new URL('../../worker/parquet.mjs', import.meta.url));
/** How a worker process ends that finds the file damaged. */
const damaged = 3;
const mebibyte = 2 ** 20;
/** A file ends in the length of its description, 4 bytes, and these four. */
const magic = 'PAR1';

/** What reading one file may take. */
interface Bounds {
  /** Of the worker's heap, in MiB. It holds a whole row group, decoded: several times what it takes compressed. */
  readonly memory: number;
  readonly seconds: number;
}

/**
 * The rows of a file. Integers beyond 2^53 become texts, times ISO texts, and bytes that are no text base64.
 *
 * @throws {EnvError} `bad_dataset` when the file cannot be read, is cut short or damaged, or takes too much memory or time
 */
export async function readParquet(file: DataFile, { limit }: ReadOptions): Promise<DataRecord[]> {
  const size = (await checkEnd(file)) / mebibyte;
  const bounds = { memory: Math.round(Math.min(256 + 16 * size, 4096)), seconds: Math.ceil(60 + size) };
  const records: DataRecord[] = [];
  const heap = new HeapGuard(file.name);
  for await (const { bytes, number } of splitLines(outputOfWorker(file, limit, bounds), file.name)) {
    heap.expect(bytes.length);
    records.push(parseRecord(bytes.toString(), `${file.name} row ${number}`));
  }
  return records;
}

/**
 * Most files that are no Parquet are found without a process.
 *
 * @returns the size of the file, in bytes
 */
async function checkEnd({ path, name }: DataFile): Promise<number> {
  try {
    await using handle = await open(path);
    const { size } = await handle.stat();
    const end = Buffer.alloc(8);
    if (size >= 12) await handle.read(end, 0, 8, size - 8);
    if (end.toString('latin1', 4) !== magic) throw notWhole(name, `it does not end in ${magic}`);
    const length = end.readUInt32LE();
    if (length > size - 12) throw notWhole(name, `a description of ${length} bytes does not fit in`);
    return size;
  } catch (cause) {
    throw cause instanceof EnvError ? cause : unreadable(name, cause);
  }
}

/** Lines of JSON, one a row. It throws after the last of them if the process has failed. */
async function* outputOfWorker(
  { path, name }: DataFile,
  limit: number,
  { memory, seconds }: Bounds,
): AsyncGenerator<Buffer> {
  const child = spawn(process.execPath, [`--max-old-space-size=${memory}`, worker, path, String(limit)], {
    env: process.platform === 'win32' ? { SystemRoot: process.env.SystemRoot } : {},
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close');
  closed.catch(() => {});
  let reason = '';
  child.stderr.on('data', (data: Buffer) => {
    reason = (reason + data.toString()).slice(0, 1000);
  });
  let overdue = false;
  const timer = setTimeout(() => {
    overdue = true;
    child.kill('SIGKILL');
  }, seconds * 1000);
  try {
    yield* child.stdout as AsyncIterable<Buffer>;
    const [code, signal] = await closed;
    if (code === 0) return;
    if (overdue) throw tooMuch(name, `${seconds} seconds`);
    if (code === damaged) throw notWhole(name, reason);
    throw tooMuch(name, `${memory} MiB of memory`, new Error(`${signal ?? `exit code ${code}`}: ${reason}`));
  } catch (cause) {
    throw cause instanceof EnvError ? cause : unreadable(name, cause);
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
  }
}

function notWhole(name: string, reason: string): EnvError {
  return badData(
    `The data file \`${name}\` is no whole Parquet file (${reasonOf(reason)}). Fetch or write it again.`,
  );
}

function tooMuch(name: string, bound: string, cause?: Error): EnvError {
  return badData(
    `The data file \`${name}\` takes more than ${bound} to read, so it is damaged or its row groups are too large. Fetch it again, or write it with smaller row groups.`,
    cause,
  );
}
