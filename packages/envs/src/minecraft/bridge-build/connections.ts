/** What is connected with what on a BridgeBuild map (minecraft spec, section 9). Cells are numbers, see grid.ts. */
import { sideNeighbours } from '../grid/grid.js';
import type { BridgeMap } from './item.js';

/** The void cells that hold a block. */
export type Filled = Pick<ReadonlySet<number>, 'has' | 'size'>;

/** What a turn is scored by. */
export interface BridgeMeasures {
  /** Fewest further blocks that connect S and T; the map's own gap where nothing can. */
  readonly gap: number;
  /** S and T are connected: over shores, all pillars and blocks. */
  readonly connected: boolean;
  /** Connected pieces of shores, true pillars and blocks. */
  readonly pieces: number;
  /** True pillars that are joined to S or T by blocks and true pillars. */
  readonly truePillars: number;
  /** False pillars that share a side with a block. */
  readonly falsePillars: number;
  readonly blocks: number;
}

/** @param gapAtStart what the gap counts as where nothing can close it */
export function measureBridge(map: BridgeMap, filled: Filled, gapAtStart: number): BridgeMeasures {
  const way = fewestBlocks(map, filled);
  return {
    gap: way?.length ?? gapAtStart,
    connected: way?.length === 0,
    pieces: piecesOf(map, filled),
    truePillars: joinedPillars(map, filled),
    falsePillars: touchedPillars(map, filled).length,
    blocks: filled.size,
  };
}

/**
 * The void cells of one way from S to T that needs the fewest further blocks, from S on; null where land is everywhere in
 * between. A 0-1 search: shores, pillars and blocks cost nothing, void costs one block, land cannot be crossed.
 */
export function fewestBlocks(map: BridgeMap, filled: Filled): number[] | null {
  const from = new Map<number, number | null>();
  let near: { cell: number; before: number | null }[] = [];
  for (let cell = 0; cell < map.ground.length; cell++) {
    if (map.ground[cell] === 'S') near.push({ cell, before: null });
  }
  // Each round takes all that is reached at one price, and gathers what costs one block more.
  while (near.length > 0) {
    const dearer: typeof near = [];
    for (let step = near.pop(); step !== undefined; step = near.pop()) {
      const { cell, before } = step;
      if (from.has(cell)) continue;
      from.set(cell, before);
      if (map.ground[cell] === 'T') return missingOn(map, filled, from, cell);
      for (const next of sideNeighbours(map, cell)) {
        if (map.ground[next] === '#' || from.has(next)) continue;
        const free = map.ground[next] !== '.' || filled.has(next);
        (free ? near : dearer).push({ cell: next, before: cell });
      }
    }
    near = dearer.reverse();
  }
  return null;
}

function missingOn(
  { ground }: BridgeMap,
  filled: Filled,
  from: ReadonlyMap<number, number | null>,
  end: number,
): number[] {
  const missing: number[] = [];
  for (let cell: number | null = end; cell !== null; cell = from.get(cell) ?? null) {
    if (ground[cell] === '.' && !filled.has(cell)) missing.push(cell);
  }
  return missing.reverse();
}

/** How many connected pieces shores, true pillars and blocks make. */
export function piecesOf(map: BridgeMap, filled: Filled): number {
  const seen = new Set<number>();
  let pieces = 0;
  for (let cell = 0; cell < map.ground.length; cell++) {
    if (seen.has(cell) || !holds(map, filled, cell, 'STY')) continue;
    pieces++;
    flood(map, filled, [cell], 'STY', seen);
  }
  return pieces;
}

/** True pillars joined to S or T by blocks and true pillars. */
function joinedPillars(map: BridgeMap, filled: Filled): number {
  const shores: number[] = [];
  for (let cell = 0; cell < map.ground.length; cell++) if (holds(map, none, cell, 'ST')) shores.push(cell);
  const reached = new Set<number>();
  flood(map, filled, shores, 'STY', reached);
  return [...reached].filter((cell) => map.ground[cell] === 'Y').length;
}

/** Numbers of the false pillars that share a side with a block. */
export function touchedPillars(map: BridgeMap, filled: Filled): number[] {
  const touched: number[] = [];
  for (let cell = 0; cell < map.ground.length; cell++) {
    if (map.ground[cell] !== 'N') continue;
    if (sideNeighbours(map, cell).some((next) => filled.has(next))) touched.push(cell);
  }
  return touched;
}

const none: Filled = new Set();

/** True where the ground is one of some kinds or bears a block. */
function holds({ ground }: BridgeMap, filled: Filled, cell: number, kinds: string): boolean {
  return kinds.includes(ground[cell] as string) || filled.has(cell);
}

/** Adds to `seen` all that is connected with some cells over blocks and some kinds of ground. */
function flood(
  map: BridgeMap,
  filled: Filled,
  starts: readonly number[],
  kinds: string,
  seen: Set<number>,
): void {
  const open = [...starts];
  for (const cell of starts) seen.add(cell);
  for (let cell = open.pop(); cell !== undefined; cell = open.pop()) {
    for (const next of sideNeighbours(map, cell)) {
      if (seen.has(next) || !holds(map, filled, next, kinds)) continue;
      seen.add(next);
      open.push(next);
    }
  }
}
