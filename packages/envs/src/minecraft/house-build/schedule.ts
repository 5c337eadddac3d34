/** What an agent's leftover resources are enough for (minecraft spec, 3.9: `resource_schedule`). */
import { normaliseBlock } from '../blocks.js';
import type { Accepted } from '../commands.js';
import type { HouseBuildItem } from './item.js';
import type { HouseCommand } from './readers.js';
import { allRectangles, areaOf, inRectangleOrder, isAirName, type Rectangle } from './rectangles.js';

/** What is left of the limits after an agent's accepted commands, by block. */
export function remainingResources(
  limits: ReadonlyMap<string, number>,
  accepted: readonly Accepted<HouseCommand>[],
): Map<string, number> {
  const remaining = new Map(limits);
  for (const { command } of accepted) {
    if (command === 'kill') continue;
    const before = remaining.get(command.block);
    if (before !== undefined) remaining.set(command.block, before - command.volume);
  }
  return remaining;
}

/**
 * Rectangles of the plan, built or not, that the resources are enough for: those that fit whole, the largest first,
 * and then the largest part of another one.
 *
 * @param palette the agent's blocks, normalised
 * @returns the suggestions, and what is left after those that fit whole; the part is not subtracted
 */
export function schedule(
  item: HouseBuildItem,
  palette: readonly string[],
  remaining: ReadonlyMap<string, number>,
): { suggested: Rectangle[]; left: Map<string, number> } {
  const left = new Map(remaining);
  const amount = ({ block }: Rectangle) => left.get(normaliseBlock(block)) ?? 0;
  const candidates = allRectangles(item)
    .filter((rectangle) => !isAirName(rectangle.block) && palette.includes(normaliseBlock(rectangle.block)))
    .filter((rectangle) => amount(rectangle) > 0)
    .sort((a, b) => areaOf(b) - areaOf(a) || inRectangleOrder(a, b));
  const suggested: Rectangle[] = [];
  const tooLarge: Rectangle[] = [];
  for (const rectangle of candidates) {
    if (areaOf(rectangle) > amount(rectangle)) {
      tooLarge.push(rectangle);
      continue;
    }
    suggested.push(rectangle);
    left.set(normaliseBlock(rectangle.block), amount(rectangle) - areaOf(rectangle));
  }
  let best: Rectangle | null = null;
  for (const rectangle of tooLarge) {
    const part = largestPart(rectangle, amount(rectangle));
    if (part !== null && (best === null || areaOf(part) > areaOf(best))) best = part;
  }
  return { suggested: best === null ? suggested : [...suggested, best], left };
}

/** The largest part of a rectangle from its first corner on of at most some cells; of equal ones the widest. */
function largestPart(rectangle: Rectangle, amount: number): Rectangle | null {
  const { x1, z1, x2, z2 } = rectangle;
  let best: Rectangle | null = null;
  for (let width = x2 - x1 + 1; width >= 1; width--) {
    const depth = Math.min(z2 - z1 + 1, Math.floor(amount / width));
    if (depth < 1) continue;
    const part = { ...rectangle, x2: x1 + width - 1, z2: z1 + depth - 1 };
    if (best === null || areaOf(part) > areaOf(best)) best = part;
    if (areaOf(best) === amount) break;
  }
  return best;
}
