/** Small houses made by rule, in the same form as the data files: the builtin data set. */
import { PythonRandom } from './python-random.js';

/** Letters of the layers: walls, corners, slopes, floors and flat roofs, door, air. */
const inventory = {
  C: 'white_concrete',
  O: 'obsidian',
  S: 'stone_stairs',
  B: 'stone_bricks',
  D: 'planks',
  A: 'air',
} as const;

type Letter = keyof typeof inventory;

/** One layer: `grid[z][x]`. */
type Grid = Letter[][];

/** What is drawn for a house; everything else follows. */
interface HouseSketch {
  /** Outer size of the walls, in x and z. */
  readonly width: number;
  readonly depth: number;
  /** Layers of wall between floor and roof. */
  readonly height: number;
  /** Air around the walls at the front and the back, into which the roof reaches. */
  readonly eaves: 0 | 1;
  readonly door: { readonly x: number; readonly width: 1 | 2 };
  /** Openings in the second layer of the left, right and back wall; null for none. */
  readonly windows: readonly [left: number | null, right: number | null, back: number | null];
  readonly roof: (typeof roofs)[number];
}

const roofs = ['flat', 'parapet', 'gable_x', 'gable_z', 'hip', 'shed'] as const;

/**
 * Different houses with floor, walls with corners, a door and a roof.
 *
 * @param seed the same seed gives the same houses
 */
export function generateHouses(count: number, seed: number): Readonly<Record<string, unknown>>[] {
  const random = new PythonRandom(seed);
  const houses: Readonly<Record<string, unknown>>[] = [];
  const seen = new Set<string>();
  while (houses.length < count) {
    const sketch = drawSketch(random);
    const layers = layersOf(sketch);
    const look = JSON.stringify(layers);
    if (seen.has(look)) continue;
    seen.add(look);
    houses.push(recordOf(sketch, layers, houses.length + 1));
  }
  return houses;
}

function drawSketch(random: PythonRandom): HouseSketch {
  const width = random.randint(5, 6);
  const depth = random.randint(4, 6);
  const doorWidth = random.randint(1, 2) as 1 | 2;
  const window = (length: number) => (random.randint(0, 1) === 0 ? null : random.randint(1, length - 2));
  return {
    width,
    depth,
    height: random.randint(2, 3),
    eaves: random.randint(0, 1) as 0 | 1,
    door: { x: random.randint(1, width - 1 - doorWidth), width: doorWidth },
    windows: [window(depth), window(depth), window(width)],
    roof: roofs[random.randint(0, roofs.length - 1)] as HouseSketch['roof'],
  };
}

/** Floor, walls, and the roof over the whole box, from the bottom up. */
function layersOf(sketch: HouseSketch): string[][] {
  const walls = Array.from({ length: sketch.height }, (_, level) => wallLayer(sketch, level));
  const grids = [floorLayer(sketch), ...walls, ...roofLayers(sketch)];
  return grids.map((grid) => grid.map((row) => row.join('')));
}

/** A layer of the box, each cell by its place on the ground; the walls start at z `eaves`. */
function layer({ width, depth, eaves }: HouseSketch, letter: (x: number, z: number) => Letter): Grid {
  return Array.from({ length: depth + 2 * eaves }, (_, z) =>
    Array.from({ length: width }, (_, x) => letter(x, z)),
  );
}

/** True on the ground that the walls enclose, walls included. */
function onGround({ depth, eaves }: HouseSketch, z: number): boolean {
  return z >= eaves && z < eaves + depth;
}

function floorLayer(sketch: HouseSketch): Grid {
  return layer(sketch, (_, z) => (onGround(sketch, z) ? 'C' : 'A'));
}

function wallLayer(sketch: HouseSketch, level: number): Grid {
  const { width, depth, eaves, door, windows } = sketch;
  const [left, right, back] = windows;
  return layer(sketch, (x, z) => {
    if (!onGround(sketch, z)) return 'A';
    const fromFront = z - eaves;
    const atSide = x === 0 || x === width - 1;
    const atFront = fromFront === 0;
    const atBack = fromFront === depth - 1;
    if (atSide && (atFront || atBack)) return 'O';
    if (atFront && level < 2 && x >= door.x && x < door.x + door.width) return level === 0 ? 'D' : 'A';
    if (level === 1 && !atFront) {
      if (x === 0 && fromFront === left) return 'A';
      if (x === width - 1 && fromFront === right) return 'A';
      if (atBack && x === back) return 'A';
    }
    return atSide || atFront || atBack ? 'C' : 'A';
  });
}

/** One or more layers, each over the whole box; the lowest leaves no cell open. */
function roofLayers(sketch: HouseSketch): Grid[] {
  const { width, depth, eaves, roof } = sketch;
  const length = depth + 2 * eaves;
  const stepped = (steps: number, inset: (x: number, z: number) => number): Grid[] =>
    Array.from({ length: steps }, (_, step) =>
      layer(sketch, (x, z) => {
        const distance = inset(x, z) - step;
        return distance < 0 ? 'A' : distance === 0 ? 'S' : 'B';
      }),
    );
  switch (roof) {
    case 'flat':
      return [layer(sketch, () => 'B')];
    case 'parapet': {
      const atRim = (x: number, z: number) => x === 0 || x === width - 1 || z === 0 || z === length - 1;
      return [layer(sketch, () => 'B'), layer(sketch, (x, z) => (atRim(x, z) ? 'S' : 'A'))];
    }
    case 'gable_x':
      return stepped(Math.ceil(length / 2), (_, z) => Math.min(z, length - 1 - z));
    case 'gable_z':
      return stepped(Math.ceil(width / 2), (x) => Math.min(x, width - 1 - x));
    case 'hip':
      return stepped(Math.ceil(Math.min(width, length) / 2), (x, z) =>
        Math.min(x, width - 1 - x, z, length - 1 - z),
      );
    case 'shed':
      return stepped(3, (_, z) => z);
  }
}

function recordOf(
  sketch: HouseSketch,
  layers: readonly string[][],
  number: number,
): Readonly<Record<string, unknown>> {
  const rows = layers[0] as string[];
  const size = [sketch.width, layers.length, rows.length] as const;
  return {
    task_id: `house_build_${String(number).padStart(4, '0')}`,
    variant: sketch.roof,
    inventory,
    target_spec: {
      type: 'y_layers',
      size,
      layers: layers.map((layerRows, y) => ({ y, rows: layerRows })),
    },
    bbox: { from: [0, 0, 0], to: size.map((length) => length - 1) },
  };
}
