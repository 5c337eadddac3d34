/** Errors as plain data: they arrive with their class, fields, cause and the stack of where they were thrown. */
import { ModelError } from '@collm/lm';
import { DisposedError, TorchError } from '@collm/torch';
import { TeamError } from '../errors.js';

export interface ErrorMessage {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Fields of its own, e.g. `code`, as far as they are plain data. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly cause: ErrorMessage | null;
}

/** Classes that members throw; others arrive as Error under their name. */
const classes = new Map<string, { readonly prototype: Error }>(
  Object.entries({
    ModelError,
    TorchError,
    DisposedError,
    TeamError,
    TypeError,
    RangeError,
    SyntaxError,
  }),
);

/** Anything that was thrown. */
export function encodeError(thrown: unknown): ErrorMessage {
  if (!(thrown instanceof Error))
    return { name: 'Error', message: String(thrown), stack: undefined, fields: {}, cause: null };
  const { name, message, stack, cause } = thrown;
  const fields = Object.entries(thrown).filter(
    ([key, value]) => !['name', 'message', 'stack', 'cause'].includes(key) && isPlain(value),
  );
  return {
    name,
    message,
    stack,
    fields: Object.fromEntries(fields),
    cause: cause === undefined || cause === null ? null : encodeError(cause),
  };
}

export function decodeError({ name, message, stack, fields, cause }: ErrorMessage): Error {
  const error = new Error(message, cause === null ? {} : { cause: decodeError(cause) });
  const known = classes.get(name);
  if (known !== undefined) Object.setPrototypeOf(error, known.prototype);
  if (stack !== undefined) error.stack = stack;
  return Object.assign(error, { name }, fields);
}

function isPlain(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
