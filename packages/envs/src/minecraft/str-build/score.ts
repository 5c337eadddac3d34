/** StrBuild's score (minecraft spec, 2.9). */
import { colourOf, isAir, solidBlocks, textureOf } from '../blocks.js';
import type { World } from '../world.js';
import type { StrBuildItem } from './item.js';
import type { StrBuildSettings } from './settings.js';

/** Counts of a build and what follows from them. */
export interface StrBuildScore {
  /** Letter cells. */
  targets: number;
  /** Letter cells that hold any block but air. */
  covered: number;
  /** Background cells that hold any block but air. */
  extra: number;
  /** Side-by-side pairs of blocks, letter or not. */
  pairs: number;
  /** Those pairs of equal texture (or colour, see `adjacencyBy`). */
  sameTexturePairs: number;
  /** covered / targets, 0 to 1. */
  coverage: number;
  /** extra / background cells, 0 to 1. */
  extraRatio: number;
  /** sameTexturePairs / pairs, 0 to 1. */
  adjRatio: number;
  /** Agents of whose palette some block stands nowhere. */
  missingPalettes: number;
  /** covered / (targets + extra), 0 to 1. */
  iou: number;
}

/** The four signed terms of the reward, in the order in which they are added. */
export interface StrBuildComponents {
  /** 2.0 · coverage. */
  coverage: number;
  /** −1.5 · extraRatio. */
  extra: number;
  /** −1.0 · adjRatio. */
  adjacency: number;
  /** −0.25 · missingPalettes. */
  palette: number;
}

/** Scores what stands in the world, which must have the item's box. Every ratio over nothing is 0. */
export function scoreBuild(
  item: StrBuildItem,
  world: World,
  { blocks: palettes, adjacencyBy }: Pick<StrBuildSettings, 'blocks' | 'adjacencyBy'>,
): StrBuildScore {
  const { ids, names } = world;
  const air = names.map(isAir);
  const kinds = names.map(adjacencyBy === 'colour' ? colourOf : textureOf);
  const rows = item.targetRowsTopdown;
  const [height, width] = [rows.length, rows[0]?.length ?? 0];
  let targets = 0;
  let covered = 0;
  let extra = 0;
  let pairs = 0;
  let sameTexturePairs = 0;
  const count = (block: number, neighbour: number) => {
    if (air[neighbour]) return;
    pairs++;
    if (kinds[block] === kinds[neighbour]) sameTexturePairs++;
  };
  for (let y = 0; y < height; y++) {
    const row = rows[height - 1 - y] as string;
    for (let x = 0; x < width; x++) {
      // The plane is one block deep: scan order is row by row from the bottom.
      const cell = y * width + x;
      const block = ids[cell] as number;
      const target = row[x] === '#';
      if (target) targets++;
      if (air[block]) continue;
      if (target) covered++;
      else extra++;
      if (x + 1 < width) count(block, ids[cell + 1] as number);
      if (y + 1 < height) count(block, ids[cell + width] as number);
    }
  }
  const missing = palettes.filter((palette) => !allStand(palette, world));
  const background = width * height - targets;
  return {
    targets,
    covered,
    extra,
    pairs,
    sameTexturePairs,
    coverage: ratio(covered, targets),
    extraRatio: ratio(extra, background),
    adjRatio: ratio(sameTexturePairs, pairs),
    missingPalettes: missing.length,
    iou: ratio(covered, targets + extra),
  };
}

/** True if every block of a palette, air aside, stands somewhere. */
function allStand(palette: readonly string[], { ids, names }: World): boolean {
  return solidBlocks(palette).every((block) => {
    const id = names.indexOf(block);
    return id >= 0 && ids.includes(id);
  });
}

/** The signed terms of the reward; they add up to it from left to right. */
export function rewardComponents(score: StrBuildScore): StrBuildComponents {
  // Subtracting from 0 keeps a missing penalty at 0 rather than -0.
  return {
    coverage: 2.0 * score.coverage,
    extra: 0 - 1.5 * score.extraRatio,
    adjacency: 0 - score.adjRatio,
    palette: 0 - 0.25 * score.missingPalettes,
  };
}

/** Lowest and highest reward for a number of agents: −3 to 2 for two. */
export function rewardRange(numAgents: number): readonly [number, number] {
  return [-2.5 - 0.25 * numAgents, 2];
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
