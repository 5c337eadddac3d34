/// <reference path="./webassembly.d.ts" />
/** The thread that runs Python: it answers one task after the other, synchronously. */
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { Interpreter } from './interpreter.mjs';
import { runTask } from './submission.mjs';

/** Memory beyond its first size that an interpreter may keep for the next task; with more it is replaced. */
const KEPT_GROWTH = 32 * 1024 * 1024;

if (parentPort === null) throw new Error('thread.mjs is a worker thread');
const port = parentPort;
/** @type {{ wasmPath: string, stdlibPath: string, limits: { memoryBytes: number, outputBytes: number }, snapshot: import('./interpreter.mjs').Snapshot | null, deadline: BigInt64Array }} */
const { wasmPath, stdlibPath, limits, snapshot, deadline } = workerData;

const module = new WebAssembly.Module(readFileSync(wasmPath));
const stdlib = new Uint8Array(readFileSync(stdlibPath));
let interpreter = new Interpreter(module, stdlib, limits, snapshot);
const firstBytes = interpreter.memoryBytes;
port.postMessage({ kind: 'ready', snapshot: snapshot === null ? interpreter.snapshot : null });

/** @param {number} ms */
function startLimit(ms) {
  Atomics.store(deadline, 0, process.hrtime.bigint() + BigInt(Math.ceil(ms * 1e6)));
  return performance.now() + ms;
}

port.on('message', (task) => {
  runTask(interpreter, task, startLimit, (report) => port.postMessage(report));
  Atomics.store(deadline, 0, 0n);
  port.postMessage({ kind: 'done' });
  if (interpreter.memoryBytes <= firstBytes + KEPT_GROWTH) {
    interpreter.restore();
  } else {
    interpreter = new Interpreter(module, stdlib, limits, interpreter.snapshot);
    globalThis.gc?.();
  }
});
