/** A layer as rectangles of one block, for prompts (minecraft spec, 3.3). */
import { isAir, normaliseBlock } from '../blocks.js';
import type { HouseBuildItem, PlannedBlock } from './item.js';
import type { Layer } from './layers.js';

/** Corners included; the block in the data's own spelling. */
export interface Rectangle {
  readonly y: number;
  readonly x1: number;
  readonly z1: number;
  readonly x2: number;
  readonly z2: number;
  readonly block: string;
}

/**
 * The rectangles of a layer, air included. Rows are split into runs of equal letters; a run extends the rectangle of
 * the row before that has its ends and its block. A rectangle is listed once a row does not extend it.
 */
export function rectanglesOf(item: HouseBuildItem, { y, rows }: Layer): Rectangle[] {
  const blockOf = new Map(item.inventory.map(({ key, block }) => [key, block]));
  const { from } = item.box;
  const done: Rectangle[] = [];
  let open: Rectangle[] = [];
  rows.forEach((row, offset) => {
    const z = from.z + offset;
    const before = new Map(
      open.map((rectangle) => [`${rectangle.x1} ${rectangle.x2} ${rectangle.block}`, rectangle]),
    );
    const next = runs([...row]).map(({ start, end, letter }) => {
      const [x1, x2, block] = [from.x + start, from.x + end, blockOf.get(letter) as string];
      const key = `${x1} ${x2} ${block}`;
      const extended = before.get(key);
      before.delete(key);
      return { y, x1, z1: extended?.z1 ?? z, x2, z2: z, block };
    });
    done.push(...before.values());
    open = next;
  });
  return [...done, ...open];
}

/** The rectangles of all layers, y ascending. */
export function allRectangles(item: HouseBuildItem): Rectangle[] {
  return item.layers.flatMap((layer) => rectanglesOf(item, layer));
}

/**
 * Some cells as rectangles of one block each, merged like those of a layer: by y, and in the order of their first cell as
 * rows are read.
 */
export function boxesOfCells(cells: readonly PlannedBlock[]): Rectangle[] {
  const inOrder = [...cells].sort((a, b) => a.y - b.y || a.z - b.z || a.x - b.x);
  const found: { y: number; x1: number; z1: number; x2: number; z2: number; block: string }[] = [];
  for (const { x, y, z, block } of inOrder) {
    const last = found.at(-1);
    if (last?.y === y && last.z1 === z && last.x2 === x - 1 && last.block === block) last.x2 = x;
    else found.push({ y, x1: x, z1: z, x2: x, z2: z, block });
  }
  const boxes: typeof found = [];
  for (const run of found) {
    const before = boxes.find(
      ({ y, x1, x2, z2, block }) =>
        y === run.y && z2 === run.z1 - 1 && x1 === run.x1 && x2 === run.x2 && block === run.block,
    );
    if (before === undefined) boxes.push(run);
    else before.z2 = run.z2;
  }
  return boxes;
}

/** Maximal runs of equal letters, left to right. */
function runs(letters: readonly string[]): { start: number; end: number; letter: string }[] {
  const found: { start: number; end: number; letter: string }[] = [];
  letters.forEach((letter, x) => {
    const last = found.at(-1);
    if (last?.letter === letter) last.end = x;
    else found.push({ start: x, end: x, letter });
  });
  return found;
}

/** One line per layer: `y=4: {(0, 4, 0, 5, 4, 0 stone_stairs), …}`. */
export function layerLines(item: HouseBuildItem, includeAir: boolean): string[] {
  return item.layers.map((layer) => {
    const shown = rectanglesOf(item, layer).filter(({ block }) => includeAir || !isAirName(block));
    const items = shown.map(
      ({ y, x1, z1, x2, z2, block }) => `(${x1}, ${y}, ${z1}, ${x2}, ${y}, ${z2} ${block})`,
    );
    return `y=${layer.y}: {${items.join(', ')}}`;
  });
}

/** A suggestion: `y=4: (0, 0, 5, 0 stone_stairs)`. */
export function rectangleLine({ y, x1, z1, x2, z2, block }: Rectangle): string {
  return `y=${y}: (${x1}, ${z1}, ${x2}, ${z2} ${block})`;
}

/** As `/fill` has it: `0 4 0 5 4 0 stone_stairs`. */
export function boxText({ y, x1, z1, x2, z2, block }: Rectangle): string {
  return `${x1} ${y} ${z1} ${x2} ${y} ${z2} ${normaliseBlock(block)}`;
}

/** True for a block's name in the data's spelling if it is a kind of air. */
export function isAirName(name: string): boolean {
  return isAir(normaliseBlock(name));
}

/** By y, x1, z1, x2, z2 and block, all ascending. */
export function inRectangleOrder(a: Rectangle, b: Rectangle): number {
  return (
    a.y - b.y ||
    a.x1 - b.x1 ||
    a.z1 - b.z1 ||
    a.x2 - b.x2 ||
    a.z2 - b.z2 ||
    (a.block < b.block ? -1 : Number(a.block > b.block))
  );
}

/** Cells of a rectangle. */
export function areaOf({ x1, z1, x2, z2 }: Rectangle): number {
  return (x2 - x1 + 1) * (z2 - z1 + 1);
}
