import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decimalDigitValue,
  isPythonSpace,
  isPythonWord,
  parsePythonInt,
  pythonFixed4,
  pythonSplitLines,
  pythonTokens,
  pythonTrim,
} from './python-text.js';

describe('white space', () => {
  it('is exactly what str.isspace() says', () => {
    const spaces: number[] = [];
    for (let code = 0; code <= 0xffff; code++) if (isPythonSpace(code)) spaces.push(code);
    const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
    expect(spaces).toEqual([
      ...range(0x09, 0x0d),
      ...range(0x1c, 0x20),
      0x85,
      0xa0,
      0x1680,
      ...range(0x2000, 0x200a),
      0x2028,
      0x2029,
      0x202f,
      0x205f,
      0x3000,
    ]);
  });

  it('is trimmed where JavaScript would not, and kept where JavaScript would', () => {
    expect(pythonTrim('\x1f\x85 a \u3000')).toBe('a');
    expect(pythonTrim('\ufeffa')).toBe('\ufeffa');
    expect(pythonTrim(' \t\n')).toBe('');
  });

  it('splits tokens', () => {
    expect(pythonTokens('a\x1fb\u00a0 c\ufeffd')).toEqual(['a', 'b', 'c\ufeffd']);
    expect(pythonTokens(' \u2003 ')).toEqual([]);
  });

  it('separates tokens so that joining them loses only white space', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const kept = Array.from({ length: text.length }, (_, i) => text[i] as string).filter(
          (unit) => !isPythonSpace(unit.charCodeAt(0)),
        );
        expect(pythonTokens(text).join('')).toBe(kept.join(''));
      }),
    );
  });
});

describe('words', () => {
  it('hold letters and numbers of any script, but no marks, dashes or half characters', () => {
    const word = [...'azAZ09_éßñ变ｱ٣²Ⅷ½𝑥ªʰ'];
    const other = [...'-+.$@ \u00a0\u0301😀€·'];
    expect(word.filter((character) => !isPythonWord(character.codePointAt(0) as number))).toEqual([]);
    expect(other.filter((character) => isPythonWord(character.codePointAt(0) as number))).toEqual([]);
    expect(isPythonWord(0xd835)).toBe(false);
  });
});

describe('lines', () => {
  it('break at every Python line break, CRLF once', () => {
    const text = 'a\nb\rc\r\nd\ve\ff\x1cg\x1dh\x1ei\x85j\u2028k\u2029l';
    expect(pythonSplitLines(text)).toEqual([...'abcdefghijkl']);
  });

  it('keep empty lines inside, but not after a last break', () => {
    expect(pythonSplitLines('\n\na\n')).toEqual(['', '', 'a']);
    expect(pythonSplitLines('a\n\r')).toEqual(['a', '']);
    expect(pythonSplitLines('')).toEqual([]);
    expect(pythonSplitLines('a\x1fb')).toEqual(['a\x1fb']);
  });
});

describe('integers', () => {
  it.each([
    ['0', 0],
    ['-12', -12],
    ['+3', 3],
    ['007', 7],
    ['1_0', 10],
    ['３', 3],
    ['٣٤', 34],
    ['𝟙𝟿', 19],
    [' 5\u00a0', 5],
  ])('reads %j as %i', (text, value) => {
    expect(parsePythonInt(text)).toBe(value);
  });

  it('reads -0 as plain 0', () => {
    expect(parsePythonInt('-0')).toBe(0);
  });

  it.each([
    '',
    ' ',
    '+',
    '-',
    '1.0',
    '1e3',
    '0x1',
    '1,',
    '1__0',
    '_1',
    '1_',
    '--1',
    '²',
    '①',
    '1 2',
    '\x1f1',
    '1\ud835',
  ])('refuses %j', (text) => {
    expect(parsePythonInt(text)).toBeNull();
  });

  it('refuses more digits than Python converts', () => {
    expect(parsePythonInt('0'.repeat(4300))).toBe(0);
    expect(parsePythonInt('0'.repeat(4301))).toBeNull();
    expect(parsePythonInt('9'.repeat(5_000_000))).toBeNull();
  });

  it('gives every decimal digit its value', () => {
    const zeros = [0x30, 0x660, 0x966, 0xff10, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6];
    for (const zero of zeros) {
      for (let digit = 0; digit < 10; digit++) expect(decimalDigitValue(zero + digit)).toBe(digit);
    }
    expect(decimalDigitValue(0x2f)).toBe(-1);
    expect(decimalDigitValue(0xb2)).toBe(-1);
  });
});

describe('.4f', () => {
  it.each([
    [0.03125, '0.0312'],
    [0.09375, '0.0938'],
    [-0.03125, '-0.0312'],
    [2 / 3, '0.6667'],
    [0.90625, '0.9062'],
    [-0.5, '-0.5000'],
    [1.00005, '1.0001'],
    [0, '0.0000'],
    [-0, '-0.0000'],
    [-1e-9, '-0.0000'],
  ])('writes %d as %s', (value, text) => {
    expect(pythonFixed4(value)).toBe(text);
  });
});
