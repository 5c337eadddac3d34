/** How much of each block an agent may place in a turn (minecraft spec, 3.6). */
import { isAir, normaliseBlock } from '../blocks.js';
import type { HouseBuildItem } from './item.js';

/**
 * Limits by block: about three quarters of the plan for each of two agents. Air kinds have none, and neither have
 * blocks that the house does not know.
 */
export function resourceLimits(item: HouseBuildItem, numAgents: number): Map<string, number> {
  const limits = new Map<string, number>();
  item.blocks.forEach((block, index) => {
    if (isAir(block)) return;
    limits.set(block, limitOf(item.counts[index] as number, numAgents));
  });
  return limits;
}

/** How many cells of a block an agent may place, by its cells in the plan. */
export function limitOf(count: number, numAgents: number): number {
  return Math.ceil(count / numAgents) + Math.floor(count / (2 * numAgents));
}

/** One line per entry of the inventory, air left out: `stone_bricks: 40`. */
export function resourceLines(item: HouseBuildItem, amounts: ReadonlyMap<string, number>): string[] {
  return item.inventory.flatMap(({ block }) => {
    const name = normaliseBlock(block);
    return isAir(name) ? [] : [`${name}: ${Math.max(0, amounts.get(name) ?? 0)}`];
  });
}
