/** A colour for every block, close to how it looks in the game. */
const known: Readonly<Record<string, string>> = {
  oak_planks: '#a9844e',
  oak_wood: '#6d5532',
  planks: '#a9844e',
  spruce_planks: '#73552f',
  birch_planks: '#c3b07a',
  stone: '#8a8a8a',
  cobblestone: '#747474',
  smooth_stone: '#a3a3a3',
  stone_bricks: '#7a7a7a',
  stone_stairs: '#a8a08f',
  obsidian: '#3b2754',
  dirt: '#866043',
  sand: '#dbd3a0',
  glass: '#bcdde2',
  bricks: '#97604f',
  gold_block: '#f6d03d',
  iron_block: '#dcdcdc',
  diamond_block: '#62ece4',
};

const concrete: Readonly<Record<string, string>> = {
  white: '#d8dde0',
  orange: '#e06101',
  magenta: '#a9309f',
  light_blue: '#2489c7',
  yellow: '#f1af15',
  lime: '#5ea918',
  pink: '#d6658f',
  gray: '#4a4e53',
  light_gray: '#8e8e86',
  cyan: '#157788',
  purple: '#64209c',
  blue: '#2d2f8f',
  brown: '#603c20',
  green: '#495b24',
  red: '#8e2121',
  black: '#25272c',
};

/** Colour of a block (name without `minecraft:`) as `#rrggbb`. Unknown ones get one of their own. */
export function blockColour(block: string): string {
  const name = block.replace(/\[.*$/, '').toLowerCase();
  if (Object.hasOwn(known, name)) return known[name] as string;
  const dyes = Object.keys(concrete).sort((a, b) => b.length - a.length);
  const dye = dyes.find((colour) => name.startsWith(`${colour}_`));
  return dye === undefined ? colourOfName(name) : (concrete[dye] as string);
}

/** A colour (`#rrggbb`) mixed with black (`light` < 0) or white (`light` > 0); -1 is black, 1 is white. */
export function shaded(colour: string, light: number): string {
  const end = light < 0 ? 0 : 255;
  return `#${channels(colour)
    .map((channel) => Math.round(channel + (end - channel) * Math.abs(light)))
    .map((channel) => channel.toString(16).padStart(2, '0'))
    .join('')}`;
}

/** How bright a colour looks, from 0 (black) to 1 (white). */
export function brightness(colour: string): number {
  const [red = 0, green = 0, blue = 0] = channels(colour);
  return (0.299 * red + 0.587 * green + 0.114 * blue) / 255;
}

function channels(colour: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}

/** A colour of middling brightness that depends on the name alone. */
function colourOfName(name: string): string {
  let hash = 0;
  for (const character of name) hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  const channel = (shift: number) => (80 + ((hash >>> shift) % 128)).toString(16).padStart(2, '0');
  return `#${channel(0)}${channel(8)}${channel(16)}`;
}
