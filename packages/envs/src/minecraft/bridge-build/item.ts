/** One BridgeBuild task: a map of land, void, two shores and pillars (minecraft spec, section 9). */

import { badField } from '../../dataset/fields.js';
import type { DataRecord } from '../../dataset/source.js';
import type { Item } from '../../env.js';
import type { GridSize } from '../grid/grid.js';
import { idOf } from '../task-id.js';
import { fewestBlocks, piecesOf } from './connections.js';

/** Larger maps are refused: a turn looks at every cell several times. */
const MOST_CELLS = 64;

/** A map to bridge. Plain data; carried by identity through an episode. */
export interface BridgeBuildItem extends Item, BridgeMap {
  readonly id: string;
  /** Fewest blocks that connect S and T, at least 1; 1 also where nothing can connect them. */
  readonly gap: number;
  /** Connected pieces of S, T and true pillars before anything is built. */
  readonly pieces: number;
}

/** The ground. Its cells, row by row, are land `#`, void `.`, shores `S` and `T`, true and false pillars `Y` and `N`. */
export interface BridgeMap extends GridSize {
  readonly ground: string;
}

/**
 * Makes the task of one record: `rows` and, if there is one, `task_id`.
 *
 * @param position of the record in its data set, from 1
 * @throws {EnvError} `bad_dataset` naming the place and what is wrong
 */
export function bridgeBuildItem(record: DataRecord, position: number): BridgeBuildItem {
  const map = readMap(record);
  const way = fewestBlocks(map, new Set());
  return {
    id: idOf(record, 'bridge_build', position),
    ...map,
    gap: Math.max(1, way?.length ?? 1),
    pieces: piecesOf(map, new Set()),
  };
}

function readMap(record: DataRecord): BridgeMap {
  const { rows } = record.value;
  if (!Array.isArray(rows) || rows.length === 0) {
    throw badField(record, '`rows`', rows, 'it must be a list of texts, one per row');
  }
  const [first] = rows as unknown[];
  const width = typeof first === 'string' ? first.length : 0;
  if (width > MOST_CELLS || rows.length > MOST_CELLS) {
    throw badField(record, '`rows`', `${width} by ${rows.length}`, `a side has at most ${MOST_CELLS} cells`);
  }
  rows.forEach((row: unknown, z) => {
    const field = `row ${z + 1} of \`rows\``;
    if (typeof row !== 'string' || row === '') throw badField(record, field, row, 'it must be a text');
    if (row.length !== width) {
      throw badField(record, field, row, `it must have ${width} characters like the first row`);
    }
    const stray = /[^#.STYN]/.exec(row);
    if (stray !== null) {
      throw badField(
        record,
        `character ${stray.index + 1} of row ${z + 1} of \`rows\``,
        stray[0],
        'it must be one of # . S T Y N',
      );
    }
  });
  const ground = rows.join('');
  for (const shore of ['S', 'T']) {
    if (!ground.includes(shore)) throw badField(record, '`rows`', rows, `it must hold the shore ${shore}`);
  }
  return { width, height: rows.length, ground };
}

/** Numbers of the cells that hold one of some characters, ascending. */
export function cellsOf({ ground }: BridgeMap, kinds: string): number[] {
  return Array.from(ground, (kind, number) => (kinds.includes(kind) ? number : -1)).filter(
    (number) => number >= 0,
  );
}
