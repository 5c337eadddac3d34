/** Maps made by rule, in the same form as data files: the builtin data set. */
import { type DataSource, ownSource } from '../../dataset/source.js';
import { sideNeighbours } from '../grid/grid.js';
import { PythonRandom } from '../house-build/python-random.js';
import { fewestBlocks } from './connections.js';
import { type BridgeMap, cellsOf } from './item.js';

/** Maps of the builtin data set. Three in four train with the default splits. */
const BUILTIN_MAPS = 32;
const BUILTIN_SEED = 9;

/** From small to large; the builtin data set goes through them in turn. */
const sizes = [
  { width: 8, height: 8, pillars: 2, islands: 2 },
  { width: 10, height: 10, pillars: 3, islands: 4 },
  { width: 13, height: 11, pillars: 4, islands: 6 },
] as const;

/** Shortest gap worth bridging. */
const LEAST_GAP = 3;

let builtin: DataSource | undefined;

/** Our own maps, all different: one file of records like those of a user. */
export function builtinBridges(): DataSource {
  builtin ??= ownSource(generateBridges(BUILTIN_MAPS, BUILTIN_SEED));
  return builtin;
}

/**
 * Different maps with S on the left, T on the right, and as many true pillars as false ones. S and T can be connected, and
 * every true pillar with S, without a block beside a false pillar.
 *
 * @param seed the same seed gives the same maps
 */
export function generateBridges(count: number, seed: number): { rows: string[] }[] {
  const random = new PythonRandom(seed);
  const maps = new Map<string, { rows: string[] }>();
  while (maps.size < count) {
    const map = drawMap(sizes[maps.size % sizes.length] as (typeof sizes)[number], random);
    if (!isFair(map)) continue;
    const { width, height, ground } = map;
    maps.set(ground, {
      rows: Array.from({ length: height }, (_, z) => ground.slice(z * width, (z + 1) * width)),
    });
  }
  return [...maps.values()];
}

function drawMap(
  { width, height, pillars, islands }: (typeof sizes)[number],
  random: PythonRandom,
): BridgeMap {
  const ground = new Array<string>(width * height).fill('.');
  const map = () => ({ width, height, ground: ground.join('') });
  const s = random.randint(0, height - 1) * width;
  const t = (random.randint(0, height - 1) + 1) * width - 1;
  ground[s] = 'S';
  ground[t] = 'T';
  // Land around the shores, and some in the void.
  for (const shore of [s, t]) {
    for (const side of sideNeighbours(map(), shore)) {
      if (ground[side] === '.' && random.randint(0, 2) === 0) ground[side] = '#';
    }
  }
  const place = (kind: string) => {
    const free = cellsOf(map(), '.');
    ground[free[random.randint(0, free.length - 1)] as number] = kind;
  };
  for (let island = 0; island < islands; island++) place('#');
  for (let pillar = 0; pillar < pillars; pillar++) {
    place('Y');
    place('N');
  }
  return map();
}

/** Whether all can be connected on cells that are not beside a false pillar, with a gap that is worth it. */
function isFair(map: BridgeMap): boolean {
  const { width, height, ground } = map;
  const risky = new Set(cellsOf(map, 'N').flatMap((pillar) => [pillar, ...sideNeighbours(map, pillar)]));
  // What should not be used is land here.
  const safe = (end: number) => ({
    width,
    height,
    ground: Array.from(ground, (kind, cell) => {
      if (cell === end) return 'T';
      return kind === 'N' || (kind === '.' && risky.has(cell)) ? '#' : kind.replace('T', '#');
    }).join(''),
  });
  const ends = cellsOf(map, 'TY');
  if (ends.some((end) => fewestBlocks(safe(end), new Set()) === null)) return false;
  return (fewestBlocks(map, new Set())?.length ?? 0) >= LEAST_GAP;
}
