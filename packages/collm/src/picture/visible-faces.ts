/**
 * Which parts of a volume can be seen from the upper front right. In the isometric view a cube is a hexagon of six
 * triangles, two per face, and all cubes share one grid of triangles: for each triangle the nearest cube is what shows.
 * So nothing that is drawn overlaps, and what is hidden is left out whatever hides it.
 */
import type { Volume, VolumeBlock } from '@collm/envs';

export type Side = 'top' | 'front' | 'right';

/**
 * A triangle of the grid: in the column between `column` and `column + 1`, its middle at height `middle` (downwards; a cube
 * is 4 high). The tip is on the left where column + middle is even, else on the right.
 */
export interface Triangle {
  readonly column: number;
  readonly middle: number;
}

/** What is seen of one face of a block: all of it (two triangles) or half. */
export interface VisibleFace {
  readonly block: VolumeBlock;
  readonly side: Side;
  readonly triangles: readonly Triangle[];
}

/** The triangles of a cube relative to `column` x - z and `middle` x + z - 2y, two per side. */
const cube: readonly { side: Side; column: number; middle: number }[] = [
  { side: 'top', column: -1, middle: -1 },
  { side: 'top', column: 0, middle: -1 },
  { side: 'front', column: -1, middle: 0 },
  { side: 'front', column: -1, middle: 1 },
  { side: 'right', column: 0, middle: 0 },
  { side: 'right', column: 0, middle: 1 },
];

/** The blocks that lie in the box at whole coordinates; where two share a cell, the later one. */
export function soundBlocks({ size, blocks }: Volume): VolumeBlock[] {
  const cells = new Map<string, VolumeBlock>();
  for (const block of blocks) {
    const place = [block.x, block.y, block.z];
    const inside = place.every((at, axis) => Number.isSafeInteger(at) && at >= 0 && at < (size[axis] ?? 0));
    if (inside && typeof block.block === 'string') cells.set(place.join(), block);
  }
  return [...cells.values()];
}

/** Everything of the blocks that can be seen, far blocks first. Takes time in proportion to n log n of their number. */
export function visibleFaces(blocks: readonly VolumeBlock[]): VisibleFace[] {
  const farToNear = [...blocks].sort((a, b) => depth(a) - depth(b));
  const nearest = new Map<string, VolumeBlock>();
  for (const block of farToNear) {
    for (const { column, middle } of cubeAt(block)) nearest.set(`${column},${middle}`, block);
  }
  return farToNear.flatMap((block) => {
    const seen = cubeAt(block).filter(({ column, middle }) => nearest.get(`${column},${middle}`) === block);
    return (['top', 'front', 'right'] as const).flatMap((side) => {
      const triangles = seen.filter((triangle) => triangle.side === side);
      return triangles.length === 0 ? [] : { block, side, triangles };
    });
  });
}

/** Nearness to the viewer. */
function depth({ x, y, z }: VolumeBlock): number {
  return x + y + z;
}

function cubeAt({ x, y, z }: VolumeBlock) {
  return cube.map(({ side, column, middle }) => ({
    side,
    column: column + x - z,
    middle: middle + x + z - 2 * y,
  }));
}
