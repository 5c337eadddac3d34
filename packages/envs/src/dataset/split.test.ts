import { describe, expect, it } from 'vitest';
import { selectSplit } from './split.js';

describe('split expressions', () => {
  const items = [...'abcdefghij'];

  it.each([
    ['[:8]', 'abcdefgh'],
    ['[8:]', 'ij'],
    ['train[:5]', 'abcde'],
    ['2:4', 'cd'],
    ['[-3:]', 'hij'],
    ['[:-8]', 'ab'],
    ['[:50%]', 'abcde'],
    ['[:39%]', 'abc'],
    ['[0.25:]', 'cdefghij'],
    ['[:1.0]', 'abcdefghij'],
    ['[:1]', 'a'],
    ['[:1.5]', 'abcdefghij'],
    ['[x:2]', 'ab'],
    ['[:]', 'abcdefghij'],
    ['[5:2]', ''],
    ['[:150%]', 'abcdefghij'],
    ['all', 'abcdefghij'],
    ['', 'abcdefghij'],
  ])('%s', (expression, expected) => {
    expect(selectSplit(items, expression).join('')).toBe(expected);
  });
});
