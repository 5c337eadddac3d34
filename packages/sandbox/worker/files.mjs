/**
 * The file system that submitted code sees: a few folders in memory, nothing of the host. The standard library lies in
 * one zip file; a program may write below its own small limit. A new one is made for every run, so nothing stays.
 */
import { Errno, FileError, FileTree } from './file-tree.mjs';

/** @typedef {import('./file-tree.mjs').FileNode} FileNode */

const MAX_OPEN = 64;

const OPEN_CREATE = 0o100;
const OPEN_EXCLUSIVE = 0o200;
const OPEN_TRUNCATE = 0o1000;
const OPEN_APPEND = 0o2000;
const OPEN_DIRECTORY = 0o200000;

/** In place of a descriptor: relative to the working directory. */
const AT_WORKING_DIRECTORY = -100;

/**
 * @typedef {object} OpenFile
 * @property {FileNode} node
 * @property {number} position
 * @property {number} flags as given to open
 */

export class FileSystem {
  #tree = new FileTree();
  /** @type {(OpenFile | null)[]} */
  #open = [];
  /** @type {FileNode} */
  #cwd;
  #onOutput;
  #fillRandom;

  /**
   * @param {Uint8Array} stdlib the standard library as a zip file, at /lib/python.zip
   * @param {(bytes: Uint8Array) => void} onOutput takes what is written to stdout and stderr
   * @param {(bytes: Uint8Array) => void} fillRandom fills a buffer for /dev/urandom
   */
  constructor(stdlib, onOutput, fillRandom) {
    this.#onOutput = onOutput;
    this.#fillRandom = fillRandom;
    const tree = this.#tree;
    const lib = tree.add(tree.root, 'lib', 'directory', false);
    const zip = tree.add(lib, 'python.zip', 'file', false);
    zip.data = stdlib;
    zip.size = stdlib.length;
    const dev = tree.add(tree.root, 'dev', 'directory', false);
    const nothing = tree.add(dev, 'null', 'null', true);
    tree.add(dev, 'urandom', 'random', true);
    const output = tree.add(dev, 'stdout', 'output', true);
    dev.entries.set('stderr', output);
    tree.add(tree.root, 'tmp', 'directory', true);
    this.#cwd = tree.add(tree.root, 'sandbox', 'directory', true);
    this.#install({ node: nothing, position: 0, flags: 0 }, 0);
    this.#install({ node: output, position: 0, flags: 1 }, 1);
    this.#install({ node: output, position: 0, flags: 1 }, 2);
  }

  /** Opens a path and gives its descriptor. @param {number} dirfd @param {string} path @param {number} flags */
  open(dirfd, path, flags) {
    const { parent, name } = this.#locate(dirfd, path);
    let node = name === '' ? parent : parent.entries.get(name);
    if (node === undefined) {
      if (!(flags & OPEN_CREATE)) throw new FileError(Errno.ENOENT);
      node = this.#tree.create(parent, name, 'file');
    } else if (flags & OPEN_CREATE && flags & OPEN_EXCLUSIVE) {
      throw new FileError(Errno.EEXIST);
    }
    const writes = (flags & 3) !== 0;
    if (node.kind === 'directory' && writes) throw new FileError(Errno.EISDIR);
    if (node.kind !== 'directory' && flags & OPEN_DIRECTORY) throw new FileError(Errno.ENOTDIR);
    if (writes && !node.writable) throw new FileError(Errno.EROFS);
    if (flags & OPEN_TRUNCATE && node.kind === 'file' && writes) this.#tree.resize(node, 0);
    return this.#install({ node, position: 0, flags }, 0);
  }

  /** @param {number} fd */
  close(fd) {
    const { node } = this.#get(fd);
    this.#open[fd] = null;
    node.opens--;
    this.#tree.release(node);
  }

  /** A second descriptor of the same open file, at least `lowest`. @param {number} fd @param {number} lowest */
  duplicate(fd, lowest) {
    if (lowest < 0) throw new FileError(Errno.EINVAL);
    return this.#install(this.#get(fd), lowest);
  }

  /** @param {number} fd @param {number} target the descriptor that it becomes; what it was is closed */
  duplicateTo(fd, target) {
    const file = this.#get(fd);
    if (fd === target || target < 0 || target >= MAX_OPEN) throw new FileError(Errno.EINVAL);
    if (this.#open[target]) this.close(target);
    return this.#install(file, target);
  }

  /** Flags that a descriptor was opened with. @param {number} fd */
  flags(fd) {
    return this.#get(fd).flags;
  }

  /**
   * Reads into `into` and gives the number of bytes, 0 at the end.
   *
   * @param {number} fd
   * @param {Uint8Array} into
   * @param {number} [at] without it the descriptor's own position, which moves on
   */
  read(fd, into, at) {
    const file = this.#get(fd);
    const { node } = file;
    if (node.kind === 'directory') throw new FileError(Errno.EISDIR);
    if ((file.flags & 3) === 1) throw new FileError(Errno.EBADF);
    if (node.kind === 'random') {
      this.#fillRandom(into);
      return into.length;
    }
    const from = at ?? file.position;
    const count = Math.max(0, Math.min(into.length, node.size - from));
    into.set(node.data.subarray(from, from + count));
    if (at === undefined) file.position += count;
    return count;
  }

  /**
   * Writes all of `bytes`.
   *
   * @param {number} fd
   * @param {Uint8Array} bytes
   * @param {number} [at] without it the descriptor's own position, which moves on
   */
  write(fd, bytes, at) {
    const file = this.#get(fd);
    const { node } = file;
    if ((file.flags & 3) === 0) throw new FileError(Errno.EBADF);
    if (node.kind === 'output') this.#onOutput(bytes);
    if (node.kind !== 'file') return bytes.length;
    const from = at ?? (file.flags & OPEN_APPEND ? node.size : file.position);
    if (from + bytes.length > node.size) this.#tree.resize(node, from + bytes.length);
    node.data.set(bytes, from);
    node.modified = Date.now();
    if (at === undefined) file.position = from + bytes.length;
    return bytes.length;
  }

  /** Moves a descriptor and gives its new position. @param {number} fd @param {number} offset @param {number} whence */
  seek(fd, offset, whence) {
    const file = this.#get(fd);
    const { node } = file;
    if (node.kind !== 'file' && node.kind !== 'directory') throw new FileError(Errno.ESPIPE);
    const base = whence === 0 ? 0 : whence === 1 ? file.position : node.size;
    const position = base + offset;
    if (!(position >= 0 && position <= Number.MAX_SAFE_INTEGER)) throw new FileError(Errno.EINVAL);
    file.position = position;
    return position;
  }

  /** @param {number} fd @param {number} size */
  truncate(fd, size) {
    const file = this.#get(fd);
    if (file.node.kind !== 'file' || (file.flags & 3) === 0) throw new FileError(Errno.EINVAL);
    this.#tree.resize(file.node, size);
  }

  /** The file behind a descriptor. @param {number} fd */
  node(fd) {
    return this.#get(fd).node;
  }

  /** The file that a path names. @param {number} dirfd @param {string} path */
  lookup(dirfd, path) {
    return this.#tree.lookup(this.#start(dirfd, path), path);
  }

  /**
   * Entries of a directory from the descriptor's position on; the position counts entries.
   *
   * @param {number} fd
   * @param {number} count at most so many
   */
  list(fd, count) {
    const file = this.#get(fd);
    if (file.node.kind !== 'directory') throw new FileError(Errno.ENOTDIR);
    const from = file.position;
    const all = /** @type {[string, FileNode][]} */ ([
      ['.', file.node],
      ['..', file.node.parent ?? file.node],
      ...file.node.entries,
    ]);
    const listed = all.slice(from, from + count);
    file.position += listed.length;
    return { from, listed };
  }

  /** Absolute path of the working directory. */
  workingDirectory() {
    return this.#tree.pathOf(this.#cwd);
  }

  /** @param {string} path */
  changeDirectory(path) {
    const node = this.#tree.lookup(this.#cwd, path);
    if (node.kind !== 'directory') throw new FileError(Errno.ENOTDIR);
    this.#cwd = node;
  }

  /** @param {number} dirfd @param {string} path */
  makeDirectory(dirfd, path) {
    const { parent, name } = this.#locate(dirfd, path);
    if (name === '' || parent.entries.has(name)) throw new FileError(Errno.EEXIST);
    this.#tree.create(parent, name, 'directory');
  }

  /** @param {number} dirfd @param {string} path @param {'file' | 'directory'} what */
  remove(dirfd, path, what) {
    const { parent, name } = this.#locate(dirfd, path);
    this.#tree.remove(parent, name, what);
  }

  /** @param {number} fromFd @param {string} from @param {number} toFd @param {string} to */
  rename(fromFd, from, toFd, to) {
    this.#tree.rename(this.#locate(fromFd, from), this.#locate(toFd, to));
  }

  /** @param {number} dirfd @param {string} path */
  #locate(dirfd, path) {
    return this.#tree.locate(this.#start(dirfd, path), path);
  }

  /** Where a path starts; an absolute one does not look at the descriptor. @param {number} dirfd @param {string} path */
  #start(dirfd, path) {
    return dirfd === AT_WORKING_DIRECTORY || path.startsWith('/') ? this.#cwd : this.#get(dirfd).node;
  }

  /** @param {number} fd */
  #get(fd) {
    const file = this.#open[fd];
    if (file === undefined || file === null) throw new FileError(Errno.EBADF);
    return file;
  }

  /** @param {OpenFile} file @param {number} lowest */
  #install(file, lowest) {
    let fd = lowest;
    while (this.#open[fd]) fd++;
    if (fd >= MAX_OPEN) throw new FileError(Errno.EMFILE);
    while (this.#open.length < fd) this.#open.push(null);
    this.#open[fd] = file;
    file.node.opens++;
    return fd;
  }
}
