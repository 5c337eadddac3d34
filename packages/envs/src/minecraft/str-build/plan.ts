/** Owners and planned blocks, which only perfect feedback uses (minecraft spec, 2.8). */
import { isAir, solidBlocks } from '../blocks.js';
import { type Cell, inPromptOrder, type World } from '../world.js';
import { isTarget, type StrBuildItem, targetCells } from './item.js';

/** Who should set a letter cell, and to what. */
export interface PlannedCell extends Cell {
  /** Index of the agent, from 0. */
  readonly owner: number;
  readonly block: string;
}

/**
 * Plans every letter cell, in the order y, x ascending. The owner is `(lx + ly) mod n`; its block is the first
 * of its palette, from entry `(lx + ly) mod length` on, that no neighbour planned so far has by name.
 * @param palettes one per agent, each with at least one block that is not air
 */
export function planBuild(item: StrBuildItem, palettes: readonly (readonly string[])[]): PlannedCell[] {
  const solid = palettes.map(solidBlocks);
  const { from } = item.box;
  const planned = new Map<string, PlannedCell>();
  for (const { x, y, z } of targetCells(item).sort((a, b) => a.y - b.y || a.x - b.x)) {
    const parity = x - from.x + (y - from.y);
    const owner = parity % palettes.length;
    const palette = solid[owner] as readonly string[];
    const start = parity % palette.length;
    const around = new Set(
      [key(x - 1, y), key(x + 1, y), key(x, y - 1), key(x, y + 1)].map((k) => planned.get(k)?.block),
    );
    const fromStart = [...palette.slice(start), ...palette.slice(0, start)];
    const block = fromStart.find((candidate) => !around.has(candidate)) ?? (palette[start] as string);
    planned.set(key(x, y), { x, y, z, owner, block });
  }
  return [...planned.values()];
}

/** What perfect feedback lists, in the order of prompts. */
export interface Corrections {
  /** Letter cells whose block is not the planned one, whoever owns them. */
  wrong: PlannedCell[];
  /** Background cells that hold a block. */
  stray: Cell[];
}

/** Compares a build with the plan. */
export function corrections(
  item: StrBuildItem,
  world: World,
  palettes: readonly (readonly string[])[],
): Corrections {
  const stray: Cell[] = [];
  for (const { block, ...cell } of world.scan()) {
    if (!isAir(block) && !isTarget(item, cell)) stray.push(cell);
  }
  const wrong = planBuild(item, palettes).filter((cell) => world.get(cell) !== cell.block);
  return { wrong: inPromptOrder(wrong), stray: inPromptOrder(stray) };
}

function key(x: number, y: number): string {
  return `${x},${y}`;
}
