/** A tree of folders and files in memory, with limits on their number and size. */

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
const MAX_NAME = 255;
const MAX_DEPTH = 64;

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

export class FileTree {
  #nodes = 0;
  #bytes = 0;
  root = this.#makeNode('directory', false, null);

  /**
   * Walks a path to the directory that holds its last part; `name` is empty when the path is a directory itself.
   *
   * @param {FileNode} from where a relative path starts
   * @param {string} path
   */
  locate(from, path) {
    if (path === '') throw new FileError(Errno.ENOENT);
    let at = path.startsWith('/') ? this.root : from;
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

  /** The node that a path names. @param {FileNode} from @param {string} path */
  lookup(from, path) {
    const { parent, name } = this.locate(from, path);
    const node = name === '' ? parent : parent.entries.get(name);
    if (node === undefined) throw new FileError(Errno.ENOENT);
    return node;
  }

  /** Absolute path of a directory. @param {FileNode} directory */
  pathOf(directory) {
    const names = [];
    for (let node = directory; node.parent !== null; node = node.parent) {
      for (const [name, child] of node.parent.entries) if (child === node) names.unshift(name);
    }
    return `/${names.join('/')}`;
  }

  /** A new node for the program, in a directory that it may write. @param {FileNode} parent @param {string} name @param {'file' | 'directory'} kind */
  create(parent, name, kind) {
    if (!parent.writable) throw new FileError(Errno.EROFS);
    return this.add(parent, name, kind, true);
  }

  /** A new node. @param {FileNode} parent @param {string} name @param {FileNode['kind']} kind @param {boolean} writable */
  add(parent, name, kind, writable) {
    if (this.#nodes >= MAX_NODES) throw new FileError(Errno.ENOSPC);
    const node = this.#makeNode(kind, writable, kind === 'directory' ? parent : null);
    parent.entries.set(name, node);
    return node;
  }

  /** @param {FileNode} parent @param {string} name @param {'file' | 'directory'} what what it has to be */
  remove(parent, name, what) {
    const node = parent.entries.get(name);
    if (node === undefined) throw new FileError(name === '' ? Errno.EINVAL : Errno.ENOENT);
    if (!parent.writable) throw new FileError(Errno.EROFS);
    if (what === 'directory' && node.kind !== 'directory') throw new FileError(Errno.ENOTDIR);
    if (what === 'file' && node.kind === 'directory') throw new FileError(Errno.EISDIR);
    if (node.entries.size > 0) throw new FileError(Errno.ENOTEMPTY);
    parent.entries.delete(name);
    node.linked = false;
    this.release(node);
  }

  /**
   * Moves an entry, in place of one that is there already.
   *
   * @param {{ parent: FileNode, name: string }} source
   * @param {{ parent: FileNode, name: string }} target
   */
  rename(source, target) {
    const node = source.parent.entries.get(source.name);
    if (node === undefined) throw new FileError(Errno.ENOENT);
    if (target.name === '') throw new FileError(Errno.EINVAL);
    if (!source.parent.writable || !target.parent.writable) throw new FileError(Errno.EROFS);
    for (let above = /** @type {FileNode | null} */ (target.parent); above !== null; above = above.parent) {
      if (above === node) throw new FileError(Errno.EINVAL);
    }
    const old = target.parent.entries.get(target.name);
    if (old === node) return;
    const what = node.kind === 'directory' ? 'directory' : 'file';
    if (old !== undefined) this.remove(target.parent, target.name, what);
    source.parent.entries.delete(source.name);
    target.parent.entries.set(target.name, node);
    if (node.kind === 'directory') node.parent = target.parent;
  }

  /** Changes the size of a file; all files together stay below the limit. @param {FileNode} node @param {number} size */
  resize(node, size) {
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
  release(node) {
    if (node.linked || node.opens > 0) return;
    this.#bytes -= node.size;
    node.size = 0;
    node.data = new Uint8Array(0);
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
}
