/** What an {@link EnvError} is about. */
export type EnvErrorCode = 'bad_option' | 'bad_dataset' | 'wrong_responses';

/**
 * Raised for mistakes of the caller: a setting out of range, an unreadable data set, a wrong number of
 * responses. The content of a response never raises it.
 */
export class EnvError extends Error {
  override readonly name = 'EnvError';

  constructor(
    readonly code: EnvErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
