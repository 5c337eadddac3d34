/** The rows of a Parquet file as values that JSON has, one row group at a time. */
import { open } from 'node:fs/promises';
import { parquetMetadataAsync, parquetRead, parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

/** More rows in one group (writers put a million at most) are a file that wants the memory. */
const MAX_GROUP_ROWS = 2 ** 21;
/** What the pages of one group may decompress to, in bytes: so many times the size of the file, within bounds. */
const MAX_EXPANSION = 64;
const MIN_GROUP_BYTES = 256 * 2 ** 20;
const MAX_GROUP_BYTES = 2 ** 31;

/**
 * Integers beyond 2^53 become texts, times ISO texts, and bytes that are no text base64.
 *
 * @param {string} path
 * @param {number} limit rows that are needed
 * @returns {AsyncGenerator<Record<string, unknown>>}
 * @throws when the file is cut short or damaged, as far as that shows before memory runs out
 */
export async function* parquetRows(path, limit) {
  const handle = await open(path);
  try {
    yield* readRows(await bufferOf(handle), limit);
  } finally {
    await handle.close();
  }
}

/**
 * @param {import('hyparquet').AsyncBuffer} file
 * @param {number} limit
 */
async function* readRows(file, limit) {
  const metadata = await parquetMetadataAsync(file, { geoparquet: false });
  checkGroups(metadata, file.byteLength);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    if (rowStart >= limit) return;
    const groupRows = Number(group.num_rows);
    /** @type {Record<string, unknown>[]} */
    let rows = [];
    await parquetRead({
      file,
      metadata,
      compressors: boundedCompressors(file.byteLength),
      rowStart,
      rowEnd: Math.min(rowStart + groupRows, limit),
      rowFormat: 'object',
      parsers,
      onComplete: (read) => {
        rows = read;
      },
    });
    for (const row of rows) yield plainObject(row);
    rowStart += groupRows;
  }
}

/**
 * What hyparquet takes on trust. Every column of every group must be one of the schema's, once: it would begin to read the
 * others too, and look after none of their failures. And a group must not claim rows or bytes that it cannot have.
 *
 * @param {import('hyparquet').FileMetaData} metadata
 * @param {number} size of the file, in bytes
 */
function checkGroups(metadata, size) {
  /** @type {Set<string>} */
  const leaves = new Set();
  /** @param {import('hyparquet').SchemaTree} node */
  const visit = (node) => {
    if (node.element.name === '__proto__') throw new Error('the column name `__proto__` is not allowed');
    if (node.children.length === 0) leaves.add(node.path.join('.'));
    for (const child of node.children) visit(child);
  };
  visit(parquetSchema(metadata));
  for (const { columns, num_rows } of metadata.row_groups) {
    if (!(num_rows >= 0n && num_rows <= MAX_GROUP_ROWS)) {
      throw new Error(`a row group claims ${num_rows} rows; at most ${MAX_GROUP_ROWS} are read`);
    }
    /** @type {Set<string>} */
    const seen = new Set();
    let bytes = 0n;
    for (const { meta_data } of columns) {
      const path = meta_data?.path_in_schema.join('.') ?? '';
      if (!leaves.has(path) || seen.has(path)) {
        throw new Error(`a row group has a column ${JSON.stringify(path)} of its own`);
      }
      seen.add(path);
      if (!(BigInt(meta_data?.num_values ?? 0) >= num_rows)) {
        throw new Error(`a column has fewer values than its row group's ${num_rows} rows`);
      }
      bytes += BigInt(meta_data?.total_compressed_size ?? 0);
      if (bytes > size) throw new Error(`a row group claims more bytes than the file's ${size}`);
    }
  }
}

/**
 * Memory for a decompressed page is taken before the page is looked at, and lies outside the heap, whose size is limited.
 *
 * @param {number} fileSize in bytes
 * @returns {import('hyparquet').Compressors} for one row group
 */
function boundedCompressors(fileSize) {
  let left = Math.min(Math.max(MAX_EXPANSION * fileSize, MIN_GROUP_BYTES), MAX_GROUP_BYTES);
  return Object.fromEntries(
    Object.entries(compressors).map(([codec, decompress]) => [
      codec,
      (/** @type {Uint8Array} */ input, /** @type {number} */ length) => {
        left -= length;
        if (!(length >= 0 && left >= 0)) throw new Error('a row group claims too many decompressed bytes');
        return decompress(input, length);
      },
    ]),
  );
}

/**
 * @param {import('node:fs/promises').FileHandle} handle
 * @returns {Promise<import('hyparquet').AsyncBuffer>}
 */
async function bufferOf(handle) {
  const { size } = await handle.stat();
  /** @param {number} start @param {number} end */
  const read = async (start, end) => {
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
  /** @param {Uint8Array | undefined} bytes */
  stringFromBytes: (bytes) => bytes && utf8.decode(bytes),
};

/** @param {object} row @returns {Record<string, unknown>} */
function plainObject(row) {
  return Object.fromEntries(Object.entries(row).map(([key, value]) => [key, plain(value)]));
}

/** @param {unknown} value @returns {unknown} */
function plain(value) {
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(plain);
  if (ArrayBuffer.isView(value)) {
    return Array.from(/** @type {ArrayLike<number>} */ (/** @type {unknown} */ (value)));
  }
  return plainObject(value);
}
