import { exitCodes } from '../errors.js';

export interface Stop {
  /** Fires at the first Ctrl+C. */
  readonly signal: AbortSignal;
  /** Does what the first Ctrl+C does; nothing after it. */
  request(): void;
  /** Gives Ctrl+C back. */
  release(): void;
}

/**
 * Turns the first Ctrl+C (or SIGTERM) into a request to stop, and the second into an immediate exit.
 *
 * @param onFirst tells the user what happens now
 */
export function stopOnInterrupt(onFirst: () => void): Stop {
  const controller = new AbortController();
  const request = () => {
    if (controller.signal.aborted) return;
    onFirst();
    controller.abort();
  };
  const handle = () => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    request();
  };
  const names = ['SIGINT', 'SIGTERM'] as const;
  for (const name of names) process.on(name, handle);
  return {
    signal: controller.signal,
    request,
    release: () => {
      for (const name of names) process.off(name, handle);
    },
  };
}
