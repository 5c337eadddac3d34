/**
 * The file system that submitted code sees: a few folders in memory, nothing of the host. The standard library lies in
 * one zip file; a program may write below its own small limit. A new one is made for every run, so nothing stays.
 */

/** Error numbers of the WebAssembly C library. */
export const Errno = {
  EACCES: 2,
  EBADF: 8,
  EEXIST: 20,
  EINVAL: 28,
  EISDIR: 31,
  EMFILE: 33,
  ENAMETOOLONG: 37,
  ENOENT: 44,
  ENOSPC: 51,
  ENOSYS: 52,
  ENOTDIR: 54,
  ENOTEMPTY: 55,
  ENOTTY: 59,
  EPERM: 63,
  EROFS: 69,
  ESPIPE: 70,
};

/** A file operation that failed; `errno` is what the program gets. */
export class FileError extends Error {
  /** @param {number} errno */
  constructor(errno) {
    super(`errno ${errno}`);
    this.errno = errno;
  }
}

const MAX_FILE_BYTES = 16 * 1024 * 1024;
const MAX_NODES = 4096;
const MAX_OPEN = 64;
const MAX_NAME = 255;
const MAX_DEPTH = 64;

const OPEN_CREATE = 0o100;
const OPEN_EXCLUSIVE = 0o200;
const OPEN_TRUNCATE = 0o1000;
const OPEN_APPEND = 0o2000;
const OPEN_DIRECTORY = 0o200000;

/**
 * @typedef {object} FileNode
 * @property {number} id
 * @property {'directory' | 'file' | 'output' | 'null' | 'random'} kind
 * @property {boolean} writable false: neither the content nor the entries can be changed
 * @property {Map<string, FileNode>} entries of a directory
 * @property {FileNode | null} parent of a directory; null at the root
 * @property {Uint8Array} data of a file, `size` bytes of it are content
 * @property {number} size in bytes
 * @property {number} modified in ms since 1970
 * @property {number} opens how many descriptors refer to it
 * @property {boolean} linked false once it has no name any more
 */

/**
 * @typedef {object} OpenFile
 * @property {FileNode} node
 * @property {number} position
 * @property {number} flags as given to open
 */

export class FileSystem {
  /** @type {(OpenFile | null)[]} */
  #open = [];
  #nodes = 0;
  #bytes = 0;
  /** @type {FileNode} */
  #root;
  /** @type {FileNode} */
  #cwd;
  /** @type {(bytes: Uint8Array) => void} */
  #onOutput;
  /** @type {(bytes: Uint8Array) => void} */
  #fillRandom;

  /**
   * @param {Uint8Array} stdlib the standard library as a zip file, at /lib/python.zip
   * @param {(bytes: Uint8Array) => void} onOutput takes what is written to stdout and stderr
   * @param {(bytes: Uint8Array) => void} fillRandom fills a buffer for /dev/urandom
   */
  constructor(stdlib, onOutput, fillRandom) {
    this.#onOutput = onOutput;
    this.#fillRandom = fillRandom;
    this.#root = this.#makeNode('directory', false, null);
    const lib = this.#add(this.#root, 'lib', 'directory', false);
    const zip = this.#add(lib, 'python.zip', 'file', false);
    zip.data = stdlib;
    zip.size = stdlib.length;
    const dev = this.#add(this.#root, 'dev', 'directory', false);
    const nothing = this.#add(dev, 'null', 'null', true);
    this.#add(dev, 'urandom', 'random', true);
    const output = this.#add(dev, 'stdout', 'output', true);
    dev.entries.set('stderr', output);
    this.#add(this.#root, 'tmp', 'directory', true);
    this.#cwd = this.#add(this.#root, 'work', 'directory', true);
    this.#open = [
      { node: nothing, position: 0, flags: 0 },
      { node: output, position: 0, flags: 1 },
      { node: output, position: 0, flags: 1 },
    ];
    for (const file of this.#open) if (file !== null) file.node.opens++;
  }

  /**
   * Opens a path and gives its descriptor.
   *
   * @param {number} dirfd
   * @param {string} path
   * @param {number} flags
   */
  open(dirfd, path, flags) {
    const { parent, name } = this.#locate(dirfd, path);
    let node = name === '' ? parent : parent.entries.get(name);
    if (node === undefined) {
      if (!(flags & OPEN_CREATE)) throw new FileError(Errno.ENOENT);
      node = this.#create(parent, name, 'file');
    } else if (flags & OPEN_CREATE && flags & OPEN_EXCLUSIVE) {
      throw new FileError(Errno.EEXIST);
    }
    const writes = (flags & 3) !== 0;
    if (node.kind === 'directory' && writes) throw new FileError(Errno.EISDIR);
    if (node.kind !== 'directory' && flags & OPEN_DIRECTORY) throw new FileError(Errno.ENOTDIR);
    if (writes && !node.writable) throw new FileError(Errno.EROFS);
    if (flags & OPEN_TRUNCATE && node.kind === 'file' && writes) this.#resize(node, 0);
    return this.#install({ node, position: 0, flags }, 0);
  }

  /** @param {number} fd */
  close(fd) {
    const { node } = this.#get(fd);
    this.#open[fd] = null;
    node.opens--;
    this.#release(node);
  }

  /**
   * @param {number} fd
   * @param {number} lowest the new descriptor is at least this
   */
  duplicate(fd, lowest) {
    if (lowest < 0) throw new FileError(Errno.EINVAL);
    return this.#install(this.#get(fd), lowest);
  }

  /** @param {number} fd @param {number} target */
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
    if (from + bytes.length > node.size) this.#resize(node, from + bytes.length);
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
    this.#resize(file.node, size);
  }

  /** The file behind a descriptor. @param {number} fd */
  node(fd) {
    return this.#get(fd).node;
  }

  /** The file that a path names. @param {number} dirfd @param {string} path */
  lookup(dirfd, path) {
    const { parent, name } = this.#locate(dirfd, path);
    const node = name === '' ? parent : parent.entries.get(name);
    if (node === undefined) throw new FileError(Errno.ENOENT);
    return node;
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
    const all = [['.', file.node], ['..', file.node.parent ?? file.node], ...file.node.entries];
    const from = file.position;
    const listed = /** @type {[string, FileNode][]} */ (all.slice(from, from + count));
    file.position += listed.length;
    return { from, listed };
  }

  /** Absolute path of the working directory. */
  workingDirectory() {
    const names = [];
    for (let node = this.#cwd; node.parent !== null; node = node.parent) {
      for (const [name, child] of node.parent.entries) if (child === node) names.unshift(name);
    }
    return `/${names.join('/')}`;
  }

  /** @param {string} path */
  changeDirectory(path) {
    const node = this.lookup(-100, path);
    if (node.kind !== 'directory') throw new FileError(Errno.ENOTDIR);
    this.#cwd = node;
  }

  /** @param {number} dirfd @param {string} path */
  makeDirectory(dirfd, path) {
    const { parent, name } = this.#locate(dirfd, path);
    if (name === '' || parent.entries.has(name)) throw new FileError(Errno.EEXIST);
    this.#create(parent, name, 'directory');
  }

  /** @param {number} dirfd @param {string} path @param {'file' | 'directory'} what */
  remove(dirfd, path, what) {
    const { parent, name } = this.#locate(dirfd, path);
    const node = parent.entries.get(name);
    if (node === undefined) throw new FileError(name === '' ? Errno.EINVAL : Errno.ENOENT);
    if (!parent.writable) throw new FileError(Errno.EROFS);
    if (what === 'directory' && node.kind !== 'directory') throw new FileError(Errno.ENOTDIR);
    if (what === 'file' && node.kind === 'directory') throw new FileError(Errno.EISDIR);
    if (node.entries.size > 0) throw new FileError(Errno.ENOTEMPTY);
    parent.entries.delete(name);
    node.linked = false;
    this.#release(node);
  }

  /** @param {number} fromFd @param {string} from @param {number} toFd @param {string} to */
  rename(fromFd, from, toFd, to) {
    const source = this.#locate(fromFd, from);
    const target = this.#locate(toFd, to);
    const node = source.parent.entries.get(source.name);
    if (node === undefined) throw new FileError(Errno.ENOENT);
    if (target.name === '') throw new FileError(Errno.EINVAL);
    if (!source.parent.writable || !target.parent.writable) throw new FileError(Errno.EROFS);
    for (let above = /** @type {FileNode | null} */ (target.parent); above !== null; above = above.parent) {
      if (above === node) throw new FileError(Errno.EINVAL);
    }
    const old = target.parent.entries.get(target.name);
    if (old === node) return;
    if (old !== undefined) this.remove(toFd, to, node.kind === 'directory' ? 'directory' : 'file');
    source.parent.entries.delete(source.name);
    target.parent.entries.set(target.name, node);
    if (node.kind === 'directory') node.parent = target.parent;
  }

  /**
   * Walks a path to the directory that holds its last part; `name` is empty when the path is a directory itself.
   *
   * @param {number} dirfd
   * @param {string} path
   */
  #locate(dirfd, path) {
    if (path === '') throw new FileError(Errno.ENOENT);
    let at = path.startsWith('/') ? this.#root : dirfd === -100 ? this.#cwd : this.#get(dirfd).node;
    const parts = path.split('/').filter((part) => part !== '' && part !== '.');
    if (parts.length > MAX_DEPTH) throw new FileError(Errno.ENAMETOOLONG);
    for (const [index, part] of parts.entries()) {
      if (at.kind !== 'directory') throw new FileError(Errno.ENOTDIR);
      if (part.length > MAX_NAME) throw new FileError(Errno.ENAMETOOLONG);
      if (part === '..') {
        at = at.parent ?? at;
        continue;
      }
      if (index === parts.length - 1) return { parent: at, name: part };
      const next = at.entries.get(part);
      if (next === undefined) throw new FileError(Errno.ENOENT);
      at = next;
    }
    return { parent: at, name: '' };
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

  /** @param {FileNode} parent @param {string} name @param {'file' | 'directory'} kind */
  #create(parent, name, kind) {
    if (!parent.writable) throw new FileError(Errno.EROFS);
    return this.#add(parent, name, kind, true);
  }

  /** @param {FileNode} parent @param {string} name @param {FileNode['kind']} kind @param {boolean} writable */
  #add(parent, name, kind, writable) {
    if (this.#nodes >= MAX_NODES) throw new FileError(Errno.ENOSPC);
    const node = this.#makeNode(kind, writable, kind === 'directory' ? parent : null);
    parent.entries.set(name, node);
    return node;
  }

  /** @param {FileNode['kind']} kind @param {boolean} writable @param {FileNode | null} parent @returns {FileNode} */
  #makeNode(kind, writable, parent) {
    return {
      id: ++this.#nodes,
      kind,
      writable,
      entries: new Map(),
      parent,
      data: new Uint8Array(0),
      size: 0,
      modified: Date.now(),
      opens: 0,
      linked: true,
    };
  }

  /** Changes the size of a file; all files together stay below the limit. @param {FileNode} node @param {number} size */
  #resize(node, size) {
    if (!(size >= 0)) throw new FileError(Errno.EINVAL);
    if (this.#bytes + size - node.size > MAX_FILE_BYTES) throw new FileError(Errno.ENOSPC);
    if (size > node.data.length) {
      const data = new Uint8Array(Math.max(size, 2 * node.data.length));
      data.set(node.data.subarray(0, node.size));
      node.data = data;
    } else if (size < node.size) {
      node.data.fill(0, size, node.size);
    }
    this.#bytes += size - node.size;
    node.size = size;
    node.modified = Date.now();
  }

  /** Gives back the bytes of a file that has neither a name nor a descriptor. @param {FileNode} node */
  #release(node) {
    if (node.linked || node.opens > 0) return;
    this.#bytes -= node.size;
    node.size = 0;
    node.data = new Uint8Array(0);
  }
}
