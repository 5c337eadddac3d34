import { describe, expect, it } from 'vitest';
import { allowedBlocks, colourOf, isAir, normaliseBlock, solidBlocks, textureOf } from './blocks.js';

describe('block names', () => {
  it('lose blanks and one namespace, nothing else', () => {
    expect(normaliseBlock(' minecraft:stone ')).toBe('stone');
    expect(normaliseBlock('minecraft:minecraft:stone')).toBe('minecraft:stone');
    expect(normaliseBlock('Minecraft:Stone[axis=y]')).toBe('Minecraft:Stone[axis=y]');
  });

  it('know three kinds of air, of which only plain air may always be placed', () => {
    expect(['air', 'cave_air', 'void_air', 'Air', ''].map(isAir)).toEqual([true, true, true, false, false]);
    expect([...allowedBlocks(['minecraft:stone'])]).toEqual(['stone', 'air']);
    expect(solidBlocks(['air', ' stone', 'cave_air', 'obsidian'])).toEqual(['stone', 'obsidian']);
  });
});

describe('textures', () => {
  it.each([
    ['oak_planks', 'wood'],
    ['minecraft:Birch_Planks', 'wood'],
    ['spruce_wood', 'wood'],
    ['stone', 'stone'],
    ['cobblestone', 'stone'],
    ['smooth_stone', 'stone'],
    ['stone_bricks', 'stone'],
    ['mossy_stone_bricks', 'stone'],
    ['end_stone', 'stone'],
    ['sandstone', 'sandstone'],
    ['red_concrete', 'concrete'],
    ['concrete', 'concrete'],
    ['obsidian', 'obsidian'],
    ['crying_obsidian', 'crying_obsidian'],
    ['planks', 'planks'],
  ])('%s is %s', (block, texture) => {
    expect(textureOf(block)).toBe(texture);
  });
});

describe('colours', () => {
  it.each([
    ['light_blue_wool', 'light_blue'],
    ['blue', 'blue'],
    ['black_concrete', 'black'],
    ['blackstone', 'blackstone'],
    ['Red_Concrete', 'red'],
    ['stone', 'stone'],
  ])('%s is %s', (block, colour) => {
    expect(colourOf(block)).toBe(colour);
  });
});
