import { TorchError } from './errors.js';

/** Element types, by the names that safetensors and most papers use. */
export type DType = 'f32' | 'f64' | 'bf16' | 'f16' | 'i64' | 'i32' | 'u8' | 'bool';

/** Where a tensor lives: `cpu`, `cuda` or `cuda:<index>`. */
export type Device = 'cpu' | 'cuda' | `cuda:${number}`;

// Codes of c10::ScalarType, which are part of PyTorch's file formats and do not change.
const codes: Record<DType, number> = { u8: 0, i32: 3, i64: 4, f16: 5, f32: 6, f64: 7, bool: 11, bf16: 15 };
const names = new Map(Object.entries(codes).map(([name, code]) => [code, name as DType]));
const widths: Record<DType, number> = { u8: 1, bool: 1, f16: 2, bf16: 2, i32: 4, f32: 4, i64: 8, f64: 8 };

export function dtypeCode(dtype: DType): number;
export function dtypeCode(dtype: DType | undefined): number | undefined;
export function dtypeCode(dtype: DType | undefined): number | undefined {
  if (dtype === undefined) return undefined;
  const code = codes[dtype];
  if (code === undefined) {
    throw new TorchError('argument', `"${dtype}" is no dtype; use one of ${Object.keys(codes).join(', ')}.`);
  }
  return code;
}

export function dtypeName(code: number): DType {
  const name = names.get(code);
  if (name === undefined) throw new TorchError('torch', `libtorch's dtype ${code} has no name here.`);
  return name;
}

/** Bytes of one element. */
export function dtypeBytes(dtype: DType): number {
  return widths[dtype];
}
