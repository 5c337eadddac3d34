/**
 * Scopes free intermediates. JavaScript's garbage collector does not see native memory, so every
 * tensor made inside a scope is freed when it closes, unless it was kept or returned. libtorch's
 * graph holds its own references: closing a scope before backward() loses no gradient.
 */
import { freedHandle } from './debug.js';
import { TorchError } from './errors.js';
import { native } from './native.js';
import type { Tensor } from './tensor.js';

const open: TensorScope[] = [];
let current: TensorScope | null = null;
let buffer = new Float64Array(1024);

/** What the finalizer of a tensor has to free; its handle is 0 when there is nothing left to free. */
export interface Stray {
  handle: number;
}

// Tensors that belong to no scope: freed when collected. A net, not a plan. Who disposes of one must
// clear its record, or the finalizer would one day free another tensor that got the same handle.
// (A record is much cheaper than taking the tensor off the registry.)
const strays = new FinalizationRegistry<Stray>((stray) => {
  if (stray.handle !== 0) native.free(stray.handle);
});

function catchStray(tensor: Tensor): void {
  const stray = { handle: tensor.handle };
  tensor.stray = stray;
  strays.register(tensor, stray);
}

/** Called by the Tensor constructor. */
export function adopt(tensor: Tensor): void {
  if (current !== null) current.tensors.push(tensor);
  else catchStray(tensor);
}

/** Called when a tensor is disposed of: the newest of its scope leaves it, so that long loops do not fill the scope. */
export function leave(tensor: Tensor): void {
  if (current !== null && current.tensors[current.tensors.length - 1] === tensor) current.tensors.pop();
}

function freeAll(tensors: readonly Tensor[], kept: ReadonlySet<Tensor>): void {
  if (buffer.length < tensors.length) buffer = new Float64Array(tensors.length * 2);
  let count = 0;
  for (const tensor of tensors) {
    if (tensor.handle > 0 && (kept.size === 0 || !kept.has(tensor))) {
      buffer[count++] = tensor.handle;
      tensor.handle = freedHandle(tensor);
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
  /** @internal */
  outer = current;
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

  /** @internal Lets go of a tensor that now has an owner. */
  release(tensor: Tensor): boolean {
    const index = this.tensors.lastIndexOf(tensor);
    if (index >= 0) this.tensors.splice(index, 1);
    return index >= 0;
  }

  /** Frees what was made inside. @throws TorchError when a scope opened later is still open. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    const index = open.lastIndexOf(this);
    const inOrder = index === open.length - 1;
    open.splice(index, 1);
    // Out of order, the scopes opened later stay in charge; their way out leads around this one.
    if (inOrder) current = this.outer;
    else for (const scope of open) if (scope.outer === this) scope.outer = this.outer;
    freeAll(this.tensors, this.kept);
    for (const tensor of this.tensors) {
      if (tensor.handle <= 0) continue;
      if (this.outer !== null) this.outer.tensors.push(tensor);
      else catchStray(tensor);
    }
    this.tensors.length = 0;
    if (!inOrder) {
      throw new TorchError(
        'argument',
        'Scopes must close in the reverse order of opening; is there an await inside one?',
      );
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

const isTensor = (value: object): value is Tensor => 'isTensor' in value && 'handle' in value;

/** Keeps the tensors in a structure of arrays and plain objects; other objects are left alone. */
function keepAll(scope: TensorScope, root: unknown): void {
  const seen = new Set<object>();
  const waiting: unknown[] = [root];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    if (isTensor(value)) {
      scope.keep(value);
      continue;
    }
    const prototype = Object.getPrototypeOf(value);
    if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) continue;
    seen.add(value);
    for (const item of Object.values(value)) if (typeof item === 'object') waiting.push(item);
  }
}

/** @internal Refuses a promise (or anything with `then`) from a function that must be synchronous. */
export function refusePromise(name: string, why: string, result: unknown): void {
  if (typeof (result as PromiseLike<unknown> | null | undefined)?.then !== 'function') return;
  // What it rejects with would be reported as unhandled beside the error that is thrown here.
  if (result instanceof Promise) result.catch(() => undefined);
  throw new TorchError('argument', `${name}() takes a synchronous function: ${why}.`);
}

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
    refusePromise('tidy', 'a scope cannot span an await', result);
    keepAll(scope, result);
    return result;
  } finally {
    scope.close();
  }
}

/**
 * Makes tensors that belong to an owner (a module, an optimiser, a cache) and to no scope:
 * everything created by `fn` lives until the owner disposes of it. Scopes inside `fn` work as ever,
 * so wrap intermediates in `tidy`.
 */
export function unscoped<T>(fn: () => T): T {
  const outer = current;
  current = null;
  try {
    const result = fn();
    refusePromise('unscoped', 'the scope around would be lost over an await', result);
    return result;
  } finally {
    current = outer;
  }
}

/** Takes a tensor out of its scope, whichever open one that is: its new owner disposes of it. */
export function own<T extends Tensor>(tensor: T): T {
  for (let i = open.length - 1; i >= 0; i--) {
    if (open[i]?.release(tensor) === true) {
      if (tensor.handle > 0) catchStray(tensor);
      break;
    }
  }
  return tensor;
}
