/** Parquet files, read one row group at a time. */
import { type FileHandle, open } from 'node:fs/promises';
import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
  type SchemaTree,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { EnvError } from '../env-error.js';
import { unreadable } from './lines.js';
import { badData, type DataFile, type ReadOptions, reasonOf, recordOf } from './record.js';
import type { DataRecord } from './source.js';

/** More rows in one group (writers put a million at most) are a file that wants the memory. */
const maxGroupRows = 2 ** 21;

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
  checkColumns(metadata);
  const records: DataRecord[] = [];
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    if (records.length >= limit) break;
    const groupRows = Number(group.num_rows);
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

/**
 * What hyparquet takes on trust. Every column of every group must be one of the schema's, once: it would begin to read the
 * others too, and look after none of their failures. And a group must not claim rows that it cannot have.
 */
function checkColumns(metadata: FileMetaData): void {
  const leaves = new Set<string>();
  const visit = (node: SchemaTree): void => {
    if (node.children.length === 0) leaves.add(node.path.join('.'));
    for (const child of node.children) visit(child);
  };
  visit(parquetSchema(metadata));
  for (const { columns, num_rows } of metadata.row_groups) {
    if (!(num_rows >= 0n && num_rows <= maxGroupRows)) {
      throw new Error(`a row group claims ${num_rows} rows; at most ${maxGroupRows} are read`);
    }
    const paths = columns.map(({ meta_data }) => meta_data?.path_in_schema.join('.') ?? '');
    const wrong =
      paths.find((path) => !leaves.has(path)) ?? paths.find((path, i) => paths.indexOf(path) !== i);
    if (wrong !== undefined) throw new Error(`a row group has a column ${JSON.stringify(wrong)} of its own`);
    if (columns.some(({ meta_data }) => !(BigInt(meta_data?.num_values ?? 0) >= num_rows))) {
      throw new Error(`a column has fewer values than its row group's ${num_rows} rows`);
    }
  }
}

async function bufferOf(handle: FileHandle): Promise<AsyncBuffer> {
  const { size } = await handle.stat();
  const read = async (start: number, end: number): Promise<ArrayBuffer> => {
    if (!(start >= 0 && start <= end && end <= size)) {
      throw new Error(`it refers to the bytes ${start} to ${end} of ${size}`);
    }
    const bytes = new Uint8Array(end - start);
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
    if (bytesRead !== bytes.length) throw new Error('it changes while it is read');
    return bytes.buffer;
  };
  return {
    byteLength: size,
    slice(start, end = size) {
      const bytes = read(start, end);
      // The reader asks ahead, and when one part fails it does not look at the others any more.
      bytes.catch(() => {});
      return bytes;
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
