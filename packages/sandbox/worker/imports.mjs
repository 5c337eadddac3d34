/// <reference path="./webassembly.d.ts" />
/**
 * What the WebAssembly module of CPython is linked against. Pyodide's own JavaScript is never loaded: these functions are
 * all that the interpreter can call, they work on its memory, on a file system in memory and on the clock, and every other
 * import, all those that would reach JavaScript objects, sockets or processes among them, refuses.
 */
import { Errno, FileError } from './files.mjs';

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

const PAGE = 65536;
const ENVIRONMENT = ['HOME=/work', 'LANG=C.UTF-8', 'PATH=/'];

/**
 * Import object for `module`, closing over `machine`, whose memory and table are filled in after the instantiation.
 *
 * @param {WebAssembly.Module} module
 * @param {Machine} machine
 */
export function linkImports(module, machine) {
  const known = { ...memoryAndTime(machine), ...fileCalls(machine), ...control(machine) };
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

/**
 * Bytes of the interpreter's memory, as a view that is good until memory grows.
 *
 * @param {Machine} machine
 * @param {number} at
 * @param {number} length
 */
function bytesAt(machine, at, length) {
  return new Uint8Array(machine.memory.buffer, at >>> 0, length >>> 0);
}

/** @param {Machine} machine */
function view(machine) {
  return new DataView(machine.memory.buffer);
}

/** Text that ends with a zero byte. @param {Machine} machine @param {number} at */
function textAt(machine, at) {
  const start = at >>> 0;
  const bytes = new Uint8Array(machine.memory.buffer);
  const end = bytes.indexOf(0, start);
  return new TextDecoder().decode(bytes.subarray(start, Math.min(end, start + 8192)));
}

/** Writes text with a zero byte, cut to `room` bytes. @param {Machine} machine @param {number} at @param {string} text @param {number} room */
function putText(machine, at, text, room) {
  const bytes = new TextEncoder().encode(text).subarray(0, room - 1);
  const target = bytesAt(machine, at, bytes.length + 1);
  target.set(bytes);
  target[bytes.length] = 0;
}

/** @param {Machine} machine */
function checkTime(machine) {
  if (performance.now() > machine.deadline) throw new Unwind('time', 'out of time');
}

/** @param {Machine} machine @returns {Record<string, (...args: any[]) => unknown>} */
function memoryAndTime(machine) {
  /** @param {number} at @param {Date} date */
  const putDate = (at, date) => {
    const v = view(machine);
    const yearStart = Date.UTC(date.getUTCFullYear(), 0, 1);
    const fields = [
      date.getUTCSeconds(),
      date.getUTCMinutes(),
      date.getUTCHours(),
      date.getUTCDate(),
      date.getUTCMonth(),
      date.getUTCFullYear() - 1900,
      date.getUTCDay(),
      Math.floor((date.getTime() - yearStart) / 86_400_000),
      0,
      0,
    ];
    for (const [index, field] of fields.entries()) v.setInt32((at >>> 0) + 4 * index, field, true);
  };
  /** @param {number} at */
  const takeDate = (at) => {
    const v = view(machine);
    const [second = 0, minute = 0, hour = 0, day = 0, month = 0, year = 0] = [0, 4, 8, 12, 16, 20].map(
      (offset) => v.getInt32((at >>> 0) + offset, true),
    );
    const date = new Date(0);
    date.setUTCFullYear(year + 1900, month, day);
    date.setUTCHours(hour, minute, second);
    if (Number.isNaN(date.getTime())) return -1n;
    putDate(at, date);
    return BigInt(Math.floor(date.getTime() / 1000));
  };
  /** @param {bigint} seconds @param {number} at */
  const split = (seconds, at) => putDate(at, new Date(Number(seconds) * 1000));
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
    emscripten_date_now: () => Date.now(),
    emscripten_get_now: () => {
      checkTime(machine);
      return performance.now();
    },
    clock_time_get: (clock, _precision, at) => {
      const ms = clock === 0 ? performance.timeOrigin + performance.now() : performance.now();
      view(machine).setBigInt64(at >>> 0, BigInt(Math.round(ms * 1e6)), true);
      return 0;
    },
    clock_res_get: (_clock, at) => {
      view(machine).setBigInt64(at >>> 0, 1000n, true);
      return 0;
    },
    // The sandbox lives in UTC.
    _tzset_js: (timezone, daylight, standardName, daylightName) => {
      view(machine).setInt32(timezone >>> 0, 0, true);
      view(machine).setInt32(daylight >>> 0, 0, true);
      putText(machine, standardName, 'UTC', 17);
      putText(machine, daylightName, 'UTC', 17);
    },
    _gmtime_js: split,
    _localtime_js: split,
    _timegm_js: takeDate,
    _mktime_js: takeDate,
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

/** @param {Machine} machine @returns {Record<string, (...args: any[]) => number>} */
function fileCalls(machine) {
  /**
   * Turns a `FileError` into its number, negative or positive as the family of calls wants it.
   *
   * @param {1 | -1} sign
   * @param {(...args: any[]) => number | void} body
   * @returns {(...args: any[]) => number}
   */
  const catching =
    (sign, body) =>
    (...args) => {
      try {
        return body(...args) ?? 0;
      } catch (error) {
        if (error instanceof FileError) return sign * error.errno;
        throw error;
      }
    };
  /** @param {(...args: any[]) => number | void} body */
  const syscall = (body) => catching(-1, body);
  /** @param {(...args: any[]) => number | void} body */
  const wasi = (body) => catching(1, body);
  const files = () => machine.files;
  /** @param {number} at */
  const text = (at) => textAt(machine, at);
  /**
   * Reads or writes a list of buffers and puts the number of bytes at `total`.
   *
   * @param {number} list
   * @param {number} count
   * @param {number} total
   * @param {(bytes: Uint8Array, done: number) => number} transfer
   */
  const scatter = (list, count, total, transfer) => {
    let done = 0;
    for (let index = 0; index < count; index++) {
      const at = view(machine).getUint32((list >>> 0) + 8 * index, true);
      const length = view(machine).getUint32((list >>> 0) + 8 * index + 4, true);
      const moved = transfer(bytesAt(machine, at, length), done);
      done += moved;
      if (moved < length) break;
    }
    view(machine).setUint32(total >>> 0, done, true);
  };
  /** @param {number} at @param {import('./files.mjs').FileNode} node */
  const putStat = (at, node) => {
    const start = at >>> 0;
    bytesAt(machine, start, 96).fill(0);
    const v = view(machine);
    const type = { directory: 0o040000, file: 0o100000, output: 0o020000, null: 0o020000, random: 0o020000 };
    const permissions = node.kind === 'directory' ? 0o755 : 0o644;
    const size = node.kind === 'file' ? node.size : 0;
    v.setUint32(start, 1, true);
    v.setUint32(start + 4, type[node.kind] | permissions, true);
    v.setUint32(start + 8, 1, true);
    v.setUint32(start + 12, 1000, true);
    v.setUint32(start + 16, 1000, true);
    v.setBigInt64(start + 24, BigInt(size), true);
    v.setInt32(start + 32, 4096, true);
    v.setInt32(start + 36, Math.ceil(size / 512), true);
    for (const offset of [40, 56, 72]) {
      v.setBigInt64(start + offset, BigInt(Math.floor(node.modified / 1000)), true);
      v.setUint32(start + offset + 8, (node.modified % 1000) * 1_000_000, true);
    }
    v.setBigInt64(start + 88, BigInt(node.id), true);
  };
  const ENTRY = 280;
  const AT_EMPTY_PATH = 0x1000;
  const AT_REMOVEDIR = 0x200;
  return {
    __syscall_openat: syscall((dirfd, path, flags) => files().open(dirfd, text(path), flags)),
    fd_close: wasi((fd) => files().close(fd)),
    fd_read: wasi((fd, list, count, total) =>
      scatter(list, count, total, (bytes) => files().read(fd, bytes)),
    ),
    fd_pread: wasi((fd, list, count, offset, total) =>
      scatter(list, count, total, (bytes, done) => files().read(fd, bytes, Number(offset) + done)),
    ),
    fd_write: wasi((fd, list, count, total) =>
      scatter(list, count, total, (bytes) => files().write(fd, bytes)),
    ),
    fd_pwrite: wasi((fd, list, count, offset, total) =>
      scatter(list, count, total, (bytes, done) => files().write(fd, bytes, Number(offset) + done)),
    ),
    fd_seek: wasi((fd, offset, whence, at) => {
      view(machine).setBigInt64(at >>> 0, BigInt(files().seek(fd, Number(offset), whence)), true);
    }),
    fd_fdstat_get: wasi((fd, at) => {
      const type = { directory: 3, file: 4, output: 2, null: 2, random: 2 }[files().node(fd).kind];
      bytesAt(machine, at, 24).fill(0);
      view(machine).setUint8(at >>> 0, type);
    }),
    __syscall_fstat64: syscall((fd, at) => putStat(at, files().node(fd))),
    __syscall_stat64: syscall((path, at) => putStat(at, files().lookup(-100, text(path)))),
    __syscall_lstat64: syscall((path, at) => putStat(at, files().lookup(-100, text(path)))),
    __syscall_newfstatat: syscall((dirfd, path, at, flags) => {
      const name = text(path);
      putStat(at, name === '' && flags & AT_EMPTY_PATH ? files().node(dirfd) : files().lookup(dirfd, name));
    }),
    __syscall_faccessat: syscall((dirfd, path, mode) => {
      const node = files().lookup(dirfd, text(path));
      if (mode & 2 && !node.writable) throw new FileError(Errno.EACCES);
    }),
    __syscall_getdents64: syscall((fd, at, room) => {
      const { from, listed } = files().list(fd, Math.floor((room >>> 0) / ENTRY));
      const types = { directory: 4, file: 8, output: 2, null: 2, random: 2 };
      for (const [index, [name, node]] of listed.entries()) {
        const start = (at >>> 0) + ENTRY * index;
        view(machine).setBigInt64(start, BigInt(node.id), true);
        view(machine).setBigInt64(start + 8, BigInt(from + index + 1), true);
        view(machine).setUint16(start + 16, ENTRY, true);
        view(machine).setUint8(start + 18, types[node.kind]);
        putText(machine, start + 19, name, 256);
      }
      return ENTRY * listed.length;
    }),
    __syscall_getcwd: syscall((at, room) => {
      const path = files().workingDirectory();
      putText(machine, at, path, room >>> 0);
      return path.length + 1;
    }),
    __syscall_chdir: syscall((path) => files().changeDirectory(text(path))),
    __syscall_mkdirat: syscall((dirfd, path) => files().makeDirectory(dirfd, text(path))),
    __syscall_unlinkat: syscall((dirfd, path, flags) =>
      files().remove(dirfd, text(path), flags & AT_REMOVEDIR ? 'directory' : 'file'),
    ),
    __syscall_rmdir: syscall((path) => files().remove(-100, text(path), 'directory')),
    __syscall_renameat: syscall((fromFd, from, toFd, to) =>
      files().rename(fromFd, text(from), toFd, text(to)),
    ),
    __syscall_ftruncate64: syscall((fd, size) => files().truncate(fd, Number(size))),
    __syscall_readlinkat: syscall((dirfd, path) => {
      files().lookup(dirfd, text(path));
      throw new FileError(Errno.EINVAL);
    }),
    __syscall_dup: syscall((fd) => files().duplicate(fd, 0)),
    __syscall_dup3: syscall((fd, target) => files().duplicateTo(fd, target)),
    __syscall_fcntl64: syscall((fd, command, args) => {
      const [DUPFD, GETFD, SETFD, GETFL, SETFL] = [0, 1, 2, 3, 4];
      const flags = files().flags(fd);
      if (command === DUPFD) return files().duplicate(fd, view(machine).getInt32(args >>> 0, true));
      if (command === GETFL) return flags;
      if (command === GETFD || command === SETFD || command === SETFL) return 0;
      throw new FileError(Errno.EINVAL);
    }),
  };
}
