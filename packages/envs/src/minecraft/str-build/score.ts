/** StrBuild's score (minecraft spec, 2.9). */
import { colourOf, isAir, solidBlocks, textureOf } from '../blocks.js';
import type { World } from '../world.js';
import { isTarget, type StrBuildItem } from './item.js';
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

/** Scores what stands in the world. Every ratio over nothing is 0. */
export function scoreBuild(
  item: StrBuildItem,
  world: World,
  { blocks: palettes, adjacencyBy }: Pick<StrBuildSettings, 'blocks' | 'adjacencyBy'>,
): StrBuildScore {
  const kindOf = adjacencyBy === 'colour' ? colourOf : textureOf;
  let targets = 0;
  let background = 0;
  let covered = 0;
  let extra = 0;
  let pairs = 0;
  let sameTexturePairs = 0;
  const standing = new Set<string>();
  for (const { block, ...cell } of world.scan()) {
    const target = isTarget(item, cell);
    if (target) targets++;
    else background++;
    if (isAir(block)) continue;
    standing.add(block);
    if (target) covered++;
    else extra++;
    const right = world.get({ ...cell, x: cell.x + 1 });
    const upper = world.get({ ...cell, y: cell.y + 1 });
    for (const neighbour of [right, upper]) {
      if (isAir(neighbour)) continue;
      pairs++;
      if (kindOf(neighbour) === kindOf(block)) sameTexturePairs++;
    }
  }
  const missing = palettes.filter((palette) => !solidBlocks(palette).every((block) => standing.has(block)));
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
