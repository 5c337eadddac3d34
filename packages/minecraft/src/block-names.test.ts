import { describe, expect, it } from 'vitest';
import { BlockNames } from './block-names.js';
import { compareBlocks } from './compare.js';

const modern = new BlockNames((name) => ['air', 'stone', 'oak_planks', 'stone_stairs'].includes(name));
const old = new BlockNames((name) => ['air', 'stone', 'oak_planks', 'cobblestone_stairs'].includes(name));

describe('names of blocks', () => {
  it('stay where the version knows them, have stand-ins where it does not, and are never guessed', () => {
    expect(['stone', 'planks', 'stone_stairs', 'wool'].map((name) => modern.toServer(name))).toEqual([
      'stone',
      'oak_planks',
      'stone_stairs',
      null,
    ]);
    expect(old.toServer('stone_stairs')).toBe('cobblestone_stairs');
  });

  it('are read back as what the task calls them', () => {
    expect(modern.toTask('oak_planks', ['stone', 'planks'])).toBe('planks');
    expect(modern.toTask('oak_planks', ['planks', 'oak_planks'])).toBe('oak_planks');
    expect(modern.toTask('dirt', ['planks'])).toBe('dirt');
  });
});

describe('comparing blocks', () => {
  const box = { from: { x: 0, y: 0, z: -1 }, to: { x: 1, y: 0, z: 0 } };

  it('finds what differs, is missing or is too much, and takes all air for air', () => {
    const simulated = [
      [0, 0, -1, 'stone'],
      [0, 0, 0, 'planks'],
      [1, 0, 0, 'stone'],
    ] as const;
    const found = [
      [0, 0, 0, 'stone'],
      [1, 0, -1, 'stone'],
      [1, 0, 0, 'stone'],
      [0, 0, -1, 'cave_air'],
    ] as const;
    expect(compareBlocks(box, simulated, found, modern)).toEqual([
      { cell: [0, 0, -1], simulated: 'stone', found: 'air' },
      { cell: [0, 0, 0], simulated: 'planks', found: 'stone' },
      { cell: [1, 0, -1], simulated: 'air', found: 'stone' },
    ]);
  });

  it('takes a stand-in for the block', () => {
    expect(compareBlocks(box, [[0, 0, 0, 'planks']], [[0, 0, 0, 'oak_planks']], modern)).toEqual([]);
    expect(compareBlocks(box, [[0, 0, 0, 'wool']], [[0, 0, 0, 'stone']], modern)).toHaveLength(1);
  });
});
