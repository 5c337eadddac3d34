/** Block names, textures and colours (minecraft spec, 1.4, 2.9 and 8). */
import { pythonTrim } from '../text/python-text.js';

/** The block that every cell holds before anything is built. */
export const AIR = 'air';

const AIR_KINDS = new Set([AIR, 'cave_air', 'void_air']);
const NAMESPACE = 'minecraft:';

/** Trims and drops one leading `minecraft:`. Case and block states (`stone[axis=y]`) stay. */
export function normaliseBlock(name: string): string {
  const trimmed = pythonTrim(name);
  return trimmed.startsWith(NAMESPACE) ? trimmed.slice(NAMESPACE.length) : trimmed;
}

/** True for `air`, `cave_air` and `void_air` (normalised names). */
export function isAir(block: string): boolean {
  return AIR_KINDS.has(block);
}

/** The blocks an agent may place: its palette, normalised, and always `air`. */
export function allowedBlocks(palette: readonly string[]): ReadonlySet<string> {
  return new Set([...palette.map(normaliseBlock), AIR]);
}

/** The palette, normalised and without air kinds, in its order. */
export function solidBlocks(palette: readonly string[]): string[] {
  return palette.map(normaliseBlock).filter((block) => !isAir(block));
}

const WOOD = new Set(['oak_planks', 'oak_wood']);
const STONE = new Set(['stone', 'cobblestone', 'smooth_stone', 'stone_bricks']);

/** The texture of a block: `wood`, `stone`, `concrete`, `obsidian`, or else its own name in lower case. */
export function textureOf(block: string): string {
  const name = normaliseBlock(block).toLowerCase();
  if (WOOD.has(name) || name.endsWith('_planks') || name.endsWith('_wood')) return 'wood';
  if (STONE.has(name) || name.endsWith('_stone') || name.endsWith('_stone_bricks')) return 'stone';
  if (name.endsWith('_concrete')) return 'concrete';
  return name;
}

const COLOURS = [
  'light_blue',
  'light_gray',
  'orange',
  'magenta',
  'yellow',
  'lime',
  'pink',
  'cyan',
  'purple',
  'blue',
  'brown',
  'green',
  'red',
  'black',
  'white',
  'gray',
];

/** The colour that a block's name starts with (`red_concrete`: `red`), or else its own name in lower case. */
export function colourOf(block: string): string {
  const name = normaliseBlock(block).toLowerCase();
  return COLOURS.find((colour) => name === colour || name.startsWith(`${colour}_`)) ?? name;
}
