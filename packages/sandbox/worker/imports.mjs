/// <reference path="./webassembly.d.ts" />
/**
 * What the WebAssembly module of CPython is linked against. Pyodide's own JavaScript is never loaded: these functions are
 * all that the interpreter can call, they work on its memory, on a file system in memory and on the clock, and every other
 * import, all those that would reach JavaScript objects, sockets or processes among them, refuses.
 */
import { clockCalls } from './clock.mjs';
import { fileCalls } from './file-calls.mjs';
import { Errno } from './file-tree.mjs';
import { bytesAt, checkTime, putText, Unwind, view } from './machine.mjs';

/** @typedef {import('./machine.mjs').Machine} Machine */

const PAGE = 65536;
const ENVIRONMENT = ['HOME=/sandbox', 'LANG=C.UTF-8', 'PATH=/'];

/**
 * Import object for `module`, closing over `machine`, whose memory and table are filled in after the instantiation.
 *
 * @param {WebAssembly.Module} module
 * @param {Machine} machine
 */
export function linkImports(module, machine) {
  const known = {
    ...memoryCalls(machine),
    ...clockCalls(machine),
    ...fileCalls(machine),
    ...control(machine),
  };
  /** @type {Record<string, Record<string, WebAssembly.ImportValue>>} */
  const imports = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    if (kind === 'global') {
      imports[from][name] = new WebAssembly.Global({ value: 'i32', mutable: true }, 0);
    } else {
      imports[from][name] = known[name] ?? refusal(name);
    }
  }
  return imports;
}

/** @param {string} name @returns {() => number} */
function refusal(name) {
  if (name.startsWith('__syscall_')) return () => -Errno.EPERM;
  return () => {
    throw new Unwind('crash', `the sandbox has no ${name}`);
  };
}

/** Memory, environment and random bytes. @param {Machine} machine @returns {Record<string, (...args: any[]) => unknown>} */
function memoryCalls(machine) {
  return {
    emscripten_resize_heap: (size) => {
      const wanted = size >>> 0;
      const now = machine.memory.buffer.byteLength;
      if (wanted > machine.maxBytes) return 0;
      const target = Math.min(machine.maxBytes, Math.max(wanted, now + 64 * PAGE));
      machine.memory.grow(Math.ceil((target - now) / PAGE));
      return 1;
    },
    emscripten_get_heap_max: () => machine.maxBytes,
    random_get: (at, length) => {
      machine.fillRandom(bytesAt(machine, at, length));
      return 0;
    },
    environ_sizes_get: (count, size) => {
      view(machine).setUint32(count >>> 0, ENVIRONMENT.length, true);
      view(machine).setUint32(size >>> 0, ENVIRONMENT.join(' ').length + 1, true);
      return 0;
    },
    environ_get: (list, buffer) => {
      let at = buffer >>> 0;
      for (const [index, entry] of ENVIRONMENT.entries()) {
        view(machine).setUint32((list >>> 0) + 4 * index, at, true);
        putText(machine, at, entry, entry.length + 1);
        at += entry.length + 1;
      }
      return 0;
    },
    _emscripten_get_progname: (at, room) => putText(machine, at, 'python', room),
  };
}

/** @param {Machine} machine @returns {Record<string, (...args: any[]) => unknown>} */
function control(machine) {
  const nothing = () => {};
  /** @param {number} index @param {unknown[]} args */
  const call = (index, ...args) => {
    const target = machine.table.get(index >>> 0);
    if (target === null) throw new Unwind('crash', 'a call of no function');
    return target(...args);
  };
  /** @param {number} status */
  const exit = (status) => {
    throw new Unwind('exit', String(status));
  };
  const abort = () => {
    throw new Unwind('crash', 'the interpreter aborted');
  };
  return {
    // The interpreter calls this every few dozen bytecodes that jump or call.
    _Py_CheckEmscriptenSignals_Helper: () => {
      checkTime(machine);
      return 0;
    },
    // Made by a constructor of Pyodide that runs before anything else; an empty reference stands for its table.
    __hiwire_deduplicate_new: () => null,
    _Py_emscripten_runtime: () => 0,
    // C functions are called with one argument more or fewer than they take, which only JavaScript's calls forgive.
    _PyEM_TrampolineCall_JS: call,
    __call_sighandler: call,
    proc_exit: exit,
    exit,
    _abort_js: abort,
    __assert_fail: abort,
    emscripten_runtime_keepalive_push: nothing,
    emscripten_runtime_keepalive_pop: nothing,
    _emscripten_runtime_keepalive_clear: nothing,
    _emscripten_log_formatted: nothing,
    emscripten_log_impl_js: nothing,
    _emscripten_system: (command) => (command === 0 ? 0 : -1),
    _setitimer_js: () => -1,
    _dlopen_js: () => 0,
    _dlsym_js: () => 0,
    __syscall_getuid32_js: () => 1000,
    __syscall_umask_js: () => 0o022,
    __syscall_ioctl: () => -Errno.ENOTTY,
    __syscall_chmod: () => 0,
    __syscall_fchmod: () => 0,
    __syscall_fchmodat2: () => 0,
    __syscall_utimensat: () => 0,
    __syscall_fdatasync: () => 0,
    __syscall_fadvise64: () => 0,
    fd_sync: () => 0,
    // Pyodide asks first whether a descriptor is one of its sockets: none is.
    _try_fcntl64: () => 0,
    _maybe_poll_async: () => 0,
  };
}
