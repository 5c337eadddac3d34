/** A box of blocks that starts as air (minecraft spec, 1.6 and 2.7). */
import { AIR, isAir } from './blocks.js';

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

/** Cells in the box. */
export function boxVolume({ from, to }: Box): number {
  return (to.x - from.x + 1) * (to.y - from.y + 1) * (to.z - from.z + 1);
}

/** Sorts cells as prompts list them: y descending, then x ascending, then z ascending. Returns a new array. */
export function inPromptOrder<C extends Cell>(cells: readonly C[]): C[] {
  return [...cells].sort((a, b) => b.y - a.y || a.x - b.x || a.z - b.z);
}

/** No agent placed the block: it is the air of the beginning, or air that erased something. Agents count from 1. */
const NOBODY = 0;

/**
 * The blocks of one turn and who placed them. A fresh world is all air. Blocks are numbers inside, so that a turn
 * fills and scans some hundred cells in microseconds.
 */
export class World {
  /** Cells in scan order (y, then x, then z, ascending), each the number of its block in `names`. */
  readonly ids: Uint16Array;
  /** Distinct blocks that were placed, air first. */
  readonly names: string[] = [AIR];
  readonly #owners: Uint8Array;
  readonly #depth: number;
  readonly #width: number;

  constructor(readonly box: Box) {
    this.#width = box.to.x - box.from.x + 1;
    this.#depth = box.to.z - box.from.z + 1;
    this.ids = new Uint16Array(boxVolume(box));
    this.#owners = new Uint8Array(this.ids.length);
  }

  /**
   * Places a block; later calls win. The cell must lie in the box.
   *
   * @param agent who places it, from 0; null for nobody
   */
  set(cell: Cell, block: string, agent: number | null = null): void {
    this.fill({ from: cell, to: cell }, block, agent);
  }

  /** Places a block at every cell of a box, which must lie in the world's. */
  fill(box: Box, block: string, agent: number | null = null): void {
    const { from, to } = box;
    if (!insideBox(this.box, from) || !insideBox(this.box, to)) {
      const corners = [from, to].map(({ x, y, z }) => `${x} ${y} ${z}`).join(' to ');
      throw new RangeError(`${corners} reaches outside the box`);
    }
    const id = this.#idOf(block);
    const owner = agent === null || isAir(block) ? NOBODY : agent + 1;
    const depth = to.z - from.z + 1;
    for (let y = from.y; y <= to.y; y++) {
      for (let x = from.x; x <= to.x; x++) {
        const start = this.#index(x, y, from.z);
        for (let cell = start; cell < start + depth; cell++) {
          this.ids[cell] = id;
          this.#owners[cell] = owner;
        }
      }
    }
  }

  /** The block at a cell; outside the box everything is air. */
  get(cell: Cell): string {
    if (!insideBox(this.box, cell)) return AIR;
    return this.names[this.ids[this.#index(cell.x, cell.y, cell.z)] as number] as string;
  }

  /** Who placed the block at a cell, from 0; null for air and for blocks that nobody placed. */
  ownerOf(cell: Cell): number | null {
    if (!insideBox(this.box, cell)) return null;
    const owner = this.#owners[this.#index(cell.x, cell.y, cell.z)] as number;
    return owner === NOBODY ? null : owner - 1;
  }

  /** Every cell of the box with its block: y, then x, then z, ascending. */
  *scan(): Generator<Cell & { block: string }> {
    const { from, to } = this.box;
    let index = 0;
    for (let y = from.y; y <= to.y; y++) {
      for (let x = from.x; x <= to.x; x++) {
        for (let z = from.z; z <= to.z; z++) {
          yield { x, y, z, block: this.names[this.ids[index++] as number] as string };
        }
      }
    }
  }

  #index(x: number, y: number, z: number): number {
    const { from } = this.box;
    return ((y - from.y) * this.#width + (x - from.x)) * this.#depth + (z - from.z);
  }

  #idOf(block: string): number {
    const known = this.names.indexOf(block);
    return known >= 0 ? known : this.names.push(block) - 1;
  }
}

/** A cell as a compact JSON triple. */
export function triple({ x, y, z }: Cell): [x: number, y: number, z: number] {
  return [x, y, z];
}
