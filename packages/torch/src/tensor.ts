import { debugging, freedHandle, recordBirth } from './debug.js';
import { type Device, type DType, dtypeName } from './dtype.js';
import { TorchError } from './errors.js';
import { TensorOps } from './generated/ops.js';
import { native } from './native.js';
import { adopt, leave, type Stray } from './scope.js';
import { registerTensorClass, wrap } from './wrap.js';

/**
 * A libtorch tensor. Operators are methods with ATen's names in camelCase; those that change the
 * tensor in place end in `_`. A tensor dies with the scope it was made in (see `tidy`).
 */
export class Tensor extends TensorOps {
  /** @internal Marks tensors for structural checks. Lives on the prototype: creation is a hot path. */
  declare readonly isTensor: true;
  /** @internal On the finalizer's net, since no scope frees it. */
  stray: Stray | null = null;
  private sizes: readonly number[] | undefined = undefined;

  /** @internal Tensors come from operators and from `tensor()`, not from this constructor. */
  constructor(public handle: number) {
    super();
    adopt(this);
    if (debugging) recordBirth(this);
  }

  /** Sizes per dimension. */
  get shape(): readonly number[] {
    this.sizes ??= native.shape(this.handle);
    return this.sizes;
  }

  get dtype(): DType {
    return dtypeName(native.dtype(this.handle));
  }

  get device(): Device {
    return native.device(this.handle) as Device;
  }

  /** Number of elements. */
  get numel(): number {
    return this.shape.reduce((product, size) => product * size, 1);
  }

  /** Size of dimension `dim`; negative counts from the end. */
  size(dim: number): number {
    const size = this.shape[dim < 0 ? this.shape.length + dim : dim];
    if (size === undefined) throw new TorchError('argument', `no dimension ${dim} in shape [${this.shape}]`);
    return size;
  }

  /** The only element, as a number. */
  item(): number {
    return native.item(this.handle);
  }

  /** A copy of the elements as f32, row-major. */
  toFloat32Array(): Float32Array {
    if (this.dtype === 'f32') return new Float32Array(native.read(this.handle));
    const copy = this.to({ dtype: 'f32' });
    try {
      return new Float32Array(native.read(copy.handle));
    } finally {
      copy.dispose();
    }
  }

  /** A copy of the elements as numbers, row-major. Integers above 2^53 lose precision. */
  toArray(): number[] {
    switch (this.dtype) {
      case 'i64':
        return Array.from(new BigInt64Array(native.read(this.handle)), Number);
      case 'i32':
        return Array.from(new Int32Array(native.read(this.handle)));
      case 'f64':
        return Array.from(new Float64Array(native.read(this.handle)));
      case 'u8':
      case 'bool':
        return Array.from(new Uint8Array(native.read(this.handle)));
      default:
        return Array.from(this.toFloat32Array());
    }
  }

  /** A copy of the bytes, row-major, in the tensor's own dtype. */
  toBytes(): Uint8Array {
    return new Uint8Array(native.read(this.handle));
  }

  get requiresGrad(): boolean {
    return native.requiresGrad(this.handle);
  }

  /** Turns gradient recording on or off for this leaf; returns it. */
  requiresGrad_(on = true): this {
    native.setRequiresGrad(this.handle, on);
    return this;
  }

  /** The accumulated gradient as a new tensor object (same memory), or null. */
  get grad(): Tensor | null {
    const handle = native.grad(this.handle);
    return handle === null ? null : wrap(handle);
  }

  /** Sets or, with null, drops the gradient. */
  setGrad(gradient: Tensor | null): void {
    native.setGrad(this.handle, gradient === null ? null : gradient.handle);
  }

  /**
   * Accumulates gradients into the leaves that this tensor depends on. Blocks the thread: in a
   * program with an event loop to serve, prefer `backwardAsync`.
   */
  backward(gradient?: Tensor, options?: { keepGraph?: boolean }): void {
    native.backward(this.handle, gradient?.handle, options?.keepGraph);
  }

  /** As `backward`, on a thread of the pool. The scope that made this tensor may close meanwhile. */
  backwardAsync(gradient?: Tensor, options?: { keepGraph?: boolean }): Promise<void> {
    return native.backwardAsync(this.handle, gradient?.handle, options?.keepGraph);
  }

  /** True once freed. */
  get disposed(): boolean {
    return this.handle <= 0;
  }

  /** Frees the tensor now; again is harmless. */
  dispose(): void {
    if (this.handle <= 0) return;
    if (this.stray !== null) this.stray.handle = 0;
    else leave(this);
    native.free(this.handle);
    this.handle = freedHandle(this);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  override toString(): string {
    return this.disposed
      ? 'Tensor(disposed)'
      : `Tensor(${this.dtype}[${this.shape.join(',')}] on ${this.device})`;
  }
}

Object.defineProperty(Tensor.prototype, 'isTensor', { value: true });
registerTensorClass(Tensor);
