/** The file calls of the C library, on the file system in memory. */
import { Errno, FileError } from './file-tree.mjs';
import { bytesAt, putText, textAt, view } from './machine.mjs';

/** @typedef {import('./machine.mjs').Machine} Machine */

/** @param {Machine} machine @returns {Record<string, (...args: any[]) => number>} */
export function fileCalls(machine) {
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
