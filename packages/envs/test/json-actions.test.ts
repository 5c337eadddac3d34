import { describe, expect, it } from 'vitest';
import { balancedObjects, repairBrackets, strictAction, tolerantAction } from '../src/text/json-actions.js';
import { readLiteral } from '../src/text/literal-reader.js';

const keys = ['comm', 'probe', 'cmds', 'path'];
const tolerant = (text: string) => tolerantAction(text, keys);

describe('literals', () => {
  it.each([
    ['{"a": [1, -2.5e1, "x\\n\\u00e9\\/", true, null]}', { a: [1, -25, 'x\né/', true, null] }],
    [' [] ', []],
    ['[NaN, Infinity, -Infinity]', [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
    ['{"a": 1, "a": 2}', { a: 2 }],
    ['"\\ud800"', '\ud800'],
  ])('%s is JSON', (text, value) => {
    expect(readLiteral(text, 'json')).toEqual(value);
  });

  it.each([
    ...['', '{', '[1,]', '{"a": 1,}', "{'a': 1}", '01', '+1', '.5', '1.', 'True', '(1)', '"\n"', '"\\x41"'],
    ...['[1 2]', '{"a" 1}', '{1: 2}', '"a" "b"', '[1] x', 'nul', '-', '"\\u12"', '# c\n1', 'constructor'],
  ])('%j is no JSON', (text) => {
    expect(readLiteral(text, 'json')).toBeUndefined();
  });

  it.each([
    ["{'a': (1, 2), 'b': [True, None,], }", { a: [1, 2], b: [true, null] }],
    ['(1)', 1],
    ['(1,)', [1]],
    ['()', []],
    ['"a" \'b\' u"c"', undefined],
    ['\'a\' "b"', 'ab'],
    ["r'\\n' ", '\\n'],
    ["'''two\nlines'''", 'two\nlines'],
    ["'\\x41\\U0001f600\\q\\\n.'", 'A😀\\q.'],
    ['[1_000, 0x1F, 0b11, +2, .5, 1., 00, -1]', [1000, 31, 3, 2, 0.5, 1, 0, -1]],
    ['{1: 2, None: 3, # a comment\n True: 4}', { 1: 2, null: 3, true: 4 }],
  ])('%s as Python reads it', (text, value) => {
    expect(readLiteral(text, 'python')).toEqual(value);
  });

  it.each([
    'true',
    '{1, 2}',
    '1j',
    '012',
    '1__0',
    "'a\nb'",
    '[,]',
    '{(1, 2): 3}',
    '1+1',
    "b'a'",
    'f()',
    '[*a]',
  ])('%j is no Python literal that JSON could hold', (text) => {
    expect(readLiteral(text, 'python')).toBeUndefined();
  });

  it('keeps keys that mean something to JavaScript as data', () => {
    const value = readLiteral('{"__proto__": {"x": 1}, "constructor": 2}', 'json') as object;
    expect(Object.keys(value)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  it('agrees with JSON.parse on what JSON.stringify writes', () => {
    const value = { a: [0, -1.5e-7, 1e21, '"\\\u0001\u2028', { b: [[], {}] }], '': false };
    for (const indent of [0, 2])
      expect(readLiteral(JSON.stringify(value, null, indent), 'json')).toEqual(value);
  });
});

describe('balanced objects and brackets', () => {
  const objects = (text: string) => balancedObjects(text).map(([start, end]) => text.slice(start, end));

  it('are found by their start, nested ones too, and not in strings', () => {
    expect(objects('a {b {c} d} {e}')).toEqual(['{b {c} d}', '{c}', '{e}']);
    expect(objects('{"}": 1} }')).toEqual(['{"}": 1}']);
    expect(objects('{never closed {"a": 1}')).toEqual(['{"a": 1}']);
    expect(objects("{never closed, I'd say\n{'b': '}'}")).toEqual(["{'b': '}'}"]);
    expect(objects("don't {1}")).toEqual(['{1}']);
    expect(objects(`${'{'.repeat(20)}${'}'.repeat(20)}`)).toHaveLength(16);
  });

  it.each([
    ['{"a": [1, 2', '{"a": [1, 2]}'],
    ['{"a": [1, 2}', '{"a": [1, 2]}'],
    ['{"a": 1]}', '{"a": 1}'],
    ['{"a": "]"', '{"a": "]"}'],
    ['(]{}', '({})'],
    ['fine {}', 'fine {}'],
  ])('%s is repaired to %s', (text, repaired) => {
    expect(repairBrackets(text)).toBe(repaired);
  });
});

describe('tolerant actions', () => {
  it.each([
    ['plain', '{"cmds": [1], "path": []}', { cmds: [1], path: [] }],
    ['fenced', 'Sure:\n```json\n{"cmds": []}\n```\nDone.', { cmds: [] }],
    [
      'a Python literal',
      "{'comm': {'it': \"isn't\"}, 'probe': [(1, 2)]}",
      { comm: { it: "isn't" }, probe: [[1, 2]] },
    ],
    [
      'cut off',
      '{"probe": [[1, 2], [3, 4',
      {
        probe: [
          [1, 2],
          [3, 4],
        ],
      },
    ],
    ['cut off after text', 'My plan is {"probe": [[1, 2]', { probe: [[1, 2]] }],
    ['a bracket too many', '{"cmds": ["/fill 1 2 3 4 stone"]]}', { cmds: ['/fill 1 2 3 4 stone'] }],
    ['most keys win', '{"cmds": [1], "path": [2]} or {"cmds": [3]}', { cmds: [1], path: [2] }],
    ['the later of equals wins', '{"cmds": [1]} no, {"cmds": [2]}', { cmds: [2] }],
    ['one within another', '{"action": {"cmds": [1], "path": []}}', { cmds: [1], path: [] }],
    ['no action keys', '{"move": 1}', { move: 1 }],
    [
      'keys of a message do not count',
      '{"comm": {"path": 1, "x": 2}, "path": []}',
      { comm: { path: 1, x: 2 }, path: [] },
    ],
  ])('%s', (_name, text, value) => {
    expect(tolerant(text)).toEqual(value);
  });

  it.each(['', 'no braces', '[1, 2]', '"cmds"', '{cmds: [1]}', '}'])('%j holds no action', (text) => {
    expect(tolerant(text)).toBeNull();
  });
});

describe('strict actions', () => {
  it('are the first balanced object, which must be JSON', () => {
    expect(strictAction('I go {"path": [[1, 2]]} or {"path": []}')).toEqual({ path: [[1, 2]] });
    expect(strictAction('{thinking} {"path": []}')).toBeNull();
    expect(strictAction("{'path': []}")).toBeNull();
    expect(strictAction('{"path": [[1, 2]')).toBeNull();
    expect(strictAction('[1]')).toBeNull();
  });
});

describe('hostile text', () => {
  const size = 100_000;
  it.each([
    ['open braces', '{'.repeat(size)],
    ['nested objects', `${'{"a":'.repeat(size / 5)}1${'}'.repeat(size / 5)}`],
    ['nested lists', `{"cmds": ${'['.repeat(size)}${']'.repeat(size)}}`],
    ['mixed brackets', '{[('.repeat(size / 3)],
    ['closing brackets', `{${'])}'.repeat(size / 3)}`],
    ['many objects', '{a}'.repeat(size / 3)],
    ['many pairs of nests', '{{}}'.repeat(size / 4)],
    ['quotes', `{${'"\''.repeat(size / 2)}`],
    ['backslashes', `{"${'\\'.repeat(size)}`],
    ['digits', `{"cmds": ${'9'.repeat(size)}}`],
    ['digits with underscores', `{'cmds': ${'1_'.repeat(size / 2)}1}`],
    ['blanks', `{${' '.repeat(size)}`],
    ['strings side by side', `{'cmds': ${"'a' ".repeat(size / 4)}}`],
    [
      'random brackets',
      Array.from({ length: size }, (_, i) => '{}[]()"\',:1\\\n'[(i * 7919 + ((i * i) % 101)) % 13]).join(''),
    ],
  ])('%s is read in time', (_name, text) => {
    const action = tolerant(text);
    expect(action === null || typeof action === 'object').toBe(true);
    const strict = strictAction(text);
    expect(strict === null || typeof strict === 'object').toBe(true);
  });
});
