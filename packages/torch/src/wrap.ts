/**
 * Handles become Tensor objects here. The class registers itself, so that the generated operators
 * need not import it as a value (which would be a circular import).
 */
import type { Tensor } from './tensor.js';

let TensorClass: (new (handle: number) => Tensor) | undefined;

export function registerTensorClass(tensorClass: new (handle: number) => Tensor): void {
  TensorClass = tensorClass;
}

export function wrap(handle: number): Tensor {
  return new (TensorClass as new (handle: number) => Tensor)(handle);
}

export function wrapAll(handles: readonly number[]): Tensor[] {
  return handles.map(wrap);
}

export function handlesOf(tensors: readonly (Tensor | null)[]): (number | null)[] {
  return tensors.map((tensor) => (tensor === null ? null : tensor.handle));
}
