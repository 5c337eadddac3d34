/** Compares what stands on a server with what the simulator says. */
import { AIR, type Box, type Cell, isAir } from '@collm/envs';
import type { BlockNames } from './block-names.js';
import { cellsOf } from './commands.js';

/** A block that is not air: x, y, z and the task's name. As in the logs of building tasks. */
export type PlacedBlock = readonly [x: number, y: number, z: number, block: string];

/** A cell where server and simulator differ, in the task's coordinates. */
export interface Difference {
  readonly cell: readonly [x: number, y: number, z: number];
  /** The task's name; `air` for all kinds of air. */
  readonly simulated: string;
  readonly found: string;
}

/**
 * Compares every cell of the box. Kinds of air are equal, and so is what is the same block on the server.
 *
 * @param simulated what the simulator says stands, without air
 * @param found what was scanned, without air
 */
export function compareBlocks(
  box: Box,
  simulated: readonly PlacedBlock[],
  found: readonly PlacedBlock[],
  names: BlockNames,
): Difference[] {
  const expected = byCell(simulated);
  const scanned = byCell(found);
  const differences: Difference[] = [];
  for (const cell of cellsOf(box)) {
    const key = keyOf(cell);
    const a = expected.get(key) ?? AIR;
    const b = scanned.get(key) ?? AIR;
    if (a === b || (names.toServer(a) ?? a) === (names.toServer(b) ?? b)) continue;
    differences.push({ cell: [cell.x, cell.y, cell.z], simulated: a, found: b });
  }
  return differences;
}

function byCell(blocks: readonly PlacedBlock[]): Map<string, string> {
  return new Map(
    blocks.filter(([, , , block]) => !isAir(block)).map(([x, y, z, block]) => [keyOf({ x, y, z }), block]),
  );
}

function keyOf({ x, y, z }: Cell): string {
  return `${x} ${y} ${z}`;
}
