/** What went wrong at the boundary, for programs to branch on. */
export type TorchErrorCode =
  /** libtorch refused the operation (shapes, dtypes, devices, memory). */
  | 'torch'
  /** A value has the wrong type or is out of range; nothing was computed. */
  | 'argument'
  /** A handle that is no live tensor of this thread. */
  | 'handle'
  /** The operator is not in the linked libtorch. */
  | 'missing'
  /** A file could not be opened or does not hold what its header says. */
  | 'file'
  /** The native addon could not be loaded. */
  | 'addon';

/** Every failure of the binding: carries the operator and the shapes that were given to it. */
export class TorchError extends Error {
  override readonly name: string = 'TorchError';
  constructor(
    readonly code: TorchErrorCode | 'disposed',
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
  constructor(op: string, shapes = '') {
    super(
      'disposed',
      'a tensor was used after it was freed. Return it from tidy(), or keep() it in the scope, to let it live longer.',
      op,
      shapes,
    );
  }
}

/** The factory that the addon calls to raise an error. */
export function makeError(code: string, message: string, op: string, shapes: string): TorchError {
  if (code === 'disposed') return new DisposedError(op, shapes);
  return new TorchError(
    code as TorchErrorCode,
    message.trim().split('\nException raised from')[0] ?? message,
    op,
    shapes,
  );
}
