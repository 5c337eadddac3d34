/**
 * Very small houses for models of some hundred thousand weights: two layers of 2x2 or 3x2 cells, two to four rectangles of
 * two kinds of blocks. None can be built by one of two agents alone under the limits of material, and all of them by two
 * agents that share out the rectangles as they stand in prompts.
 */
import type { PlannedBlock } from './item.js';
import { PythonRandom } from './python-random.js';
import { areaOf, boxesOfCells, type Rectangle } from './rectangles.js';
import { limitOf } from './resources.js';

/** Letters of the layers; both blocks are among the default ones of both agents. */
const inventory = { P: 'planks', O: 'obsidian', A: 'air' } as const;

type Letter = keyof typeof inventory;

const letters = Object.keys(inventory) as Letter[];

/** Rows in z of every layer. */
const DEPTH = 2;
const TEAM = 2;

/** One layer: a row of letters per z, and the rectangles that it is made of. */
interface TinyLayer {
  readonly rows: readonly string[];
  readonly rectangles: readonly Rectangle[];
  /** Blocks and sizes of the rectangles. */
  readonly material: string;
  /** A bit per cell that is no air. */
  readonly solid: number;
}

/**
 * Different tiny houses, with two, three and four rectangles in turns.
 *
 * @param count a multiple of 3, at most 126
 * @param seed the same seed gives the same houses
 * @throws RangeError for more than there are
 */
export function tinyHouses(count: number, seed: number): Readonly<Record<string, unknown>>[] {
  const random = new PythonRandom(seed);
  const all = [2, 3].flatMap(housesOfWidth);
  const chosen = [2, 3, 4].map((size) =>
    drawn(
      all.filter((layers) => rectanglesOf(layers).length === size),
      count / 3,
      random,
    ),
  );
  return Array.from({ length: count }, (_, index) => {
    const layers = chosen[index % 3]?.[Math.floor(index / 3)] as readonly TinyLayer[];
    return recordOf(layers, index + 1);
  });
}

function housesOfWidth(width: number): (readonly TinyLayer[])[] {
  const floors = layersOfWidth(width, 0).filter(reachesAllSides);
  const tops = layersOfWidth(width, 1);
  const known = new Map<string, boolean>();
  const isForTwo = (floor: TinyLayer, top: TinyLayer) => {
    const material = `${floor.material}, ${top.material}`;
    const verdict = known.get(material) ?? takesTwo([...floor.rectangles, ...top.rectangles]);
    known.set(material, verdict);
    return verdict;
  };
  return floors.flatMap((floor) =>
    tops
      // Nothing of the upper layer hangs in the air.
      .filter((top) => (top.solid & ~floor.solid) === 0 && isForTwo(floor, top))
      .map((top) => [floor, top]),
  );
}

/** All layers of one or two rectangles. */
function layersOfWidth(width: number, y: number): TinyLayer[] {
  let texts = [''];
  for (let cell = 0; cell < width * DEPTH; cell++) {
    texts = texts.flatMap((text) => letters.map((letter) => text + letter));
  }
  return texts
    .map((text) => {
      const rows = Array.from({ length: DEPTH }, (_, z) => text.slice(z * width, (z + 1) * width));
      const rectangles = boxesOfCells(solidCells(rows, y));
      return {
        rows,
        rectangles,
        material: rectangles.map((one) => `${one.block} ${areaOf(one)}`).join(', '),
        solid: Number.parseInt(text.replace(/[^A]/g, '1').replaceAll('A', '0'), 2),
      };
    })
    .filter(({ rectangles }) => rectangles.length === 1 || rectangles.length === 2);
}

function solidCells(rows: readonly string[], y: number): PlannedBlock[] {
  return rows.flatMap((row, z) =>
    [...row].flatMap((letter, x) =>
      letter === 'A' ? [] : [{ x, y, z, block: inventory[letter as Letter] }],
    ),
  );
}

/** The rectangles alone then tell the box: what stands above the floor reaches no further. */
function reachesAllSides({ rows }: TinyLayer): boolean {
  const columns = [...(rows[0] as string)].map((_, x) => rows.map((row) => row[x]).join(''));
  return [rows[0], rows.at(-1), columns[0], columns.at(-1)].every((side) => /[^A]/.test(side as string));
}

/** Whether the limits are too low for one agent, and high enough for two that do not cut any rectangle. */
function takesTwo(rectangles: readonly Rectangle[]): boolean {
  const fits = (part: readonly Rectangle[]) =>
    Object.values(inventory).every((block) => {
      const cells = (of: readonly Rectangle[]) =>
        of.reduce((sum, one) => sum + (one.block === block ? areaOf(one) : 0), 0);
      return cells(part) <= limitOf(cells(rectangles), TEAM);
    });
  if (fits(rectangles)) return false;
  return Array.from({ length: 2 ** rectangles.length }, (_, choice) => choice).some((choice) => {
    const isFirst = (index: number) => ((choice >> index) & 1) === 1;
    return (
      fits(rectangles.filter((_, index) => isFirst(index))) &&
      fits(rectangles.filter((_, index) => !isFirst(index)))
    );
  });
}

function rectanglesOf(layers: readonly TinyLayer[]): Rectangle[] {
  return layers.flatMap(({ rectangles }) => rectangles);
}

/** Some of the values, without repeats. */
function drawn<T>(values: readonly T[], count: number, random: PythonRandom): T[] {
  if (count > values.length) throw new RangeError(`there are ${values.length} such houses, not ${count}`);
  const left = [...values];
  return Array.from({ length: count }, () => left.splice(random.randint(0, left.length - 1), 1)[0] as T);
}

function recordOf(layers: readonly TinyLayer[], number: number): Readonly<Record<string, unknown>> {
  const used = rectanglesOf(layers).map(({ block }) => block);
  const kinds = Object.entries(inventory).filter(([, block]) => block === 'air' || used.includes(block));
  return {
    task_id: `tiny_house_${String(number).padStart(2, '0')}`,
    inventory: Object.fromEntries(kinds),
    target_spec: { type: 'y_layers', layers: layers.map(({ rows }, y) => ({ y, rows })) },
  };
}
