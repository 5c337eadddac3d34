import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { HouseBuild, type HouseBuildItem } from '../src/index.js';
import { generateHouses } from '../src/minecraft/house-build/generate.js';
import { resourceLimits } from '../src/minecraft/house-build/resources.js';
import { houseEnv, houseSource, hut, hutWith } from './houses.js';

const reference = fileURLToPath(new URL('../../../../shared/data/housebuild/', import.meta.url));
const read = (name: string) => {
  const value: unknown = JSON.parse(readFileSync(`${reference}${name}`, 'utf8'));
  return houseSource((Array.isArray(value) ? value : [value]) as Record<string, unknown>[], name);
};

const layers = [
  { y: 0, rows: ['SSS', 'SSS'] },
  { y: 1, rows: ['LAL', 'AAA'] },
];
const box = { from: [0, 0, 0], to: [2, 1, 1] };

describe('a house', () => {
  it('has its box, its layers and its plan in scan order', () => {
    const { item } = houseEnv();
    expect(item).toMatchObject({
      id: 'hut',
      box: { from: { x: 0, y: 0, z: 0 }, to: { x: 2, y: 1, z: 1 } },
      blocks: ['stone', 'oak_log', 'air'],
      plan: [0, 0, 0, 0, 0, 0, 1, 2, 2, 2, 1, 2],
      counts: [6, 2, 4],
    });
  });

  it.each([
    ['layers by y', hutWith({ '1': ['LAL', 'AAA'], '0': ['SSS', 'SSS'] })],
    ['layers in another order', hutWith([...layers].reverse())],
    [
      'y as a text or with a fraction',
      hutWith([
        { y: '0', rows: layers[0]?.rows },
        { y: 1.9, rows: layers[1]?.rows },
      ]),
    ],
    ['a box', { ...hut, bbox: box }],
    [
      'a box upside down, as texts and fractions',
      { ...hut, bbox: { from: ['2', 1.5, ' 1 '], to: [0, 0, -0.5] } },
    ],
    ['its size', { ...hut, target_spec: { layers, size: [3, 2, 2] } }],
    ['a size that is no list of three', { ...hut, target_spec: { layers, size: [3, 2] } }],
    ['fields nobody knows', { ...hut, count: 'x', variant: 3, bbox: null }],
  ])('reads %s', (_, record) => {
    expect(houseEnv({}, record).item).toEqual(houseEnv().item);
  });

  it('stands where its box says', () => {
    const at = { from: [5, -3, 7], to: [7, -2, 8] };
    const moved = layers.map(({ y, rows }) => ({ y: y - 3, rows }));
    expect(houseEnv({}, hutWith(moved, { bbox: at })).item.box).toEqual({
      from: { x: 5, y: -3, z: 7 },
      to: { x: 7, y: -2, z: 8 },
    });
    expect(houseEnv({}, hutWith(moved)).item.box.from).toEqual({ x: 0, y: -3, z: 0 });
  });

  it('has blocks in their own spelling, compared without it; keys may be any one character', () => {
    const inventory = { S: ' minecraft:stone ', '😀': 'stone', A: 'air' };
    const { item } = houseEnv({}, { inventory, target_spec: { layers: [{ y: 0, rows: ['S😀A'] }] } });
    expect(item.inventory[0]).toEqual({ key: 'S', block: 'minecraft:stone' });
    expect([item.blocks, item.plan]).toEqual([
      ['stone', 'air'],
      [0, 0, 1],
    ]);
  });

  it('has an id of its own, or one of its position', () => {
    const nameless = { ...hut, task_id: undefined };
    const env = new HouseBuild(
      { trainSplit: '[1:]', evalSplit: null },
      houseSource([hut, nameless, nameless]),
    );
    expect(env.trainItems.map(({ id }) => id)).toEqual(['house_build_0002', 'house_build_0003']);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['no inventory', { ...hut, inventory: undefined }, /`inventory` is missing/],
    ['an empty inventory', { ...hut, inventory: {} }, /at least one block/],
    [
      'a list as inventory',
      { ...hut, inventory: ['stone'] },
      /`inventory` is \["stone"\], but it must be an object/,
    ],
    ['a long key', { ...hut, inventory: { SS: 'stone' } }, /key of `inventory` is "SS"/],
    ['an empty key', { ...hut, inventory: { '': 'stone' } }, /single character/],
    ['a blank block', { ...hut, inventory: { S: ' ' } }, /`inventory\.S` is " "/],
    ['a number as block', { ...hut, inventory: { S: 4 } }, /`inventory\.S` is 4/],
    ['no plan', { ...hut, target_spec: null }, /`target_spec` is null/],
    ['no layers', hutWith([]), /`target_spec\.layers` is \[\]/],
    ['layers of a text', hutWith('SSS'), /`target_spec\.layers` is "SSS"/],
    ['a layer without rows', hutWith([{ y: 0 }]), /`target_spec\.layers\[0\]\.rows` is missing/],
    ['a layer of no rows', hutWith([{ y: 0, rows: [] }]), /at least one text/],
    ['an empty row', hutWith([{ y: 0, rows: [''] }]), /none of them empty/],
    [
      'a layer without y',
      hutWith([{ rows: ['S'] }]),
      /layers\[0\]\.y` is missing, but it must be a whole number/,
    ],
    ['a word as y', hutWith({ top: ['S'] }), /layers\.top\.y` is "top"/],
    [
      'an unknown key',
      hutWith([{ y: 0, rows: ['SSS', 'SXS'] }]),
      /row 1 of the layer y=0.*"X" is not in `inventory`/,
    ],
    [
      'unequal rows',
      hutWith([{ y: 0, rows: ['SSS', 'SS'] }]),
      /row 1 of.*2 letters where the first row has 3/,
    ],
    ['unequal layers', hutWith([layers[0], { y: 1, rows: ['SSS'] }]), /y=1.*1 rows where layer y=0 has 2/],
    ['a y twice', hutWith([layers[0], layers[1], layers[0]]), /y=0 .*occurs twice/],
    ['a gap', hutWith([layers[0], { ...layers[1], y: 2 }]), /no layer y=1/],
    [
      'a size that differs',
      { ...hut, target_spec: { layers, size: [2, 2, 3] } },
      /size` is \[2,2,3\], but the layers make \[3,2,2\]/,
    ],
    [
      'a size that differs from the box',
      { ...hut, target_spec: { layers, size: [2, 2, 3] }, bbox: box },
      /size`/,
    ],
    ['a size of words', { ...hut, target_spec: { layers, size: ['a', 2, 3] } }, /whole number/],
    ['a box too wide', { ...hut, bbox: { from: [0, 0, 0], to: [3, 1, 1] } }, /rows are 3 wide and the box 4/],
    ['a box too deep', { ...hut, bbox: { from: [0, 0, 0], to: [2, 1, 3] } }, /2 rows and the box is 4 deep/],
    ['a layer above the box', { ...hut, bbox: { from: [0, 0, 0], to: [2, 0, 1] } }, /layer y=1 lies outside/],
    ['a box without a layer', { ...hut, bbox: { from: [0, 0, 0], to: [2, 2, 1] } }, /no layer y=2/],
    ['a box with a gap below', { ...hut, bbox: { from: [0, -1, 0], to: [2, 1, 1] } }, /no layer y=-1/],
    ['a gap of a million', hutWith([layers[0], { ...layers[1], y: 1e12 }]), /no layer y=1/],
    [
      'a box of two numbers',
      { ...hut, bbox: { from: [0, 0], to: [2, 1, 1] } },
      /`bbox\.from`.*three numbers/,
    ],
    ['a box of words', { ...hut, bbox: { from: ['a', 0, 0], to: [2, 1, 1] } }, /`bbox\.from` is "a"/],
    ['a box that is a list', { ...hut, bbox: [0, 0, 0] }, /`bbox` is \[0,0,0\]/],
    ['a list as id', { ...hut, task_id: [] }, /`task_id` is \[\]/],
  ])('with %s is refused by file and place', (_, record, message) => {
    const load = () => new HouseBuild({ trainSplit: '[:]', evalSplit: null }, houseSource([hut, record]));
    expect(load).toThrow(message);
    expect(load).toThrow(/^houses\.json:2: /);
    expect(load).toThrow(expect.objectContaining({ code: 'bad_dataset' }));
  });

  it('must have an id that no other has, in a split that holds any', () => {
    expect(() => new HouseBuild({ trainSplit: '[:]' }, houseSource([hut, { ...hut }]))).toThrow(
      /houses\.json:2: the id "hut" stands at houses\.json:1 already/,
    );
    expect(() => new HouseBuild({}, houseSource([]))).toThrow(
      /leaves no items: it selects 0 of 0 records of houses\.json/,
    );
  });

  it('can come from elsewhere', () => {
    const { env, item } = houseEnv();
    expect(env.readItem(hut)).toEqual(item);
    expect(() => env.readItem({})).toThrow(/^item: `inventory` is missing/);
  });

  it('is remarked on where it stands twice', () => {
    const env = new HouseBuild(
      { trainSplit: '[:]', evalSplit: null },
      houseSource([hut, { ...hut, task_id: 'twin' }]),
    );
    expect(env.dataReport.train).toEqual({
      records: 2,
      items: 2,
      dropped: [],
      remarks: [{ reason: 'the same blocks as an earlier house', count: 1, examples: ['houses.json:2'] }],
    });
    expect(env.dataReport.eval).toEqual({ records: 0, items: 0, dropped: [], remarks: [] });
  });
});

describe('builtin houses', () => {
  const env = new HouseBuild();
  const all = [...env.trainItems, ...env.evalItems];
  const look = ({ layers: own }: HouseBuildItem) => JSON.stringify(own);

  it('are 32 to train on and 8 others to evaluate on, the same every time', () => {
    expect([env.trainItems.length, env.evalItems.length]).toEqual([32, 8]);
    expect(new Set(all.map(look)).size).toBe(40);
    expect(new Set(all.map(({ id }) => id)).size).toBe(40);
    expect(env.dataReport).toMatchObject({
      source: 'builtin',
      train: { remarks: [] },
      eval: { remarks: [] },
    });
    expect(generateHouses(40, 7)).toEqual(generateHouses(40, 7));
    expect(generateHouses(40, 8)).not.toEqual(generateHouses(40, 7));
  });

  it('can be built with the default blocks, are small and have all kinds of roofs', () => {
    for (const { id, blocks, plan } of all) {
      expect(plan.length, id).toBeLessThanOrEqual(400);
      for (const block of blocks) expect(env.settings.blocks[0]).toContain(block);
    }
    const roofs = generateHouses(40, 7).map(({ variant }) => variant);
    expect(new Set(roofs).size).toBe(6);
  });

  it('have a floor, a closed wall with corners and a door, and a roof without a hole', () => {
    for (const { id, layers: own } of all) {
      const [floor, lowest] = own as [HouseBuildItem['layers'][0], HouseBuildItem['layers'][0]];
      const ground = floor.rows.filter((row) => /^C+$/.test(row));
      const wall = lowest.rows.filter((row) => /[^A]/.test(row));
      expect(wall.length, id).toBe(ground.length);
      expect(wall[0], id).toMatch(/^OC*D{1,2}C*O$/);
      expect(wall.at(-1), id).toMatch(/^OC+O$/);
      for (const row of wall.slice(1, -1)) expect(row, id).toMatch(/^CA+C$/);
      const roof = own.find(({ rows }) => rows.every((row) => /^[SB]+$/.test(row)));
      expect(roof, id).toBeDefined();
      for (const { y, rows } of own) {
        if (y > 0 && y < (roof?.y ?? 0)) expect(rows.join(''), id).toMatch(/O.*O.*O.*O/);
      }
    }
  });
});

describe.skipIf(!existsSync(reference))(
  'the data files of the reference (shared/data; skipped without them)',
  () => {
    const env = new HouseBuild({}, existsSync(reference) ? read('data.json') : undefined);
    const all = [...env.trainItems, ...env.evalItems];

    it('are ten houses of 294 cells: eight to train on, two to evaluate on, five looks', () => {
      expect([env.trainItems.length, env.evalItems.length]).toEqual([8, 2]);
      for (const {
        plan,
        box: { from, to },
      } of all) {
        expect([plan.length, from, to]).toEqual([294, { x: 0, y: 0, z: 0 }, { x: 5, y: 6, z: 6 }]);
      }
      expect(env.dataReport.train.remarks[0]?.count).toBe(4);
      expect(env.dataReport.eval.remarks[0]?.count).toBe(1);
      const slices = new HouseBuild({ trainSplit: '[:8]', evalSplit: '[8:]' }, read('data.json'));
      expect(slices.trainItems).toEqual(env.trainItems);
      expect(slices.evalItems).toEqual(env.evalItems);
      const paper = new HouseBuild({ preset: 'paper' }, read('data.json'));
      expect([paper.trainItems.length, paper.evalItems.length]).toEqual([10, 0]);
    });

    const ids = ['0002', '0101', '0102', '0103', '0104', '0105', '0106', '0107', '0108', '0109'];
    const houses = (indices: number[], blocks: number, limits: number[], silence: number) =>
      indices.map((index) => ({ index, id: `house_build_${ids[index]}`, blocks, limits, silence }));

    it.each([
      ...houses([0], 172, [51, 9, 27, 40, 1], 0.315),
      ...houses([1, 2, 3], 208, [51, 9, 9, 85, 1], 0.193),
      ...houses([4, 5], 148, [51, 9, 18, 31, 1], 0.397),
      ...houses([6, 7], 194, [51, 9, 40, 43, 1], 0.24),
      ...houses([8, 9], 150, [51, 9, 22, 28, 1], 0.39),
    ])(
      '$id: blocks, limits per agent and the reward of silence',
      ({ index, id, blocks, limits, silence }) => {
        const item = all[index] as HouseBuildItem;
        expect(item.id).toBe(id);
        expect(item.counts.reduce((sum, count) => sum + count, 0) - (item.counts[5] ?? 0)).toBe(blocks);
        expect([...resourceLimits(item, 2).values()]).toEqual(limits);
        expect(env.step(env.reset(item), ['', '']).reward).toBeCloseTo(silence, 3);
      },
    );

    it('have the worked example', () => {
      const item = all[0] as HouseBuildItem;
      const result = env.step(env.reset(item), [
        '/fill 0 0 1 5 0 5 white_concrete\n/kill',
        '/fill 0 4 1 5 4 5 stone_bricks\n/fill 0 4 0 5 4 0 stone_stairs\n/fill 0 4 6 5 4 6 stone_stairs',
      ]);
      expect(result.reward).toBe(194 / 294);
      expect(result.reward.toFixed(5)).toBe('0.65986');
      expect(result.metrics.iou).toBe(72 / 172);
    });

    it('hold two files of one house', () => {
      const single = { trainSplit: '[:]', evalSplit: null };
      const [one] = new HouseBuild(single, read('one.json')).trainItems;
      expect([one?.box.to, one?.inventory.length]).toEqual([{ x: 5, y: 4, z: 4 }, 6]);
      const [two] = new HouseBuild(single, read('one2.json')).trainItems;
      expect(two).toEqual(all[0]);
    });
  },
);
