/** A small house: a floor, walls with a door and a window, and a gable roof that leaves a chimney. */
import type { Picture, VolumeBlock } from '@collm/envs';

export function house(): Picture {
  const blocks: VolumeBlock[] = [];
  const add = (x: number, y: number, z: number, block: string, agent: number | null) =>
    blocks.push({ x, y, z, block, agent });
  for (let x = 0; x < 6; x++) for (let z = 0; z < 7; z++) add(x, 0, z, 'stone', null);
  for (let y = 1; y < 4; y++) {
    for (let x = 0; x < 6; x++) {
      for (let z = 1; z < 6; z++) {
        const wall = x === 0 || x === 5 || z === 1 || z === 5;
        const corner = (x === 0 || x === 5) && (z === 1 || z === 5);
        const door = z === 5 && (x === 2 || x === 3) && y < 3;
        const window = x === 5 && z === 3 && y === 2;
        if (wall && !door)
          add(x, y, z, corner ? 'obsidian' : window ? 'glass' : 'white_concrete', x < 3 ? 0 : 1);
      }
    }
  }
  for (let step = 0; step < 3; step++) {
    for (let x = 0; x < 6; x++) {
      for (let z = step; z < 7 - step; z++)
        add(x, 4 + step, z, step === 2 ? 'oak_planks' : 'bricks', (x + z) % 2);
    }
  }
  add(1, 7, 2, 'stone_bricks', 1);
  return {
    caption: 'a house',
    rows: [[{ block: 'stone', target: true }]],
    volume: { size: [6, 8, 7], blocks },
  };
}
