/** A member of the team lived in a thread or process of its own, and that is gone. */
export class WorkerLostError extends Error {
  readonly code = 'WORKER_LOST';
  override readonly name = 'WorkerLostError';

  constructor(
    /** Who lived there, e.g. `agent-1` or `critic`. */
    readonly member: string,
    /** How it ended, e.g. `its process was killed by SIGKILL`. */
    readonly how: string,
    options?: ErrorOptions,
  ) {
    // What an error said may have had its full stop.
    super(`The worker of ${member} is gone: ${how.replace(/\.$/, '')}.`, options);
  }
}

/** The lost worker behind an error, if there is one: rollouts and others wrap what members throw. */
export function lostWorker(error: unknown): WorkerLostError | undefined {
  if (error instanceof WorkerLostError) return error;
  return error instanceof Error && error.cause !== error ? lostWorker(error.cause) : undefined;
}
