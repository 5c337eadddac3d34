/**
 * Keys and values of token sequences, kept from one call of `generate` to the next: the turns of an episode
 * continue each other, so a prompt's longest known beginning need not be computed again.
 *
 * A tree: each node holds the tokens in which a sequence differs from those before it, so what sequences
 * have in common (an instruction, a prompt with several responses) is kept once.
 */
import { dtypeBytes, own, type Tensor, tidy } from '@collm/torch';
import { ModelError } from '../errors.js';

interface Node {
  parent: Node | undefined;
  /** Tokens before the node's own. */
  start: number;
  tokens: readonly number[];
  /** By place and first token: a child may leave its parent in the middle. */
  children: Map<number, Node>;
  /** [2 · layers, K, tokens, D]; undefined for the root. */
  kept: Tensor | undefined;
  /** Time of the last use: of a node at least that of its children. */
  used: number;
}

/** A node on the way of a sequence, and how many of its tokens the sequence has. */
interface Match {
  node: Node;
  count: number;
}

/** Shorter beginnings cost as much to look up and copy as they save. */
const shortestMatch = 8;

/** Token ids are below 2^24 (see DecoderConfig), places below 2^29. */
const childKey = (place: number, token: number) => place * 2 ** 24 + token;

/**
 * Belongs to one decoder with its weights as they are: whoever changes them calls `clear`. Owns its memory.
 */
export class PrefixCache {
  private root = newRoot();
  private readonly nodes = new Set<Node>();
  private clock = 0;
  private callStarted = 0;
  private held = 0;

  /** @param maxBytes most memory held; what was used least recently goes first, but see `startCall`. */
  constructor(readonly maxBytes: number) {
    if (!(maxBytes >= 0))
      throw new ModelError(`a prefix cache of ${maxBytes} bytes cannot be; give 0 or more.`);
  }

  /**
   * Says that a call of `generate` begins. What is used from here on stays until the next: otherwise a batch that
   * does not fit would push out its own beginnings, one after the other, before its next turn reads them.
   */
  startCall(): void {
    this.callStarted = this.clock;
  }

  /** Memory held by keys and values. */
  get bytes(): number {
    return this.held;
  }

  /** Length of the longest known beginning; 0 when it is too short to be worth its copy. */
  match(tokens: readonly number[]): number {
    const length = lengthOf(this.walk(tokens));
    return length < shortestMatch ? 0 : length;
  }

  /**
   * Keys and values of the first `count` tokens, which `match` said are known.
   *
   * @returns tensors [2 · layers, K, n, D] to be laid behind each other, made in the current scope
   */
  read(tokens: readonly number[], count: number): Tensor[] {
    const path = this.walk(tokens);
    this.touch(path);
    return path
      .filter(({ node }) => node.start < count)
      .map(({ node, count: n }) => (node.kept as Tensor).narrow(2, 0, Math.min(n, count - node.start)));
  }

  /**
   * Keeps the keys and values of a sequence, as far as they are not kept already and fit.
   *
   * @param piece gives those of `count` tokens from `from` on, [2 · layers, K, count, D]
   */
  put(tokens: readonly number[], piece: (from: number, count: number) => Tensor): void {
    const path = this.walk(tokens);
    this.touch(path);
    const start = lengthOf(path);
    if (start === tokens.length) return;
    tidy(() => {
      const view = piece(start, tokens.length - start);
      const bytes = view.numel * dtypeBytes(view.dtype);
      if (!this.makeRoom(bytes)) return;
      const parent = path[path.length - 1]?.node ?? this.root;
      const node: Node = {
        parent,
        start,
        tokens: tokens.slice(start),
        children: new Map(),
        kept: own(view.clone()),
        used: this.clock,
      };
      parent.children.set(childKey(start, tokens[start] as number), node);
      this.nodes.add(node);
      this.held += bytes;
    });
  }

  /** Forgets everything: for when the weights change. */
  clear(): void {
    for (const { kept } of this.nodes) kept?.dispose();
    this.nodes.clear();
    this.root = newRoot();
    this.held = 0;
  }

  dispose(): void {
    this.clear();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private walk(tokens: readonly number[]): Match[] {
    const path: Match[] = [];
    let node = this.root;
    let place = 0;
    while (place < tokens.length) {
      const child = node.children.get(childKey(place, tokens[place] as number));
      if (child === undefined) break;
      let count = 1; // the key has compared the first
      while (count < child.tokens.length && child.tokens[count] === tokens[place + count]) count++;
      path.push({ node: child, count });
      place += count;
      node = child;
    }
    return path;
  }

  private touch(path: readonly Match[]): void {
    this.clock++;
    for (const { node } of path) node.used = this.clock;
  }

  /** Lets go of leaves, the least recently used first, but of none that this call has used. */
  private makeRoom(bytes: number): boolean {
    if (bytes > this.maxBytes) return false;
    while (this.held + bytes > this.maxBytes) {
      let oldest: Node | undefined;
      for (const node of this.nodes) {
        const old = oldest === undefined ? node.used <= this.callStarted : node.used < oldest.used;
        if (old && node.children.size === 0) oldest = node;
      }
      if (oldest === undefined) return false;
      this.drop(oldest);
    }
    return true;
  }

  private drop(node: Node): void {
    const kept = node.kept as Tensor;
    this.held -= kept.numel * dtypeBytes(kept.dtype);
    kept.dispose();
    this.nodes.delete(node);
    node.parent?.children.delete(childKey(node.start, node.tokens[0] as number));
  }
}

const newRoot = (): Node => ({
  parent: undefined,
  start: 0,
  tokens: [],
  children: new Map(),
  kept: undefined,
  used: 0,
});

const lengthOf = (path: readonly Match[]): number => path.reduce((sum, { count }) => sum + count, 0);
