/** Parquet files, read one row group at a time. */
import { type FileHandle, open } from 'node:fs/promises';
import { type AsyncBuffer, parquetMetadataAsync, parquetRead } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { EnvError } from '../env-error.js';
import { unreadable } from './lines.js';
import { badData, type DataFile, type ReadOptions, reasonOf, recordOf } from './record.js';
import type { DataRecord } from './source.js';

/** More rows in one group are no data set but a file that wants the memory. */
const maxGroupRows = 20_000_000;

/**
 * The rows of a file. Integers beyond 2^53 become texts, times ISO texts, and bytes that are no text base64.
 *
 * @throws {EnvError} `bad_dataset` when the file cannot be read, is cut short or damaged
 */
export async function readParquet({ path, name }: DataFile, { limit }: ReadOptions): Promise<DataRecord[]> {
  let handle: FileHandle;
  try {
    handle = await open(path);
  } catch (cause) {
    throw unreadable(name, cause);
  }
  try {
    return await readRows(await bufferOf(handle), name, limit);
  } catch (cause) {
    if (cause instanceof EnvError) throw cause;
    throw badData(
      `The data file \`${name}\` is no whole Parquet file (${reasonOf(cause)}). Fetch or write it again.`,
      cause,
    );
  } finally {
    await handle.close();
  }
}

async function readRows(file: AsyncBuffer, name: string, limit: number): Promise<DataRecord[]> {
  const metadata = await parquetMetadataAsync(file, { geoparquet: false });
  if (metadata.schema.some((element) => element.name === '__proto__')) {
    throw badData(`${name}: the column \`__proto__\` is not allowed. Rename it.`);
  }
  const records: DataRecord[] = [];
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    if (records.length >= limit) break;
    const groupRows = Number(group.num_rows);
    if (!(groupRows >= 0 && groupRows <= maxGroupRows)) {
      throw badData(`${name}: a row group claims ${group.num_rows} rows; at most ${maxGroupRows} are read.`);
    }
    const rowEnd = Math.min(rowStart + groupRows, limit);
    const rows: Record<string, unknown>[] = [];
    await parquetRead({
      file,
      metadata,
      compressors,
      rowStart,
      rowEnd,
      rowFormat: 'object',
      parsers,
      onComplete: (read) => {
        for (const row of read) rows.push(row);
      },
    });
    for (const row of rows) {
      records.push(recordOf(plainObject(row), `${name} row ${records.length + 1}`));
    }
    rowStart += groupRows;
  }
  return records;
}

async function bufferOf(handle: FileHandle): Promise<AsyncBuffer> {
  const { size } = await handle.stat();
  return {
    byteLength: size,
    async slice(start, end = size) {
      if (!(start >= 0 && start <= end && end <= size)) {
        throw new Error(`it refers to the bytes ${start} to ${end} of ${size}`);
      }
      const bytes = new Uint8Array(end - start);
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
      if (bytesRead !== bytes.length) throw new Error('it changes while it is read');
      return bytes.buffer;
    },
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const parsers = {
  stringFromBytes: (bytes: Uint8Array | undefined) => bytes && utf8.decode(bytes),
};

function plainObject(row: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [key, plain(value)]));
}

/** Values as JSON has them. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(plain);
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>);
  return plainObject(value);
}
