/** HouseBuild's score and its two rewards (minecraft spec, 3.8). */
import { isAir } from '../blocks.js';
import type { World } from '../world.js';
import type { HouseBuildItem } from './item.js';
import type { HouseBuildSettings } from './settings.js';

/** Counts of a build and what follows from them. */
export interface HouseScore {
  /** Cells of the box. */
  cells: number;
  /** Cells whose block is the planned one, air included. */
  matching: number;
  /** Cells that should hold a block. */
  planned: number;
  /** Those of them that hold any block. */
  covered: number;
  /** Those of them that hold the planned one. */
  exact: number;
  /** Blocks where the plan has air. */
  extra: number;
  /** matching / cells, 0 to 1. */
  match: number;
  /** covered / planned, 0 to 1. */
  coverage: number;
  /** extra / planned, 0 or more. */
  redundancy: number;
  /** exact / planned, 0 to 1. */
  solidMatch: number;
  /** covered / (planned + extra), 0 to 1. Kinds of blocks do not matter. */
  iou: number;
}

/** Compares what stands with the plan. Every ratio over nothing is 0. */
export function scoreHouse(item: HouseBuildItem, world: World): HouseScore {
  const { blocks, plan } = item;
  const plannedAir = blocks.map(isAir);
  const builtAir = world.names.map(isAir);
  const builtIndex = world.names.map((name) => blocks.indexOf(name));
  let matching = 0;
  let planned = 0;
  let covered = 0;
  let exact = 0;
  let extra = 0;
  for (let cell = 0; cell < plan.length; cell++) {
    const want = plan[cell] as number;
    const id = world.ids[cell] as number;
    const same = builtIndex[id] === want;
    if (same) matching++;
    if (plannedAir[want]) {
      if (!builtAir[id]) extra++;
      continue;
    }
    planned++;
    if (builtAir[id]) continue;
    covered++;
    if (same) exact++;
  }
  return {
    cells: plan.length,
    matching,
    planned,
    covered,
    exact,
    extra,
    match: ratio(matching, plan.length),
    coverage: ratio(covered, planned),
    redundancy: ratio(extra, planned),
    solidMatch: ratio(exact, planned),
    iou: ratio(covered, planned + extra),
  };
}

/**
 * The signed terms of the reward; they add up to it from left to right.
 *
 * @param threat 0 to 1, see `threatOf`
 */
export function houseComponents(
  score: HouseScore,
  threat: number,
  { reward }: Pick<HouseBuildSettings, 'reward'>,
): Readonly<Record<string, number>> {
  // Subtracting from 0 keeps a missing penalty at 0 rather than -0.
  if (reward === 'match') return { match: score.match, spiders: 0 - 0.1 * threat };
  return {
    coverage: 2.0 * score.coverage,
    redundancy: 0 - 1.5 * score.redundancy,
    spiders: 0 - 0.2 * threat,
  };
}

/**
 * Lowest and highest reward. For `coverage` the lowest is that of the house with the most air around it: all of the air
 * filled, and nothing else.
 */
export function houseRewardRange(
  { reward, numAgents }: Pick<HouseBuildSettings, 'reward' | 'numAgents'>,
  items: readonly HouseBuildItem[],
): readonly [number, number] {
  const spiders = numAgents > 1 ? 1 : 0;
  if (reward === 'match') return [0 - 0.1 * spiders, 1];
  const redundancies = items.map(({ blocks, counts }) => {
    const air = counts.reduce((sum, count, index) => (isAir(blocks[index] as string) ? sum + count : sum), 0);
    return ratio(air, counts.reduce((sum, count) => sum + count, 0) - air);
  });
  return [0 - 1.5 * redundancies.reduce((most, one) => Math.max(most, one), 0) - 0.2 * spiders, 2];
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
