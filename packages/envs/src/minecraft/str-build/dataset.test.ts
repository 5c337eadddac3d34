import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readDataSource } from '../../dataset/read-source.js';
import { type DataSource, recordsOfSplit } from '../../dataset/source.js';
import { setBlockText } from '../commands.js';
import { defaultStrBuildWords, shortStrBuildWords, strBuildItems, wordsOf } from './dataset.js';
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

const sourceOf = async (text: string): Promise<DataSource> => {
  const folder = mkdtempSync(join(tmpdir(), 'str-build-'));
  try {
    writeFileSync(join(folder, 'words.csv'), text);
    return await readDataSource(join(folder, 'words.csv'), ['[:]'], { name: 'words.csv' });
  } finally {
    rmSync(folder, { recursive: true });
  }
};
const itemsOf = async (text: string) =>
  strBuildItems(wordsOf(recordsOfSplit(await sourceOf(text), '[:]')), layout);

describe('CSV data sets', () => {
  it('read difficulty as Python does; what is no integer becomes 0', async () => {
    const text = 'difficulty,string\n 1_0 ,a\n2.0,b\n,c\nx, \n3,\n4,e\n';
    expect((await itemsOf(text)).map(({ id, difficulty }) => [id, difficulty])).toEqual([
      ['str_build_0001', 10],
      ['str_build_0002', 0],
      ['str_build_0003', 0],
      ['str_build_0006', 4],
    ]);
  });

  it('may come from records whose difficulty is of any kind', () => {
    const difficulties = [3, ' 7 ', 2.5, true, null, [4], { toString: 1 }];
    const records = difficulties.map((difficulty) => ({
      value: { string: 'a', difficulty },
      where: 'words.jsonl:1',
    }));
    expect(wordsOf(records).map(({ difficulty }) => difficulty)).toEqual([3, 7, 0, 0, 0, 0, 0]);
  });

  it('are refused without a column `string`, and without a word in it', async () => {
    const open = async (text: string) => new StrBuild({}, await sourceOf(text));
    await expect(open('word\nabc\n')).rejects.toThrow(/words\.csv:2: the field `string` .* missing/);
    await expect(open('string\n \n')).rejects.toThrow(/words\.csv holds no words/);
  });

  it('may come from records whose words are no text, which is an error', () => {
    const record = { value: { string: 5 }, where: 'words.jsonl:1' };
    expect(() => wordsOf([record])).toThrow(/words\.jsonl:1: the field `string` must be a text, but it is 5/);
  });

  it('replace the default words, and count what was dropped', async () => {
    const data = await sourceOf('string\nabc\n \nd\n');
    const env = new StrBuild({ trainSplit: '[:50%]', evalSplit: null }, data);
    expect(env.trainItems.map(({ string }) => string)).toEqual(['abc']);
    expect(env.evalItems).toEqual([]);
    expect(env.dataReport).toMatchObject({
      source: 'words.csv',
      train: { records: 3, items: 1, dropped: [{ reason: 'no word', count: 1, examples: ['words.csv:3'] }] },
      eval: { items: 0 },
    });
  });

  it('are read as single items too', () => {
    expect(new StrBuild().readItem({ string: 'LI', difficulty: '3' })).toEqual(
      strBuildItems([{ string: 'LI', difficulty: 3 }], layout)[0],
    );
    expect(() => new StrBuild().readItem({ word: 'LI' })).toThrow(/item: the field `string`.* missing/);
    expect(() => new StrBuild().readItem({ string: ' ' })).toThrow(/no word/);
  });

  it('may repeat what follows from the word, but not for another layout', () => {
    const whole = { string: 'LI', target_rows_topdown: drawWord('LI', 1), local_bbox_from: [0, 0, 3] };
    expect(new StrBuild({ spacing: 1, localZ: 3 }).readItem(whole).box.from.z).toBe(3);
    expect(() => new StrBuild({ localZ: 3 }).readItem(whole)).toThrow(/12 columns .*env\.spacing/);
    expect(() => new StrBuild({ spacing: 1 }).readItem(whole)).toThrow(/from 0, 0, 0\)/);
  });
});

const shared =
  process.env.COLLM_SHARED ?? fileURLToPath(new URL('../../../../../../shared', import.meta.url));
const original = join(shared, 'data', 'strbuild');

// The reference's own files lie outside the repository; name their folder in COLLM_SHARED.
describe.skipIf(!existsSync(original))(`the reference's files (skipped where ../shared is absent)`, () => {
  it('data.csv holds the default words', async () => {
    expect(await itemsOf(readFileSync(join(original, 'data.csv'), 'utf8'))).toEqual(
      strBuildItems(defaultStrBuildWords, layout),
    );
  });

  it('one.csv holds ICML', async () => {
    expect(await itemsOf(readFileSync(join(original, 'one.csv'), 'utf8'))).toEqual(
      strBuildItems([{ string: 'ICML', difficulty: 3 }], layout),
    );
  });
});
