import { type Device, type DType, dtypeCode } from './dtype.js';
import { TorchError } from './errors.js';
import { native, operatorNames } from './native.js';
import type { Tensor } from './tensor.js';
import { wrap } from './wrap.js';

const toOperator = operatorNames.indexOf('aten::to.dtype_layout');

export interface TensorOptions {
  /** Default: f32 for numbers and Float32Array, f64 for Float64Array, i64 for Int32Array and BigInt64Array, u8 for Uint8Array. */
  dtype?: DType;
  device?: Device;
}

type Data = readonly number[] | Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

/** The typed array that carries `data` over, and the dtype of the tensor that this gives. */
function upload(data: Data, wanted: DType | undefined): [Parameters<typeof native.create>[0], DType] {
  if (data instanceof Float32Array) return [data, 'f32'];
  if (data instanceof Float64Array) return [data, 'f64'];
  if (data instanceof Int32Array || data instanceof BigInt64Array) return [data, 'i64'];
  if (data instanceof Uint8Array) return [data, 'u8'];
  if (!Array.isArray(data)) throw new TorchError('argument', 'tensor() takes numbers or a typed array.');
  if (wanted === 'i64') return [toInts(data), 'i64'];
  return wanted === 'f64' ? [Float64Array.from(data), 'f64'] : [Float32Array.from(data), 'f32'];
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
  const [source, sourceType] = upload(data, options.dtype);
  const { dtype = sourceType, device = 'cpu' } = options;
  const handle = native.create(source, shape, dtypeCode(sourceType));
  if (dtype === sourceType && device === 'cpu') return wrap(handle);
  try {
    return wrap(native.call(toOperator, handle, dtypeCode(dtype), undefined, device));
  } finally {
    native.free(handle); // never became a Tensor, so that no scope and no finalizer has to know it
  }
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
