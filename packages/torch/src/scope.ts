/**
 * Scopes free intermediates. JavaScript's garbage collector does not see native memory, so every
 * tensor made inside a scope is freed when it closes, unless it was kept or returned. libtorch's
 * graph holds its own references: closing a scope before backward() loses no gradient.
 */
import { TorchError } from './errors.js';
import { native } from './native.js';
import type { Tensor } from './tensor.js';

const open: TensorScope[] = [];
let current: TensorScope | null = null;
let buffer = new Float64Array(1024);

// Tensors made outside any scope and never disposed: freed when collected. A net, not a plan.
const strays = new FinalizationRegistry<number>((handle) => {
  native.free(handle);
});

/** Called by the Tensor constructor. */
export function adopt(tensor: Tensor): void {
  if (current !== null) current.tensors.push(tensor);
  else strays.register(tensor, tensor.handle);
}

function freeAll(tensors: readonly Tensor[]): void {
  if (buffer.length < tensors.length) buffer = new Float64Array(tensors.length * 2);
  let count = 0;
  for (const tensor of tensors) {
    if (tensor.handle !== 0) {
      buffer[count++] = tensor.handle;
      tensor.handle = 0;
    }
  }
  if (count > 0) native.freeMany(buffer, count);
}

/**
 * A scope that is opened and closed by hand or by `using`. Scopes close in the reverse order of
 * opening, and no `await` may stand between (another function's scope would come in between).
 */
export class TensorScope {
  /** @internal Tensors that die with the scope. */
  readonly tensors: Tensor[] = [];
  private readonly kept = new Set<Tensor>();
  private closed = false;

  constructor() {
    open.push(this);
    current = this;
  }

  /** Lets a tensor outlive the scope: it moves to the scope around this one. */
  keep<T extends Tensor>(tensor: T): T {
    this.kept.add(tensor);
    return tensor;
  }

  close(): void {
    if (this.closed) return;
    if (open[open.length - 1] !== this) {
      throw new TorchError(
        'argument',
        'Scopes must close in the reverse order of opening; is there an await inside one?',
      );
    }
    this.closed = true;
    open.pop();
    current = open[open.length - 1] ?? null;
    if (this.kept.size === 0) {
      freeAll(this.tensors);
    } else {
      freeAll(this.tensors.filter((tensor) => !this.kept.has(tensor)));
      for (const tensor of this.tensors) if (this.kept.has(tensor) && tensor.handle !== 0) adopt(tensor);
    }
    this.tensors.length = 0;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function keepAll(scope: TensorScope, value: unknown, isTensor: (value: unknown) => value is Tensor): void {
  if (isTensor(value)) {
    scope.keep(value);
  } else if (Array.isArray(value)) {
    for (const item of value) keepAll(scope, item, isTensor);
  } else if (
    typeof value === 'object' &&
    value !== null &&
    Object.getPrototypeOf(value) === Object.prototype
  ) {
    for (const item of Object.values(value)) keepAll(scope, item, isTensor);
  }
}

const isTensor = (value: unknown): value is Tensor =>
  typeof value === 'object' && value !== null && 'handle' in value && 'isTensor' in value;

/**
 * Runs `fn` and frees every tensor it made, except those in what it returns (a tensor, or arrays and
 * plain objects of them), which move to the scope around. Frees on throw, too.
 *
 * @throws TorchError when `fn` returns a promise: a scope cannot span an `await`.
 */
export function tidy<T>(fn: () => T): T {
  const scope = new TensorScope();
  try {
    const result = fn();
    if (result instanceof Promise) {
      result.catch(() => undefined);
      throw new TorchError('argument', 'tidy() takes a synchronous function: a scope cannot span an await.');
    }
    keepAll(scope, result, isTensor);
    return result;
  } finally {
    scope.close();
  }
}

/**
 * Makes tensors that belong to an owner (a module, an optimiser, a cache) and to no scope:
 * everything created by `fn` lives until the owner disposes of it.
 */
export function unscoped<T>(fn: () => T): T {
  const outer = current;
  current = null;
  try {
    return fn();
  } finally {
    current = outer;
  }
}

/** Takes tensors out of their scope: their new owner disposes of them. */
export function own<T extends Tensor>(tensor: T): T {
  if (current === null) return tensor;
  const index = current.tensors.lastIndexOf(tensor);
  if (index >= 0) current.tensors.splice(index, 1);
  return tensor;
}
