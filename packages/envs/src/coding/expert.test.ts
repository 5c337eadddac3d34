import { describe, expect, it } from 'vitest';
import { lastJsonObject } from './expert.js';

describe('the last JSON object of an answer', () => {
  it.each<[text: string, expected: object | null]>([
    ['{"aux": "a", "main": "b"}', { aux: 'a', main: 'b' }],
    ['First {"aux": 1} then {"main": 2}, or {so}.', { main: 2 }],
    ['{"aux": {"line": 1}}', { aux: { line: 1 } }],
    ['{"aux": {"line": {"n": 1}}}', { line: { n: 1 } }],
    ['{"aux": "}"}', null],
    ['```json\n{"aux":\n"x"}\n```', { aux: 'x' }],
    ['{{"aux": 1}', { aux: 1 }],
    ['[1, 2]', null],
    ['', null],
  ])('%j', (text, expected) => {
    expect(lastJsonObject(text)).toEqual(expected);
  });

  it('is looked for once in texts without end', () => {
    for (const text of [
      '{'.repeat(300_000),
      '{}'.repeat(100_000),
      '{ {} '.repeat(100_000),
      `{${'{}'.repeat(300_000)}`,
    ]) {
      expect(lastJsonObject(text) ?? {}).toEqual({});
    }
  });
});
