/** What a HouseBuild turn built, as a picture. */
import type { Picture, PictureCell, Volume } from '../../env.js';
import { isAir } from '../blocks.js';
import { volumeOf } from '../turn-report.js';
import type { World } from '../world.js';
import type { HouseBuildItem } from './item.js';
import type { LastHouseTurn } from './state.js';

const GAP: PictureCell = { block: null, target: false };

/** The layers side by side, the lowest first; in each, x runs to the right and z downwards. */
export function housePicture(item: HouseBuildItem, turn: number, { world, score }: LastHouseTurn): Picture {
  const { from, to } = item.box;
  const rows = Array.from({ length: to.z - from.z + 1 }, (_, row) =>
    item.layers.flatMap(({ y }, layer) => [
      ...(layer === 0 ? [] : [GAP]),
      ...layerRow(item, world, y, from.z + row),
    ]),
  );
  const { matching, cells, extra } = score;
  return {
    caption: `${item.id}, turn ${turn}: ${matching} of ${cells} cells match, ${extra} stray; layers y=${from.y} to y=${to.y}`,
    rows,
    volume: turnedAround(volumeOf(world)),
  };
}

/** Half around, since the door is in the wall of lowest z and pictures show the one of highest. */
function turnedAround({ size, blocks }: Volume): Volume {
  const [width, , depth] = size;
  return { size, blocks: blocks.map((one) => ({ ...one, x: width - 1 - one.x, z: depth - 1 - one.z })) };
}

function layerRow(
  { box: { from, to }, blocks, plan }: HouseBuildItem,
  world: World,
  y: number,
  z: number,
): PictureCell[] {
  const [width, depth] = [to.x - from.x + 1, to.z - from.z + 1];
  return Array.from({ length: width }, (_, column) => {
    const block = world.get({ x: from.x + column, y, z });
    const planned = plan[((y - from.y) * width + column) * depth + (z - from.z)] as number;
    return { block: isAir(block) ? null : block, target: !isAir(blocks[planned] as string) };
  });
}
