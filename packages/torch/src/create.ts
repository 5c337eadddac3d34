import { type Device, type DType, dtypeCode } from './dtype.js';
import { TorchError } from './errors.js';
import { native } from './native.js';
import type { Tensor } from './tensor.js';
import { wrap } from './wrap.js';

export interface TensorOptions {
  /** Default: f32 for numbers and Float32Array, i64 for Int32Array and BigInt64Array, u8 for Uint8Array. */
  dtype?: DType;
  device?: Device;
}

type Data = readonly number[] | Float32Array | Int32Array | BigInt64Array | Uint8Array;

function upload(data: Data): number[] | Parameters<typeof native.create>[0] {
  return Array.isArray(data) ? Float32Array.from(data) : (data as Float32Array);
}

/**
 * A tensor holding a copy of `data`, read row-major into `shape` (default: one dimension).
 *
 * @throws TorchError when the shape does not fit the number of elements.
 */
export function tensor(
  data: Data,
  shape: readonly number[] = [data.length],
  options: TensorOptions = {},
): Tensor {
  const plain = Array.isArray(data);
  if (plain && options.dtype === 'i64') return tensor(toInts(data), shape, options);
  const source = upload(data) as Float32Array;
  const native32: DType =
    source instanceof Float32Array ? 'f32' : (source as object) instanceof Uint8Array ? 'u8' : 'i64';
  const made = wrap(native.create(source, shape, dtypeCode(native32)));
  const dtype = options.dtype ?? native32;
  if (dtype === native32 && (options.device ?? 'cpu') === 'cpu') return made;
  const moved = made.to({ dtype, ...(options.device === undefined ? {} : { device: options.device }) });
  made.dispose();
  return moved;
}

function toInts(data: readonly number[]): Int32Array {
  const ints = Int32Array.from(data);
  const bad = data.findIndex((value, i) => ints[i] !== value);
  if (bad >= 0) {
    throw new TorchError(
      'argument',
      `element ${bad} is ${data[bad]}: an i64 tensor from numbers takes integers of 32 bits; use a BigInt64Array for larger ones.`,
    );
  }
  return ints;
}
