import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonErrorLine } from './json-error-line.js';

describe('the line where JSON ends to be JSON', () => {
  it.each([
    ['{"a": 1,\n"b": }', 2],
    ['[1,\n2,\n\n,3]', 4],
    ['{"a": "x\ny"}', 1],
    ['{"a": 1}\n{"b": 2}', 2],
    ['{"a": 1,\n}', 2],
    ['{"a"\n1}', 2],
    ['[1\n2]', 2],
    ['[tru\n]', 1],
    ['[01]', 1],
    ['\n{a: 1}', 2],
    ['["\\x"]', 1],
    ['["\\u12g4"]', 1],
    ['[1}', 1],
    ['{"a": [1, 2],\n"b": {"c": null}\n', 3],
    ['', 1],
    [']', 1],
    ['[NaN]', 1],
  ])('%j: %i', (text, line) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(jsonErrorLine(text)).toBe(line);
  });

  it('is where one character was spoilt', () => {
    const spoilt = fc.tuple(fc.json({ maxDepth: 4 }), fc.nat()).map(([json, place]) => {
      const text = JSON.stringify({ first: JSON.parse(json), last: 1 }, null, 1);
      const at = place % text.length;
      return {
        text: `${text.slice(0, at)}\u0001${text.slice(at)}`,
        line: text.slice(0, at).split('\n').length,
      };
    });
    fc.assert(fc.property(spoilt, ({ text, line }) => jsonErrorLine(text) === line));
  });

  it('is found whatever the nesting', () => {
    expect(jsonErrorLine('[\n'.repeat(200_000))).toBe(200_001);
  });
});
