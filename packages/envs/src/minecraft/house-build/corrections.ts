/** What is to be corrected after a turn, mode by mode and agent by agent (minecraft spec, 3.9). */
import { normaliseBlock } from '../blocks.js';
import { inPromptOrder, type World } from '../world.js';
import { type HouseBuildItem, type PlannedBlock, plannedCells } from './item.js';
import { paletteOf } from './prompts.js';
import { allRectangles, inRectangleOrder, type Rectangle } from './rectangles.js';
import { resourceLimits } from './resources.js';
import { remainingResources, schedule } from './schedule.js';
import type { HouseBuildSettings } from './settings.js';
import type { LastHouseTurn } from './state.js';

/** `position_modification`: cells whose block is not the planned one, with that, in scan order (y, x, z ascending). */
export function suggestedCells(
  { lim }: HouseBuildSettings,
  item: HouseBuildItem,
  world: World,
): readonly PlannedBlock[] {
  return firstOf(wrongCells(item, world), lim);
}

/** `perfect`: the wrong cells that an agent should see to, in the order of prompts. */
export function ownWrongCells(
  settings: HouseBuildSettings,
  item: HouseBuildItem,
  world: World,
  agent: number,
): PlannedBlock[] {
  const palettes = Array.from({ length: settings.numAgents }, (_, one) => paletteOf(settings, item, one));
  return inPromptOrder(wrongCells(item, world)).filter(
    ({ block }, index) => ownerOf(block, index, palettes) === agent,
  );
}

/** Who should see to a wrong cell: the one agent that has its block, or else all take turns. */
function ownerOf(block: string, index: number, palettes: readonly (readonly string[])[]): number {
  const able = palettes.flatMap((palette, agent) => (palette.includes(block) ? [agent] : []));
  return able.length === 1 ? (able[0] as number) : index % palettes.length;
}

function wrongCells(item: HouseBuildItem, world: World): PlannedBlock[] {
  return plannedCells(item).filter((cell) => world.get(cell) !== cell.block);
}

/** `rect_modification`: rectangles of the plan that hold a wrong cell, those of air among them, for one agent. */
export function suggestedRectangles(
  { numAgents, rectSplitY, lim }: HouseBuildSettings,
  item: HouseBuildItem,
  world: World,
  agent: number,
): readonly Rectangle[] {
  const wrong = allRectangles(item)
    .filter((rectangle) => !standsWhole(rectangle, world))
    .sort(inRectangleOrder)
    .filter(({ y }) => numAgents === 1 || (agent === 0 ? y <= rectSplitY : y >= rectSplitY));
  return firstOf(wrong, lim);
}

function standsWhole({ y, x1, z1, x2, z2, block }: Rectangle, world: World): boolean {
  const planned = normaliseBlock(block);
  for (let x = x1; x <= x2; x++) {
    for (let z = z1; z <= z2; z++) {
      if (world.get({ x, y, z }) !== planned) return false;
    }
  }
  return true;
}

/** `resource_schedule`: what an agent's leftover material is enough for, and what is left after that. */
export function suggestedSchedule(
  settings: HouseBuildSettings,
  item: HouseBuildItem,
  { reports }: LastHouseTurn,
  agent: number,
): ReturnType<typeof schedule> {
  const { accepted } = reports[agent] ?? { accepted: [] };
  const remaining = remainingResources(resourceLimits(item, settings.numAgents), accepted);
  return schedule(item, paletteOf(settings, item, agent), remaining);
}

/** The first few, or all where the limit is none. */
function firstOf<T>(values: readonly T[], limit: number | null): readonly T[] {
  return limit === null || limit <= 0 ? values : values.slice(0, limit);
}
