import { describe, expect, it } from 'vitest';
import { columnsOf, cutColumns, padColumns, visibleLine, visibleText, wrapText } from './terminal-text.js';

describe('text of others', () => {
  it('cannot give orders to a terminal', () => {
    const orders = '\u001b]0;title\u0007\u001b[2J\u009b31m\r\b\u0000\u007f\u202eabc\u2066\u2028\ud800';
    for (const shown of [visibleLine(orders), visibleText(orders)]) {
      expect(shown).not.toMatch(/[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]/u);
    }
    expect(visibleLine('a\u001b[1mb\n\tc\u202e')).toBe('a\\x1b[1mb\\n\\tc\\u202e');
    expect(visibleText('a\r\n\tb\rc\u009b')).toBe('a\n    b\\rc\\x9b');
  });

  it('stays as it is where it is harmless', () => {
    const text = 'naïve 漢字 👩‍💻 ∑ "quotes"\n  indented';
    expect(visibleText(text)).toBe(text);
  });
});

describe('columns', () => {
  it.each([
    ['plain', 5],
    ['', 0],
    ['naïve', 5],
    ['e\u0301', 1],
    ['漢字', 4],
    ['👩‍💻', 2],
    ['ｱ', 1],
  ])('%s takes %d', (text, columns) => {
    expect(columnsOf(text)).toBe(columns);
    expect(padColumns(text, 8)).toBe(text + ' '.repeat(8 - columns));
  });

  it('are kept by wrapped and cut text, and no text is lost', () => {
    const text = '  indented words of 漢字漢字漢字 and averyveryverylongword\n\nlast';
    for (const columns of [4, 7, 12, 40, 200]) {
      const lines = wrapText(text, columns);
      for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(columns);
      expect(lines.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
      expect(columnsOf(cutColumns(text.split('\n')[0] as string, columns))).toBeLessThanOrEqual(columns);
    }
    expect(wrapText('one two three', 8)).toEqual(['one two', 'three']);
    expect(wrapText('one two', 7)).toEqual(['one two']);
    expect(wrapText('', 7)).toEqual(['']);
    expect(cutColumns('abcdef', 4)).toBe('abc…');
    expect(cutColumns('abcd', 4)).toBe('abcd');
  });
});
