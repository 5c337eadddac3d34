/** A ResourceGathering map as a picture: flat, and in space with stacks and agents on the ground. */
import type { Picture, PictureCell, VolumeBlock } from '../../env.js';
import { cellNumber, cellOf } from '../grid/grid.js';
import { type Amounts, amountsText, type Material, materials } from './materials.js';
import type { ResourceGatheringState } from './state.js';

const looks: Readonly<Record<Material, string>> = { wood: 'oak_wood', stone: 'stone', iron: 'iron_block' };
const figures = ['blue_concrete', 'orange_concrete'] as const;

/** A cell shows the first of wood, stone and iron that it holds; agents are blue and orange. */
export function gatheringPicture({ item, turn, stacks, collected, agents }: ResourceGatheringState): Picture {
  const { width, height } = item;
  const standing = new Map(
    agents.map(({ at }, agent) => [cellNumber(item, at), figures[agent] ?? figures[0]]),
  );
  const held = (number: number) => materials.filter((material) => (stacks[number] as Amounts)[material] > 0);
  const rows = Array.from({ length: height }, (_, z) =>
    Array.from({ length: width }, (_cell, x): PictureCell => {
      const number = cellNumber(item, { x, z });
      const [first] = held(number);
      const block = standing.get(number) ?? (first === undefined ? null : looks[first]);
      return { block, target: block !== null };
    }),
  );
  const blocks: VolumeBlock[] = [];
  for (let number = 0; number < width * height; number++) {
    const place = cellOf(item, number);
    blocks.push({ ...place, y: 0, block: 'dirt', agent: null });
    held(number).forEach((material, above) => {
      blocks.push({ ...place, y: 1 + above, block: looks[material], agent: null });
    });
  }
  agents.forEach(({ at }, agent) => {
    const under = held(cellNumber(item, at)).length;
    blocks.push({ ...at, y: 1 + under, block: figures[agent] ?? figures[0], agent });
  });
  return {
    caption: `${item.id}, turn ${turn - 1}: gathered ${amountsText(collected)}`,
    rows,
    volume: { size: [width, 5, height], blocks },
  };
}
