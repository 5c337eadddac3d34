/** One StrBuild task: a word and where its letters stand (minecraft spec, 2.2 and 2.3). */
import type { Item } from '../../env.js';
import { pythonTrim } from '../../text/python-text.js';
import type { Box, Cell } from '../world.js';
import { drawWord } from './font.js';

/** A word to build. Plain data; carried by identity through an episode. */
export interface StrBuildItem extends Item {
  /** `str_build_` and the row number, zero-padded to 4 digits. */
  readonly id: string;
  /** Row number in the data set, from 1. Skipped rows count. */
  readonly csvRowIndex: number;
  /** The word, trimmed, its case kept. */
  readonly string: string;
  /** Carried along; no rule uses it. */
  readonly difficulty: number;
  /** The inclusive box of the build: y from 0 to 4, one z. */
  readonly box: Box;
  /** 5 strings of `#` (letter) and `.` (background), top row first. */
  readonly targetRowsTopdown: readonly string[];
}

/** How words are laid out in the world. */
export interface StrBuildLayout {
  /** Empty columns between letters, 0 or more. */
  spacing: number;
  /** The z of every cell. */
  localZ: number;
}

/** Makes the task of one word. The word must not be blank. */
export function strBuildItem(
  word: string,
  csvRowIndex: number,
  difficulty: number,
  { spacing, localZ }: StrBuildLayout,
): StrBuildItem {
  const string = pythonTrim(word);
  const targetRowsTopdown = drawWord(string, spacing);
  const width = targetRowsTopdown[0]?.length ?? 0;
  return {
    id: `str_build_${String(csvRowIndex).padStart(4, '0')}`,
    csvRowIndex,
    string,
    difficulty,
    box: {
      from: { x: 0, y: 0, z: localZ },
      to: { x: width - 1, y: targetRowsTopdown.length - 1, z: localZ },
    },
    targetRowsTopdown,
  };
}

/** True if a letter covers the cell. */
export function isTarget({ box, targetRowsTopdown }: StrBuildItem, { x, y }: Cell): boolean {
  return targetRowsTopdown[box.to.y - y]?.[x - box.from.x] === '#';
}

/** All cells of the box, letter or background, in the order of prompts: y descending, x ascending. */
export function boxCells({ box: { from, to } }: StrBuildItem): Cell[] {
  const cells: Cell[] = [];
  for (let y = to.y; y >= from.y; y--) {
    for (let x = from.x; x <= to.x; x++) cells.push({ x, y, z: from.z });
  }
  return cells;
}

/** The letter cells in the order of prompts: y descending, x ascending. */
export function targetCells(item: StrBuildItem): Cell[] {
  return boxCells(item).filter((cell) => isTarget(item, cell));
}
