import { describe, expect, it } from 'vitest';
import { matchesGlob } from './glob.js';

describe('patterns of files', () => {
  it.each([
    ['data/train-00000-of-00002.parquet', 'data/train-*', true],
    ['data/train-1/x.parquet', 'data/train-*', false],
    ['data/a/train.csv', '**/train.csv', true],
    ['train.csv', '**/train.csv', true],
    ['xtrain.csv', '**/train.csv', false],
    ['data/a/b.csv', 'data/**', true],
    ['data', 'data/**', false],
    ['a1.csv', 'a?.csv', true],
    ['a/.csv', 'a?.csv', false],
    ['a.csv', './a.csv', true],
    ['a+b(1).csv', 'a+b(1).csv', true],
    ['aXcsv', 'a.csv', false],
    ['', '', true],
    ['', '*', true],
  ])('%s and %s: %s', (path, pattern, expected) => expect(matchesGlob(path, pattern)).toBe(expected));

  it('take no time for being many', () => {
    expect(matchesGlob('a'.repeat(300), `${'*a'.repeat(100)}b`)).toBe(false);
  });
});
