/**
 * A worker process. Its main thread only passes messages and watches the time, so that it can end the process while the
 * other thread is busy with Python: when a limit has passed, and when the host is gone.
 */
import { Worker } from 'node:worker_threads';

/** How long after its limit code that cannot be interrupted goes on. */
const GRACE_NS = 150_000_000n;
const WATCH_EVERY_MS = 50;
/** Native stack of the interpreter: enough for 1000 nested calls of Python through C. */
const STACK_MB = 64;

/** When the running code should have ended, on the clock of `process.hrtime`; 0 while nothing runs. The other thread writes it. */
const deadline = new BigInt64Array(new SharedArrayBuffer(8));

process.on('disconnect', () => process.exit(0));
process.once('message', (/** @type {object} */ start) => {
  const thread = new Worker(new URL('./thread.mjs', import.meta.url), {
    env: {},
    argv: [],
    workerData: { ...start, deadline },
    resourceLimits: { maxOldGenerationSizeMb: 128, stackSizeMb: STACK_MB },
  });
  // The snapshot came as a message of many megabytes, which nobody needs any more.
  thread.once('message', () => globalThis.gc?.());
  thread.on('message', (message) => process.send?.(message));
  let failure = 'its thread ended';
  thread.on('error', (error) => {
    failure = error instanceof Error ? error.message : String(error);
  });
  thread.on('exit', () => process.send?.({ kind: 'broken', message: failure }, () => process.exit(1)));
  process.on('message', (task) => thread.postMessage(task));
  setInterval(() => {
    const end = Atomics.load(deadline, 0);
    if (end === 0n || process.hrtime.bigint() <= end + GRACE_NS) return;
    process.send?.({ kind: 'overdue' }, () => process.exit(1));
  }, WATCH_EVERY_MS);
});
