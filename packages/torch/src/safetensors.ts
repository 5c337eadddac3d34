/** The safetensors format: an 8-byte header length, a JSON header, then the tensors' bytes. Loading executes nothing. */
import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { threadId } from 'node:worker_threads';
import { type DType, dtypeBytes, dtypeCode } from './dtype.js';
import { TorchError } from './errors.js';
import { native } from './native.js';
import { tidy } from './scope.js';
import type { Tensor } from './tensor.js';
import { wrap } from './wrap.js';

const formatNames: Record<DType, string> = {
  f32: 'F32',
  f64: 'F64',
  bf16: 'BF16',
  f16: 'F16',
  i64: 'I64',
  i32: 'I32',
  u8: 'U8',
  bool: 'BOOL',
};
const dtypes = new Map(Object.entries(formatNames).map(([dtype, name]) => [name, dtype as DType]));
/** The reference implementation's own limit. */
const maxHeaderBytes = 100_000_000;
/** Most dimensions, and largest product of the sizes that are not 0, of a tensor that the binding makes. */
const maxRank = 64;
const maxExtent = 2 ** 40;
/** Tensors above this are written in pieces. */
const pieceBytes = 64 * 2 ** 20;

export interface SafetensorsEntry {
  dtype: DType;
  shape: number[];
  /** Byte range within the data part. */
  begin: number;
  end: number;
}

export interface SafetensorsHeader {
  tensors: Record<string, SafetensorsEntry>;
  metadata: Record<string, string>;
  /** Where the data part starts in the file, in bytes. */
  dataStart: number;
}

const fail = (path: string, why: string): never => {
  throw new TorchError(
    'file',
    `${path} is no valid safetensors file: ${why}. It may be truncated; fetch or save it again.`,
  );
};

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** A size of 0 makes a tensor empty, but its strides are products of the other sizes all the same. */
const isShape = (value: unknown): value is number[] =>
  Array.isArray(value) &&
  value.length <= maxRank &&
  value.every(isSize) &&
  value.reduce((product, size) => product * Math.max(size, 1), 1) <= maxExtent;

function readEntry(path: string, name: string, value: unknown, dataBytes: number): SafetensorsEntry {
  const { dtype: dtypeText, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  const dtype = dtypes.get(dtypeText as string);
  if (dtype === undefined) {
    // Only texts are shown: writing out an untrusted value may nest deeper than the stack.
    const shown = typeof dtypeText === 'string' ? JSON.stringify(dtypeText) : `of type ${typeof dtypeText}`;
    throw new TorchError(
      'file',
      `${path}: tensor "${name}" has the unsupported dtype ${shown}; supported are ` +
        `${[...dtypes.keys()].join(', ')}. Take a version of the file that is not quantised.`,
    );
  }
  if (!isShape(shape)) return fail(path, `tensor "${name}" has no valid shape`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize))
    fail(path, `tensor "${name}" has no valid data_offsets`);
  const [begin, end] = offsets as [number, number];
  const bytes = shape.reduce((product, size) => product * size, dtypeBytes(dtype));
  if (end - begin !== bytes)
    fail(path, `tensor "${name}" needs ${bytes} bytes but its offsets hold ${end - begin}`);
  if (end > dataBytes) fail(path, `tensor "${name}" ends at byte ${end} of ${dataBytes}`);
  return { dtype, shape, begin, end };
}

/** Reads and checks the header: offsets inside the file, sizes that fit the shapes. */
export function readSafetensorsHeader(path: string): SafetensorsHeader {
  let file: number;
  try {
    // A pipe or a device would block, or lie about its size.
    if (!statSync(path).isFile()) throw new Error('it is no regular file');
    file = openSync(path, 'r');
  } catch (cause) {
    throw new TorchError('file', `${path} cannot be opened: ${(cause as Error).message}`, '', '', { cause });
  }
  try {
    const size = fstatSync(file).size;
    const prefix = Buffer.alloc(8);
    if (readSync(file, prefix, 0, 8, 0) !== 8) fail(path, 'it is shorter than 8 bytes');
    const length = Number(prefix.readBigUInt64LE());
    if (length > maxHeaderBytes || length > size - 8)
      fail(path, `its header claims ${length} bytes of a file of ${size}`);
    const bytes = Buffer.alloc(length);
    if (readSync(file, bytes, 0, length, 8) !== length) fail(path, 'its header is cut off');
    return parseHeader(path, bytes.toString('utf8'), 8 + length, size - 8 - length);
  } finally {
    closeSync(file);
  }
}

function readMetadata(path: string, value: unknown): Record<string, string> {
  const isText = (text: unknown) => typeof text === 'string';
  if (typeof value !== 'object' || value === null || !Object.values(value).every(isText))
    return fail(path, 'its __metadata__ is no map from text to text');
  return value as Record<string, string>;
}

/** As the format asks, the tensors cover the data part without gap or overlap. */
function checkCover(path: string, tensors: Record<string, SafetensorsEntry>, dataBytes: number): void {
  const sorted = Object.entries(tensors).sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const [name, entry] of sorted) {
    if (entry.begin !== end)
      fail(path, `tensor "${name}" begins at byte ${entry.begin} where byte ${end} is next`);
    end = entry.end;
  }
  if (end !== dataBytes) fail(path, `its tensors end at byte ${end} of ${dataBytes}`);
}

function parseHeader(path: string, text: string, dataStart: number, dataBytes: number): SafetensorsHeader {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return fail(path, 'its header is no JSON');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return fail(path, 'its header is no JSON object');
  const tensors: Record<string, SafetensorsEntry> = Object.create(null);
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(json)) {
    if (name === '__metadata__') metadata = readMetadata(path, value);
    else tensors[name] = readEntry(path, name, value, dataBytes);
  }
  checkCover(path, tensors, dataBytes);
  return { tensors, metadata, dataStart };
}

function summary(tensors: Record<string, SafetensorsEntry>): string {
  const names = Object.keys(tensors);
  return names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
}

/**
 * Loads tensors over the memory-mapped file, without copying; pages are read when touched. Changing
 * a loaded tensor in place never changes the file.
 *
 * @param names which tensors; default all.
 * @param header what `readSafetensorsHeader` gave for this file, so that loading tensor by tensor reads it once.
 * @throws TorchError naming the file, and the tensor where one is at fault.
 */
export function loadSafetensors(
  path: string,
  names?: readonly string[],
  header: SafetensorsHeader = readSafetensorsHeader(path),
): Record<string, Tensor> {
  const wanted = names ?? Object.keys(header.tensors);
  const entries = wanted.map(
    (name) =>
      header.tensors[name] ?? fail(path, `it has no tensor "${name}"; it has ${summary(header.tensors)}`),
  );
  if (entries.length === 0) return {};
  const handles = native.mapTensors(
    path,
    entries.map((entry) => header.dataStart + entry.begin),
    entries.map((entry) => entry.shape),
    entries.map((entry) => dtypeCode(entry.dtype)),
  );
  return Object.fromEntries(wanted.map((name, i) => [name, wrap(handles[i] as number)]));
}

/** A tensor that is made when its turn to be written comes, and freed after it. */
export interface LazyTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  make(): Tensor;
}

/**
 * Writes tensors so that the file is either the old one or the whole new one, whatever happens in
 * between (temporary file, fsync, rename).
 */
export function saveSafetensors(
  path: string,
  tensors: Readonly<Record<string, Tensor | LazyTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  const header: Record<string, unknown> = Object.create(null); // a tensor may be called __proto__
  if (Object.keys(metadata).length > 0) header.__metadata__ = metadata;
  let offset = 0;
  for (const [name, tensor] of Object.entries(tensors)) {
    if (name === '__metadata__')
      throw new TorchError('argument', 'no tensor can be called __metadata__ in a safetensors file.');
    const bytes = tensor.shape.reduce((product, size) => product * size, dtypeBytes(tensor.dtype));
    header[name] = {
      dtype: formatNames[tensor.dtype],
      shape: tensor.shape,
      data_offsets: [offset, offset + bytes],
    };
    offset += bytes;
  }
  const json = Buffer.from(JSON.stringify(header));
  // Spaces up to a multiple of 8 keep the data aligned, so that loading needs no copy.
  const padded = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, ' ')]);
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(padded.length));
  const temporary = `${path}.${process.pid}.${threadId}.tmp`;
  try {
    const file = openSync(temporary, 'w');
    try {
      writeAll(file, prefix);
      writeAll(file, padded);
      for (const tensor of Object.values(tensors))
        tidy(() => writeTensor(file, 'make' in tensor ? tensor.make() : tensor));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    syncFolder(dirname(path));
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw new TorchError('file', `${path} cannot be written: ${(cause as Error).message}`, '', '', { cause });
  }
}

/** In pieces, so that saving needs little memory beside the tensors. */
function writeTensor(file: number, tensor: Tensor): void {
  const piece = Math.floor(pieceBytes / dtypeBytes(tensor.dtype));
  const total = tensor.numel;
  if (total <= piece) {
    writeAll(file, tensor.toBytes());
    return;
  }
  tidy(() => {
    const flat = tensor.detach().reshape([-1]);
    for (let start = 0; start < total; start += piece)
      tidy(() => writeAll(file, flat.narrow(0, start, Math.min(piece, total - start)).toBytes()));
  });
}

function writeAll(file: number, bytes: Uint8Array): void {
  let done = 0;
  while (done < bytes.length) done += writeSync(file, bytes, done);
}

/** Makes the rename itself durable. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
