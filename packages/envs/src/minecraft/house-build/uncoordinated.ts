/** Well-formed but uncoordinated responses, to teach small models HouseBuild's commands before they learn to share. */
import { pick } from '../../seeded-random.js';
import { normaliseBlock, solidBlocks } from '../blocks.js';
import type { Cell } from '../world.js';
import type { HouseBuildItem } from './item.js';
import { paletteOf } from './prompts.js';
import { allRectangles, boxText, isAirName, type Rectangle } from './rectangles.js';
import type { HouseBuildSettings } from './settings.js';

/** Lowest and highest chance that a rectangle of the plan is written; one value is drawn per response, uniformly. */
const inclusion = [0.3, 0.9] as const;

/** Chance that a rectangle stands somewhere else, or is of another block, than planned. */
const ERROR = 0.05;

/** Chance of a `/kill`. */
const KILL = 1 / 3;

/**
 * What an agent writes that knows the commands but not how to share the work: `/fill` lines for a random part of the
 * plan's rectangles in the order of the prompt, now and then a wrong one, and `/kill` in every third turn. It heeds its
 * palette and the box, but not the limits of material. All agents are drawn from the same distribution.
 *
 * @param agent from 0
 * @param random uniform numbers in [0, 1); the same numbers give the same response
 * @returns one command per line; empty if nothing was drawn
 */
export function uncoordinatedHouse(
  settings: HouseBuildSettings,
  item: HouseBuildItem,
  agent: number,
  random: () => number,
): string {
  const blocks = solidBlocks(paletteOf(settings, item, agent));
  const [least, most] = inclusion;
  const share = least + (most - least) * random();
  const lines: string[] = [];
  for (const rectangle of allRectangles(item)) {
    if (isAirName(rectangle.block) || random() >= share) continue;
    const written = random() < ERROR ? mistaken(item, rectangle, random) : rectangle;
    if (blocks.includes(normaliseBlock(written.block))) lines.push(`/fill ${boxText(written)}`);
  }
  if (random() < KILL) lines.push('/kill');
  return lines.join('\n');
}

/** Another block of the plan, or another place in the box. */
function mistaken(item: HouseBuildItem, rectangle: Rectangle, random: () => number): Rectangle {
  if (random() < 0.5) {
    const others = allRectangles(item).filter(({ block }) => !isAirName(block));
    return { ...rectangle, block: pick(others, random).block };
  }
  const [a, b] = [cellIn(item, random), cellIn(item, random)];
  return {
    ...rectangle,
    y: a.y,
    x1: Math.min(a.x, b.x),
    x2: Math.max(a.x, b.x),
    z1: Math.min(a.z, b.z),
    z2: Math.max(a.z, b.z),
  };
}

function cellIn({ box: { from, to } }: HouseBuildItem, random: () => number): Cell {
  const between = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
  return { x: between(from.x, to.x), y: between(from.y, to.y), z: between(from.z, to.z) };
}
