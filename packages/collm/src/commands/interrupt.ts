import { exitCodes } from '../errors.js';

/**
 * Turns the first Ctrl+C (or SIGTERM) into a request to stop, and the second into an immediate exit.
 *
 * @param onFirst tells the user what happens now
 */
export function stopOnInterrupt(onFirst: () => void): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const handle = () => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    onFirst();
    controller.abort();
  };
  const names = ['SIGINT', 'SIGTERM'] as const;
  for (const name of names) process.on(name, handle);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of names) process.off(name, handle);
    },
  };
}
