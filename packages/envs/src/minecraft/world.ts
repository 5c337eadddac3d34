/** A box of blocks that starts as air (minecraft spec, 1.6 and 2.7). */
import { AIR } from './blocks.js';

/** Integer world coordinates: x to the right, y upwards, z in depth. */
export interface Cell {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

/** An inclusive box; `from` holds the minima and `to` the maxima. */
export interface Box {
  readonly from: Cell;
  readonly to: Cell;
}

/** The inclusive box between two corners given in any order. */
export function boxBetween(a: Cell, b: Cell): Box {
  return {
    from: { x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), z: Math.min(a.z, b.z) },
    to: { x: Math.max(a.x, b.x), y: Math.max(a.y, b.y), z: Math.max(a.z, b.z) },
  };
}

/** True if the cell lies in the box, borders included. */
export function insideBox(box: Box, cell: Cell): boolean {
  const { from, to } = box;
  return (
    cell.x >= from.x &&
    cell.x <= to.x &&
    cell.y >= from.y &&
    cell.y <= to.y &&
    cell.z >= from.z &&
    cell.z <= to.z
  );
}

/** Sorts cells as prompts list them: y descending, then x ascending, then z ascending. Returns a new array. */
export function inPromptOrder<C extends Cell>(cells: readonly C[]): C[] {
  return [...cells].sort((a, b) => b.y - a.y || a.x - b.x || a.z - b.z);
}

/** The blocks of one turn. A fresh world is all air. */
export class World {
  readonly #blocks: string[];
  readonly #depth: number;
  readonly #width: number;

  constructor(readonly box: Box) {
    const { from, to } = box;
    this.#width = to.x - from.x + 1;
    this.#depth = to.z - from.z + 1;
    this.#blocks = new Array<string>(this.#width * this.#depth * (to.y - from.y + 1)).fill(AIR);
  }

  /** Places a block; later calls win. The cell must lie in the box. */
  set(cell: Cell, block: string): void {
    if (!insideBox(this.box, cell))
      throw new RangeError(`cell ${cell.x} ${cell.y} ${cell.z} is outside the box`);
    this.#blocks[this.#index(cell)] = block;
  }

  /** The block at a cell; outside the box everything is air. */
  get(cell: Cell): string {
    return insideBox(this.box, cell) ? (this.#blocks[this.#index(cell)] as string) : AIR;
  }

  /** Every cell of the box with its block: y, then x, then z, ascending. */
  *scan(): Generator<Cell & { block: string }> {
    const { from, to } = this.box;
    for (let y = from.y; y <= to.y; y++) {
      for (let x = from.x; x <= to.x; x++) {
        for (let z = from.z; z <= to.z; z++) yield { x, y, z, block: this.get({ x, y, z }) };
      }
    }
  }

  #index({ x, y, z }: Cell): number {
    const { from } = this.box;
    return ((y - from.y) * this.#width + (x - from.x)) * this.#depth + (z - from.z);
  }
}
