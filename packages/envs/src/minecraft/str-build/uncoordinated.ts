/** Well-formed but uncoordinated responses, to teach small models StrBuild's grammar before they learn to share. */
import { pick } from '../../seeded-random.js';
import { solidBlocks } from '../blocks.js';
import { setBlockText } from '../commands.js';
import type { Cell } from '../world.js';
import { boxCells, isTarget, type StrBuildItem, targetCells } from './item.js';
import { defaultStrBuildBlocks, type StrBuildOptions } from './settings.js';

/** The distribution that {@link uncoordinatedResponse} draws from. */
export interface UncoordinatedDistribution {
  /** Lowest and highest chance that a letter cell is written; one value is drawn per response, uniformly. */
  inclusion: readonly [number, number];
  /** Chance, after each command, of one more at a background cell. */
  strayProbability: number;
}

/** A third to most of the cells, and one stray block in twenty commands. */
const uncoordinatedDistribution: UncoordinatedDistribution = {
  inclusion: [0.3, 0.9],
  strayProbability: 0.05,
};

/**
 * What an agent writes that knows the grammar but not how to share the work: valid commands for a random part of
 * the letter cells in the order of the prompt (y descending, x ascending), each with a block drawn from the
 * agent's own palette (air left out), and now and then a stray block on the background. Agents are drawn apart
 * from each other and nobody sees the other's choice, so cells are set twice, left out, and clash in texture.
 *
 * @param agentIndex from 0
 * @param options StrBuild's options (only `blocks` is read) and, if wanted, another distribution
 * @param random uniform numbers in [0, 1); the same numbers give the same response
 * @returns one `/setblock` line per command; empty if no cell was drawn
 */
export function uncoordinatedResponse(
  item: StrBuildItem,
  agentIndex: number,
  options: Pick<StrBuildOptions, 'blocks'> & Partial<UncoordinatedDistribution>,
  random: () => number,
): string {
  const [least, most] = options.inclusion ?? uncoordinatedDistribution.inclusion;
  const strayProbability = options.strayProbability ?? uncoordinatedDistribution.strayProbability;
  const blocks = solidBlocks((options.blocks ?? defaultStrBuildBlocks)[agentIndex] ?? []);
  const background = boxCells(item).filter((cell) => !isTarget(item, cell));
  const lines: string[] = [];
  const write = (cell: Cell) => lines.push(setBlockText(cell, pick(blocks, random)));

  const inclusion = least + (most - least) * random();
  for (const cell of targetCells(item)) {
    if (random() >= inclusion) continue;
    write(cell);
    if (background.length > 0 && random() < strayProbability) write(pick(background, random));
  }
  return lines.join('\n');
}
