import { describe, expect, it } from 'vitest';
import { World } from '../world.js';
import { strBuildItem } from './item.js';
import { corrections, planBuild } from './plan.js';
import { defaultStrBuildBlocks } from './settings.js';

const layout = { spacing: 2, localZ: 3 };
const L = strBuildItem('L', 1, 0, layout);

describe('plan', () => {
  it('checks the board, with one block per agent for palettes of two', () => {
    for (const { x, y, owner, block } of planBuild(
      strBuildItem('ICML', 1, 0, layout),
      defaultStrBuildBlocks,
    )) {
      expect(owner).toBe((x + y) % 2);
      expect(block).toBe(owner === 0 ? 'oak_planks' : 'obsidian');
    }
  });

  it('goes by y, x ascending', () => {
    const order = planBuild(L, defaultStrBuildBlocks).map(({ x, y }) => `${x}${y}`);
    expect(order).toEqual(['00', '10', '20', '30', '40', '01', '02', '03', '04']);
  });

  it('avoids the names that neighbours have, and falls back to the start', () => {
    const alone = (palette: string[]) => planBuild(L, [palette]).map(({ block }) => block);
    expect(alone(['a', 'b', 'c'])).toEqual(['a', 'b', 'c', 'a', 'b', 'b', 'c', 'a', 'b']);
    expect(alone(['a', 'a', 'b'])).toEqual(['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b', 'a']);
    expect(alone(['a'])).toEqual(Array(9).fill('a'));
  });
});

describe('corrections', () => {
  it('list wrong letter cells and stray blocks from the top', () => {
    const world = new World(L.box);
    const at = (x: number, y: number) => ({ x, y, z: 3 });
    for (const planned of planBuild(L, defaultStrBuildBlocks)) world.set(planned, planned.block);
    expect(corrections(L, world, defaultStrBuildBlocks)).toEqual({ wrong: [], stray: [] });
    world.set(at(0, 4), 'stone');
    world.set(at(1, 0), 'air');
    world.set(at(3, 1), 'stone');
    world.set(at(2, 1), 'stone');
    world.set(at(4, 4), 'cave_air');
    expect(corrections(L, world, defaultStrBuildBlocks)).toEqual({
      wrong: [
        { ...at(0, 4), owner: 0, block: 'oak_planks' },
        { ...at(1, 0), owner: 1, block: 'obsidian' },
      ],
      stray: [at(2, 1), at(3, 1)],
    });
  });
});
