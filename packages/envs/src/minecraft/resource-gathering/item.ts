/** One ResourceGathering task: a map with stacks of materials (minecraft spec, section 10). */

import { badField } from '../../dataset/fields.js';
import type { DataRecord } from '../../dataset/source.js';
import type { Item } from '../../env.js';
import { pythonTokens, pythonTrim } from '../../text/python-text.js';
import { cellOf, type GridCell, type GridSize } from '../grid/grid.js';
import { idOf } from '../task-id.js';
import { type Amounts, nothing } from './materials.js';

/** Larger maps are refused: a turn looks at every cell several times. */
const MOST_CELLS = 64;

/** What one cell may hold of a material. */
const MOST_IN_CELL = 1e6;

/** A map to gather from. Plain data; carried by identity through an episode. */
export interface ResourceGatheringItem extends Item, GridSize {
  readonly id: string;
  /** What each cell holds, row by row. */
  readonly stacks: readonly Amounts[];
  /** Where the agents start, in agent order. */
  readonly starts: readonly GridCell[];
}

/**
 * Makes the task of one record: `grid` and, if there is one, `task_id`. A row is a list of cells, or a text with blanks
 * between them; a cell is `.`, `A`, `B`, `(wood,stone,iron)` or a list of three numbers.
 *
 * @param position of the record in its data set, from 1
 * @throws {EnvError} `bad_dataset` naming the place and what is wrong
 */
export function resourceGatheringItem(record: DataRecord, position: number): ResourceGatheringItem {
  const rows = readRows(record);
  const width = rows[0]?.length ?? 0;
  const cells = rows.flat();
  const starts = ['A', 'B'].map((name) => {
    const places = cells.flatMap((cell, number) => (cell === name ? [number] : []));
    const [place, another] = places;
    if (place === undefined || another !== undefined) {
      throw badField(
        record,
        '`grid`',
        `a map with ${places.length} cells ${name}`,
        `it must have one start ${name}`,
      );
    }
    return cellOf({ width, height: rows.length }, place);
  });
  return {
    id: idOf(record, 'resource_gathering', position),
    width,
    height: rows.length,
    stacks: cells.map((cell) => (typeof cell === 'string' ? nothing : cell)),
    starts,
  };
}

type MapCell = Amounts | '.' | 'A' | 'B';

function readRows(record: DataRecord): MapCell[][] {
  const { grid } = record.value;
  if (!Array.isArray(grid) || grid.length === 0) {
    throw badField(record, '`grid`', grid, 'it must be a list of rows');
  }
  if (grid.length > MOST_CELLS) {
    throw badField(
      record,
      '`grid`',
      `a map with ${grid.length} rows`,
      `a side has at most ${MOST_CELLS} cells`,
    );
  }
  let width = 0;
  return grid.map((row: unknown, z) => {
    const field = `row ${z + 1} of \`grid\``;
    const cells: unknown = typeof row === 'string' ? pythonTokens(row) : row;
    if (!Array.isArray(cells) || cells.length === 0) {
      throw badField(record, field, row, 'it must be a list of cells, or a text with blanks between them');
    }
    if (z === 0) width = cells.length;
    if (cells.length > MOST_CELLS)
      throw badField(record, field, row, `a side has at most ${MOST_CELLS} cells`);
    if (cells.length !== width)
      throw badField(record, field, row, `it must have ${width} cells like the first row`);
    return cells.map((cell: unknown, x) => {
      const read = readMapCell(cell);
      if (read !== null) return read;
      throw badField(
        record,
        `cell ${x + 1} of ${field}`,
        cell,
        `it must be ., A, B, (wood,stone,iron) or [wood, stone, iron] with whole numbers from 0 to ${MOST_IN_CELL}`,
      );
    });
  });
}

function readMapCell(cell: unknown): MapCell | null {
  if (Array.isArray(cell)) return readAmounts(cell);
  if (typeof cell !== 'string') return null;
  const text = pythonTrim(cell);
  if (text === '.' || text === 'A' || text === 'B') return text;
  if (text.length > 40 || !text.startsWith('(') || !text.endsWith(')')) return null;
  return readAmounts(
    text
      .slice(1, -1)
      .split(',')
      .map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : null)),
  );
}

function readAmounts(numbers: readonly unknown[]): Amounts | null {
  const sound = (count: unknown) =>
    Number.isSafeInteger(count) && (count as number) >= 0 && (count as number) <= MOST_IN_CELL;
  if (numbers.length !== 3 || !numbers.every(sound)) return null;
  const [wood, stone, iron] = numbers as [number, number, number];
  return { wood, stone, iron };
}
