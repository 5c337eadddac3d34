/** How one agent, who knows the whole map, gathers its part of the goal in the fewest turns. */
import { cellOf, type GridCell, manhattan } from '../grid/grid.js';
import type { ResourceGatheringItem } from './item.js';
import { type Amounts, trades } from './materials.js';
import type { ResourceGatheringSettings } from './settings.js';

interface Standing {
  readonly at: GridCell;
  /** Bits of the stacks that were taken, in the order of `targets`. */
  readonly taken: number;
  readonly before: Standing | null;
}

/** Stacks that can be told apart; maps with more are not planned for. */
const MOST_TARGETS = 16;

/** Where the agent stands at the end of each turn, or null where the turns do not suffice. */
export function fewestTurns(
  item: ResourceGatheringItem,
  agent: number,
  {
    goal,
    harvestRadius,
    maxSteps,
    numTurns,
  }: Pick<ResourceGatheringSettings, 'goal' | 'harvestRadius' | 'maxSteps' | 'numTurns'>,
): GridCell[] | null {
  const trade = trades[agent] ?? [];
  const targets = item.stacks.flatMap((stack, number) =>
    trade.some((material) => stack[material] > 0) ? [{ at: cellOf(item, number), stack }] : [],
  );
  if (targets.length > MOST_TARGETS) return null;
  const cells = item.stacks.map((_, number) => cellOf(item, number));
  const suffices = (taken: number) =>
    trade.every((material) => amountTaken(targets, taken, material) >= goal[material]);
  let now: Standing[] = [{ at: item.starts[agent] as GridCell, taken: 0, before: null }];
  const reached = new Set<string>();
  for (let turn = 1; turn <= numTurns; turn++) {
    const next: Standing[] = [];
    for (const before of now) {
      for (const at of cells) {
        if (manhattan(before.at, at) > maxSteps) continue;
        let { taken } = before;
        targets.forEach((target, bit) => {
          if (manhattan(target.at, at) <= harvestRadius) taken |= 1 << bit;
        });
        const standing = { at, taken, before };
        if (suffices(taken)) return placesOf(standing);
        const key = `${at.x},${at.z},${taken}`;
        if (reached.has(key)) continue;
        reached.add(key);
        next.push(standing);
      }
    }
    now = next;
  }
  return null;
}

function amountTaken(targets: readonly { stack: Amounts }[], taken: number, material: keyof Amounts): number {
  return targets.reduce((sum, { stack }, bit) => sum + ((taken >> bit) & 1) * stack[material], 0);
}

/** The places of all turns, without the start. */
function placesOf(end: Standing): GridCell[] {
  const places: GridCell[] = [];
  for (let one: Standing = end; one.before !== null; one = one.before) places.push(one.at);
  return places.reverse();
}
