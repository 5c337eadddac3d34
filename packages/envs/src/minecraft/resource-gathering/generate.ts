/** Maps made by rule, in the same form as data files: the builtin data set. */
import { type DataSource, ownSource } from '../../dataset/source.js';
import { PythonRandom } from '../house-build/python-random.js';
import { type ResourceGatheringItem, resourceGatheringItem } from './item.js';
import { type Amounts, materials, nothing } from './materials.js';
import { fewestTurns } from './plan.js';
import { stepsToZone } from './turn.js';

/** Maps of the builtin data set. Three in four train with the default splits. */
const BUILTIN_MAPS = 32;
const BUILTIN_SEED = 10;

const sides = [8, 6, 8, 10] as const;

/** What the maps are made for: the defaults of the settings. */
const rules = { goal: { wood: 3, stone: 3, iron: 1 }, harvestRadius: 2, maxSteps: 4, numTurns: 4 } as const;

/** Stacks of each material, and the most that one holds. */
const stacksOf = {
  wood: { most: 3, stack: 2 },
  stone: { most: 3, stack: 2 },
  iron: { most: 2, stack: 1 },
} as const;

let builtin: DataSource | undefined;

/** Our own maps, all different: one file of records like those of a user. */
export function builtinGatherings(): DataSource {
  builtin ??= ownSource(generateGatherings(BUILTIN_MAPS, BUILTIN_SEED));
  return builtin;
}

/**
 * Different maps on which both agents start outside of their work zones, and can gather their part of the goal within the
 * turns if they know where to go; it takes each at least two turns.
 *
 * @param seed the same seed gives the same maps
 */
export function generateGatherings(count: number, seed: number): { grid: string[][] }[] {
  const random = new PythonRandom(seed);
  const maps = new Map<string, { grid: string[][] }>();
  while (maps.size < count) {
    const grid = drawGrid(sides[maps.size % sides.length] as number, random);
    const item = resourceGatheringItem({ value: { grid }, where: 'generated' }, 1);
    if (isFair(item)) maps.set(JSON.stringify(grid), { grid });
  }
  return [...maps.values()];
}

function drawGrid(side: number, random: PythonRandom): string[][] {
  const stacks = Array.from({ length: side * side }, (): Amounts => nothing);
  const anywhere = () => random.randint(0, side * side - 1);
  for (const material of materials) {
    const { most, stack } = stacksOf[material];
    for (let left = most; left > 0; left--) {
      const cell = anywhere();
      const held = stacks[cell] as Amounts;
      stacks[cell] = { ...held, [material]: held[material] + random.randint(1, stack) };
    }
  }
  const cells = stacks.map((held) => (held === nothing ? '.' : `(${held.wood},${held.stone},${held.iron})`));
  for (const name of ['A', 'B']) {
    let cell = anywhere();
    while (cells[cell] !== '.') cell = anywhere();
    cells[cell] = name;
  }
  return Array.from({ length: side }, (_, z) => cells.slice(z * side, (z + 1) * side));
}

function isFair(item: ResourceGatheringItem): boolean {
  const atStart = { item, stacks: item.stacks, collected: nothing };
  const outside = item.starts.every((start, agent) => stepsToZone(atStart, agent, start, rules) !== 0);
  return outside && item.starts.every((_, agent) => (fewestTurns(item, agent, rules)?.length ?? 0) >= 2);
}
