import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setBlockText } from '../commands.js';
import { defaultStrBuildWords, loadStrBuildCsv, shortStrBuildWords, strBuildItems } from './dataset.js';
import { drawWord } from './font.js';
import { boxCells, isTarget, targetCells } from './item.js';
import { StrBuild } from './str-build.js';

const layout = { spacing: 2, localZ: 0 };

describe('font', () => {
  it('draws letters with gaps, upper-casing first', () => {
    expect(drawWord('iL', 2)).toEqual([
      '#####..#....',
      '..#....#....',
      '..#....#....',
      '..#....#....',
      '#####..#####',
    ]);
  });

  it('leaves five empty columns for what has no glyph', () => {
    expect(drawWord('7 i', 0)).toEqual(drawWord('I', 0).map((row) => `..........${row}`));
    expect(drawWord('😀', 0)).toEqual(Array(5).fill('.....'));
    expect(drawWord('ß', 1)).toEqual(drawWord('SS', 1));
  });

  it('has 26 different letters of 5 by 5', () => {
    const glyphs = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'].map((letter) => drawWord(letter, 2));
    expect(new Set(glyphs.map((rows) => rows.join('\n'))).size).toBe(26);
    for (const rows of glyphs) expect(rows.map((row) => row.length)).toEqual([5, 5, 5, 5, 5]);
  });
});

describe('default data set', () => {
  it.each([
    ['I', 1, 13, 12, 12],
    ['C', 1, 11, 14, 8],
    ['M', 1, 13, 12, 10],
    ['L', 1, 9, 16, 8],
    ['MC', 2, 24, 36, 18],
    ['CM', 2, 24, 36, 18],
    ['LI', 3, 22, 38, 20],
    ['LLM', 3, 31, 64, 26],
    ['ICML', 3, 46, 84, 38],
    ['CLIM', 3, 46, 84, 38],
  ])(
    '%s: difficulty %i, %i letter cells, %i background cells, %i pairs',
    (word, difficulty, cells, background, pairs) => {
      const items = strBuildItems(defaultStrBuildWords, layout);
      const item = items.find(({ string }) => string === word);
      if (item === undefined) throw new Error(`${word} is missing`);
      expect(item.difficulty).toBe(difficulty);
      const targets = targetCells(item);
      expect(targets).toHaveLength(cells);
      expect(boxCells(item).length - targets.length).toBe(background);

      // One block everywhere: every pair has equal texture, so adj_ratio · pairs counts them.
      const env = new StrBuild({ numAgents: 1 });
      const everything = targets.map((cell) => setBlockText(cell, 'stone')).join('\n');
      const result = env.step(env.reset(item), [everything]);
      const touching = targets.filter(({ x, y, z }) => isTarget(item, { x: x + 1, y, z })).length;
      const stacked = targets.filter(({ x, y, z }) => isTarget(item, { x, y: y + 1, z })).length;
      expect(touching + stacked).toBe(pairs);
      expect(result.metrics.adj_ratio).toBe(1);
      expect(result.metrics.iou).toBe(1);
    },
  );

  it('gives rows 1-8 to training and 9-10 to evaluation', () => {
    const env = new StrBuild();
    expect(env.trainItems.map(({ string }) => string).join(' ')).toBe('I C M L MC CM LI LLM');
    expect(env.evalItems.map(({ string, id }) => [string, id])).toEqual([
      ['ICML', 'str_build_0009'],
      ['CLIM', 'str_build_0010'],
    ]);
  });
});

describe('items', () => {
  it('count rows over blank words, trim, and keep case', () => {
    const items = strBuildItems([' Ab ', '\u3000', { string: 'c', difficulty: 4 }], {
      spacing: 0,
      localZ: -2,
    });
    expect(
      items.map(({ id, csvRowIndex, string, difficulty }) => [id, csvRowIndex, string, difficulty]),
    ).toEqual([
      ['str_build_0001', 1, 'Ab', 0],
      ['str_build_0003', 3, 'c', 4],
    ]);
    expect(items[0]?.box).toEqual({ from: { x: 0, y: 0, z: -2 }, to: { x: 9, y: 4, z: -2 } });
  });

  it('list their cells from the top, left to right', () => {
    const [item] = strBuildItems(['L'], layout);
    if (item === undefined) throw new Error('no item');
    expect(targetCells(item).map(({ x, y }) => `${x}${y}`)).toEqual([
      '04',
      '03',
      '02',
      '01',
      '00',
      '10',
      '20',
      '30',
      '40',
    ]);
    expect(isTarget(item, { x: 5, y: 0, z: 0 })).toBe(false);
    expect(isTarget(item, { x: 0, y: 5, z: 0 })).toBe(false);
  });

  it('of our short words are different, drawable, and leave out the evaluation words', () => {
    expect(new Set(shortStrBuildWords).size).toBe(shortStrBuildWords.length);
    for (const word of shortStrBuildWords) expect(word).toMatch(/^[A-Z]{1,4}$/);
    for (const { string } of defaultStrBuildWords.slice(8)) expect(shortStrBuildWords).not.toContain(string);
  });
});

describe('CSV data sets', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'str-build-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const write = (text: string) => {
    const path = join(folder, 'words.csv');
    writeFileSync(path, text);
    return path;
  };

  it('read difficulty as Python does; what is no integer becomes 0', () => {
    const path = write('difficulty,string\n 1_0 ,a\n2.0,b\n,c\nx, \n3,\n4,e\n');
    expect(loadStrBuildCsv(path, layout).map(({ id, difficulty }) => [id, difficulty])).toEqual([
      ['str_build_0001', 10],
      ['str_build_0002', 0],
      ['str_build_0003', 0],
      ['str_build_0006', 4],
    ]);
  });

  it('have no tasks without a column `string`, which the environment refuses', () => {
    const path = write('word\nabc\n');
    expect(loadStrBuildCsv(path, layout)).toEqual([]);
    expect(() => new StrBuild({ csvPath: path })).toThrow(/holds no words/);
    expect(() => new StrBuild({ csvPath: path, words: ['a'] })).toThrow(/both set/);
  });

  it('replace the default words', () => {
    const env = new StrBuild({ csvPath: write('string\nabc\nd\n'), trainSplit: '[:50%]', evalSplit: null });
    expect(env.trainItems.map(({ string }) => string)).toEqual(['abc']);
    expect(env.evalItems).toEqual([]);
  });
});

const shared =
  process.env.COLLM_SHARED ?? fileURLToPath(new URL('../../../../../../shared', import.meta.url));
const original = join(shared, 'data', 'strbuild');

// The reference's own files lie outside the repository; name their folder in COLLM_SHARED.
describe.skipIf(!existsSync(original))(`the reference's files (skipped where ../shared is absent)`, () => {
  it('data.csv holds the default words', () => {
    expect(loadStrBuildCsv(join(original, 'data.csv'), layout)).toEqual(
      strBuildItems(defaultStrBuildWords, layout),
    );
  });

  it('one.csv holds ICML', () => {
    expect(loadStrBuildCsv(join(original, 'one.csv'), layout)).toEqual(
      strBuildItems([{ string: 'ICML', difficulty: 3 }], layout),
    );
  });
});
