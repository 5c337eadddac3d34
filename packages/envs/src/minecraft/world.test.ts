import { describe, expect, it } from 'vitest';
import { boxBetween, inPromptOrder, insideBox, World } from './world.js';

describe('world', () => {
  const box = boxBetween({ x: 1, y: 3, z: -1 }, { x: 0, y: 2, z: 0 });

  it('normalises its corners', () => {
    expect(box).toEqual({ from: { x: 0, y: 2, z: -1 }, to: { x: 1, y: 3, z: 0 } });
  });

  it('starts as air; the later block wins; outside is air', () => {
    const world = new World(box);
    const cell = { x: 1, y: 2, z: 0 };
    expect(world.get(cell)).toBe('air');
    world.set(cell, 'stone');
    world.set(cell, 'obsidian');
    expect(world.get(cell)).toBe('obsidian');
    expect(world.get({ x: 2, y: 2, z: 0 })).toBe('air');
    expect([...world.scan()].filter(({ block }) => block !== 'air')).toEqual([
      { ...cell, block: 'obsidian' },
    ]);
    expect(() => world.set({ x: 9, y: 2, z: 0 }, 'stone')).toThrow(RangeError);
  });

  it('scans y, then x, then z, ascending', () => {
    const seen = [...new World(box).scan()].map(({ x, y, z }) => [y, x, z]);
    expect(seen).toEqual([
      [2, 0, -1],
      [2, 0, 0],
      [2, 1, -1],
      [2, 1, 0],
      [3, 0, -1],
      [3, 0, 0],
      [3, 1, -1],
      [3, 1, 0],
    ]);
  });

  it('sorts cells for prompts: y descending, then x and z ascending', () => {
    const cells = [...new World(box).scan()].map(({ x, y, z }) => ({ x, y, z }));
    expect(inPromptOrder(cells).map(({ x, y, z }) => `${y}${x}${z}`)).toEqual([
      '30-1',
      '300',
      '31-1',
      '310',
      '20-1',
      '200',
      '21-1',
      '210',
    ]);
  });
});

describe('owners', () => {
  it('are who placed the last block at a cell; erasing leaves nobody, and so does air of the beginning', () => {
    const world = new World(boxBetween({ x: -1, y: 5, z: 2 }, { x: 1, y: 6, z: 3 }));
    const cell = { x: 0, y: 5, z: 2 };
    const owners = () => [world.ownerOf(cell), world.ownerOf({ ...cell, z: 3 })];
    expect(owners()).toEqual([null, null]);
    world.fill({ from: { x: -1, y: 5, z: 2 }, to: { x: 1, y: 5, z: 3 } }, 'stone', 0);
    world.set(cell, 'stone', 1);
    expect(owners()).toEqual([1, 0]);
    world.set(cell, 'cave_air', 1);
    world.set({ ...cell, z: 3 }, 'dirt');
    expect(owners()).toEqual([null, null]);
    expect(world.ownerOf({ x: 9, y: 9, z: 9 })).toBeNull();
  });

  it('fill a box of cells and nothing else', () => {
    const world = new World(boxBetween({ x: 0, y: 0, z: 0 }, { x: 3, y: 3, z: 3 }));
    const from = { x: 1, y: 0, z: 2 };
    const to = { x: 2, y: 2, z: 3 };
    world.fill({ from, to }, 'stone', 0);
    for (const { block, ...cell } of world.scan()) {
      expect(block).toBe(insideBox({ from, to }, cell) ? 'stone' : 'air');
    }
    expect(() => world.fill({ from, to: { x: 4, y: 2, z: 3 } }, 'stone')).toThrow(RangeError);
  });
});
