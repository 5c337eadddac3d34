/// <reference path="./webassembly.d.ts" />
/** What the functions that the interpreter is linked against work on, and how they reach its memory. */

/** Thrown through the interpreter, which cannot catch it: Python's own stack is gone afterwards. */
export class Unwind extends Error {
  /**
   * @param {'time' | 'exit' | 'crash'} reason
   * @param {string} message
   */
  constructor(reason, message) {
    super(message);
    this.reason = reason;
  }
}

/**
 * What the functions work on.
 *
 * @typedef {object} Machine
 * @property {WebAssembly.Memory} memory
 * @property {WebAssembly.Table} table functions by their index
 * @property {number} maxBytes memory cannot grow beyond it
 * @property {import('./files.mjs').FileSystem} files
 * @property {number} deadline on the clock of `performance.now()`, in ms
 * @property {(bytes: Uint8Array) => void} fillRandom
 */

/**
 * Bytes of the interpreter's memory, as a view that is good until memory grows.
 *
 * @param {Machine} machine
 * @param {number} at
 * @param {number} length
 */
export function bytesAt(machine, at, length) {
  return new Uint8Array(machine.memory.buffer, at >>> 0, length >>> 0);
}

/** @param {Machine} machine */
export function view(machine) {
  return new DataView(machine.memory.buffer);
}

/** Text that ends with a zero byte. @param {Machine} machine @param {number} at */
export function textAt(machine, at) {
  const start = at >>> 0;
  const bytes = new Uint8Array(machine.memory.buffer);
  const end = bytes.indexOf(0, start);
  return new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + 8192)));
}

/** Writes text with a zero byte, cut to `room` bytes. @param {Machine} machine @param {number} at @param {string} text @param {number} room */
export function putText(machine, at, text, room) {
  const bytes = new TextEncoder().encode(text).subarray(0, room - 1);
  const target = bytesAt(machine, at, bytes.length + 1);
  target.set(bytes);
  target[bytes.length] = 0;
}

/** @param {Machine} machine */
export function checkTime(machine) {
  if (performance.now() > machine.deadline) throw new Unwind('time', 'out of time');
}
