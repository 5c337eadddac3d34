/** Maps seen from above: x is the column, z the row. Cells are numbered row by row, `z * width + x`. */
import type { JsonValue } from '../../text/literal-reader.js';

export interface GridSize {
  readonly width: number;
  readonly height: number;
}

export interface GridCell {
  readonly x: number;
  readonly z: number;
}

export function cellNumber({ width }: GridSize, { x, z }: GridCell): number {
  return z * width + x;
}

export function cellOf({ width }: GridSize, number: number): GridCell {
  return { x: number % width, z: Math.floor(number / width) };
}

export function insideGrid({ width, height }: GridSize, { x, z }: GridCell): boolean {
  return x >= 0 && x < width && z >= 0 && z < height;
}

/** Steps along x or z. */
export function manhattan(a: GridCell, b: GridCell): number {
  return Math.abs(a.x - b.x) + Math.abs(a.z - b.z);
}

/** Numbers of the up to four cells that share a side with a cell. */
export function sideNeighbours({ width, height }: GridSize, number: number): number[] {
  const x = number % width;
  const neighbours: number[] = [];
  if (number >= width) neighbours.push(number - width);
  if (x > 0) neighbours.push(number - 1);
  if (x < width - 1) neighbours.push(number + 1);
  if (number < width * (height - 1)) neighbours.push(number + width);
  return neighbours;
}

/** Numbers of all cells in squares of 2 * view + 1 around some cells, within the map, ascending. */
export function seenFrom(size: GridSize, from: readonly GridCell[], view: number): ReadonlySet<number> {
  const seen = new Set<number>();
  for (const { x, z } of from) {
    for (let row = Math.max(0, z - view); row <= Math.min(size.height - 1, z + view); row++) {
      for (let column = Math.max(0, x - view); column <= Math.min(size.width - 1, x + view); column++) {
        seen.add(row * size.width + column);
      }
    }
  }
  return new Set([...seen].sort((a, b) => a - b));
}

/** A cell that a response names as `[x, z]`, or null where that is no cell of the map. */
export function readCell(size: GridSize, value: JsonValue | undefined): GridCell | null {
  if (!Array.isArray(value) || value.length !== 2) return null;
  const [x, z] = value;
  if (!Number.isSafeInteger(x) || !Number.isSafeInteger(z)) return null;
  const cell = { x: x as number, z: z as number };
  return insideGrid(size, cell) ? cell : null;
}

/**
 * A path that a response names as a list of cells, or null where it is none: it must begin where the agent stands, and
 * every cell must be the one before or a neighbour of it.
 *
 * @param neighbours 4: cells that share a side; 8: also those that share a corner
 */
export function readPath(
  size: GridSize,
  start: GridCell,
  value: JsonValue | undefined,
  neighbours: 4 | 8,
): GridCell[] | null {
  if (!Array.isArray(value) || value.length === 0) return null;
  const path: GridCell[] = [];
  for (const entry of value) {
    const cell = readCell(size, entry);
    const before = path.at(-1);
    if (cell === null) return null;
    if (before === undefined ? manhattan(start, cell) > 0 : !mayStep(before, cell, neighbours)) return null;
    path.push(cell);
  }
  return path;
}

function mayStep(from: GridCell, to: GridCell, neighbours: 4 | 8): boolean {
  if (neighbours === 4) return manhattan(from, to) <= 1;
  return Math.abs(from.x - to.x) <= 1 && Math.abs(from.z - to.z) <= 1;
}

/** The places where an agent has stood with those of a path added, each once, in order. */
export function withPath(stoodOn: readonly GridCell[], path: readonly GridCell[]): readonly GridCell[] {
  const places = new Map([...stoodOn, ...path].map((cell) => [`${cell.x},${cell.z}`, cell]));
  return places.size === stoodOn.length ? stoodOn : [...places.values()];
}

/** `(x, z)`, as prompts write cells. */
export function cellText({ x, z }: GridCell): string {
  return `(${x}, ${z})`;
}
