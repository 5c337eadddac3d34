import { birthplace } from './debug.js';

/** What went wrong at the boundary, for programs to branch on. */
export type TorchErrorCode =
  /** libtorch refused the operation (shapes, dtypes, devices, memory). */
  | 'torch'
  /** An allocation that does not fit into the memory that is free, or into `limitTensorBytes()`. */
  | 'memory'
  /** A value has the wrong type or is out of range; nothing was computed. */
  | 'argument'
  /** A handle that is no live tensor of this thread. */
  | 'handle'
  /** The operator is not in the linked libtorch. */
  | 'missing'
  /** A file could not be opened or does not hold what its header says. */
  | 'file'
  /** The native addon could not be loaded. */
  | 'addon'
  /** A tensor was used after it was freed; always a `DisposedError`. */
  | 'disposed';

/** Every failure of the binding: carries the operator and the shapes that were given to it. */
export class TorchError extends Error {
  override readonly name: string = 'TorchError';
  constructor(
    readonly code: TorchErrorCode,
    message: string,
    /** ATen name of the operator, or '' outside operators. */
    readonly op = '',
    /** Dtypes and shapes of the tensors given, e.g. `Float[2,3], Float[4,5]`. */
    readonly shapes = '',
    options?: ErrorOptions,
  ) {
    const where = op === '' ? '' : `${op}: `;
    super(`${where}${message}${shapes === '' ? '' : ` (given ${shapes})`}`, options);
  }
}

/** Use of a tensor after its scope closed or `dispose()` was called. */
export class DisposedError extends TorchError {
  override readonly name = 'DisposedError';
  /** @param origin where the tensor was made; known under `TORCH_DEBUG=1`. */
  constructor(op: string, shapes = '', origin?: string) {
    const where =
      origin === undefined ? ' TORCH_DEBUG=1 tells where it was made.' : `\n  It was made\n    ${origin}\n `;
    super(
      'disposed',
      `a tensor was used after it was freed. Return it from tidy(), or keep() it in the scope, to let it live longer.${where}`,
      op,
      shapes,
    );
  }
}

/** The factory that the addon calls to raise an error. */
export function makeError(code: string, message: string, op: string, shapes: string): TorchError {
  if (code === 'disposed') return new DisposedError(op, shapes, birthplace(Number(message)));
  return new TorchError(
    code as TorchErrorCode,
    message.trim().split('\nException raised from')[0] ?? message,
    op,
    shapes,
  );
}
