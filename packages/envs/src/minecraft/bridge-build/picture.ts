/** A BridgeBuild map as a picture: flat, and in space with the agents standing on it. */
import type { Picture, PictureCell, VolumeBlock } from '../../env.js';
import { cellNumber, cellOf } from '../grid/grid.js';
import type { BridgeMeasures } from './connections.js';
import type { BridgeBuildState } from './state.js';

/** What the ground looks like; the void is empty. */
const ground: Readonly<Record<string, string>> = {
  '#': 'dirt',
  S: 'gold_block',
  T: 'diamond_block',
  Y: 'lime_concrete',
  N: 'red_concrete',
};

const figures = ['blue_concrete', 'orange_concrete'] as const;

/** True and false pillars are lime and red, agents blue and orange. */
export function bridgePicture(state: BridgeBuildState, { gap, connected }: BridgeMeasures): Picture {
  const { item, blocks, agents, turn } = state;
  const { width, height } = item;
  const standing = new Map(
    agents.map(({ at }, agent) => [cellNumber(item, at), figures[agent] ?? figures[0]]),
  );
  const blockAt = (cell: number) => ground[item.ground[cell] as string] ?? blocks.get(cell)?.block ?? null;
  const rows = Array.from({ length: height }, (_, z) =>
    Array.from({ length: width }, (_cell, x): PictureCell => {
      const number = cellNumber(item, { x, z });
      const block = standing.get(number) ?? blockAt(number);
      return { block, target: block !== null };
    }),
  );
  const space: VolumeBlock[] = [];
  for (let cell = 0; cell < width * height; cell++) {
    const block = blockAt(cell);
    if (block !== null)
      space.push({ ...cellOf(item, cell), y: 0, block, agent: blocks.get(cell)?.agent ?? null });
  }
  agents.forEach(({ at }, agent) => {
    space.push({ ...at, y: 1, block: figures[agent] ?? figures[0], agent });
  });
  return {
    caption: `${item.id}, turn ${turn - 1}: ${connected ? 'S and T are connected' : `gap ${gap}`}, ${blocks.size} blocks`,
    rows,
    volume: { size: [width, 2, height], blocks: space },
  };
}
