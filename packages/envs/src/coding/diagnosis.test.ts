import { describe, expect, it } from 'vitest';
import { type Diagnosis, feedbackBlock, type Reader } from './diagnosis.js';

const fine: Diagnosis = {
  entryPoint: 'total',
  aux: 'defined',
  main: 'defined',
  syntax: null,
  usesAux: true,
  misuse: [],
  wrapper: false,
  tests: { passed: 2, total: 2, failures: [] },
};
const block = (
  mode: 'level_feedback' | 'level_passed' | 'passed',
  reader: Reader,
  changes: Partial<Diagnosis> = {},
) => feedbackBlock(mode, { ...fine, ...changes }, reader);

describe('level_feedback', () => {
  it('tells a single model nothing of a helper', () => {
    expect(block('level_feedback', 'single', { wrapper: true, usesAux: false })).toBe(
      [
        'Static and execution diagnostics:',
        '- Main function: found, `total` is properly defined and has a return statement.',
        '- Syntax: ok, the combined program parses.',
        '- Tests: 2 of 2 passed.',
      ].join('\n'),
    );
  });

  it.each<[why: string, changes: Partial<Diagnosis>, line: string]>([
    ['a helper that is missing', { aux: 'missing' }, '- Helper: missing, `aux` is not defined.'],
    ['no return', { main: 'no_return' }, '- Main function: found, but `total` has no return statement.'],
    ['a use', {}, '- Helper use: the main function calls `aux` and uses its result.'],
    [
      'no use',
      { usesAux: false, misuse: ['Line 1: x'] },
      '- Helper use: the main function does not call `aux`.',
    ],
    [
      'a wrapper',
      { wrapper: true },
      '- Warning: the main function is a mere wrapper of `aux`; do part of the work in the main function.',
    ],
    [
      'a syntax error',
      { syntax: { type: 'SyntaxError', line: 3, column: 7, message: "'(' was\nnever closed" }, tests: null },
      "- Syntax: error at line 3, column 7 of the combined program: '(' was never closed",
    ],
    [
      'a text that cannot be parsed at all',
      { syntax: { type: 'MemoryError', line: null, column: null, message: 'm' } },
      '- Syntax: error at line unknown, column unknown of the combined program: m',
    ],
    ['tests that were not run', { tests: null }, '- Tests: not run, since the program does not parse.'],
    ['no tests', { tests: { passed: 0, total: 0, failures: [] } }, '- Tests: no test cases found.'],
    [
      'a failure without a message',
      {
        tests: {
          passed: 1,
          total: 2,
          failures: [{ test: 'assert total(1)', type: 'AssertionError', message: '' }],
        },
      },
      '  - Failed: assert total(1) -> AssertionError',
    ],
  ])('reports %s', (_, changes, line) => {
    expect(block('level_feedback', 'main', changes).split('\n')).toContain(line);
  });

  it('says nothing of use where main is not defined, and never to the helper', () => {
    expect(block('level_feedback', 'main', { main: 'missing', wrapper: true })).not.toMatch(/use:|Warning/);
    expect(block('level_feedback', 'aux', { wrapper: true })).not.toMatch(/use:|Warning/);
  });
});

describe('level_passed', () => {
  it.each<[reader: Reader, changes: Partial<Diagnosis>, lines: string[]]>([
    ['aux', {}, ['- Implementation: OK', '- Syntax: correct', '- Tests: all passed']],
    [
      'main',
      {},
      [
        '- Implementation: OK',
        '- Use of `aux`: present and used',
        '- Syntax: correct',
        '- Tests: all passed',
      ],
    ],
    [
      'single',
      { tests: { passed: 0, total: 2, failures: [] } },
      ['- Implementation: OK', '- Syntax: correct', '- Tests: none passed'],
    ],
    [
      'aux',
      { tests: { passed: 1, total: 2, failures: [] } },
      ['- Implementation: OK', '- Syntax: correct', '- Tests: 1 of 2 passed'],
    ],
    [
      'aux',
      { tests: { passed: 0, total: 0, failures: [] } },
      ['- Implementation: OK', '- Syntax: correct', '- Tests: none found'],
    ],
    [
      'single',
      { syntax: { type: 'SyntaxError', line: 1, column: 1, message: 'secret' }, tests: null },
      ['- Implementation: OK', '- Syntax: not correct', '- Tests: none passed'],
    ],
  ])('tells %s of %j', (reader, changes, lines) => {
    expect(block('level_passed', reader, changes).split('\n')).toEqual(['Signals:', ...lines]);
  });

  it.each<[changes: Partial<Diagnosis>, said: string]>([
    [{ main: 'missing' }, 'cannot be checked, the main function is missing'],
    [{ usesAux: false }, 'the main function does not call it'],
    [{ misuse: ['Line 1: x'] }, 'called, but its result is not used properly'],
  ])('tells main of its use of aux: %j', (changes, said) => {
    expect(block('level_passed', 'main', changes)).toContain(`- Use of \`aux\`: ${said}\n`);
  });

  it('wants a return statement', () => {
    expect(block('level_passed', 'aux', { aux: 'no_return' })).toContain(
      'not found in the required structure',
    );
  });
});

describe('passed', () => {
  it.each<[changes: Partial<Diagnosis>, all: boolean]>([
    [{}, true],
    [{ aux: 'missing', usesAux: false, wrapper: true, misuse: ['x'] }, true],
    [{ main: 'no_return' }, false],
    [{ tests: { passed: 1, total: 2, failures: [] } }, false],
    [{ tests: { passed: 0, total: 0, failures: [] } }, false],
    [{ tests: null }, false],
    [{ syntax: { type: 'SyntaxError', line: 1, column: 1, message: '' } }, false],
  ])('%j: %s', (changes, all) => {
    for (const reader of ['aux', 'main'] as const) {
      expect(block('passed', reader, changes)).toBe(all ? 'All levels passed.' : 'Not all levels passed.');
    }
  });
});

describe('what failed', () => {
  it('is shown with the spaces of the test, each failure in a line of its own', () => {
    const failure = { test: "assert total('a  b')", type: 'ValueError', message: ' a  b\r\n\tc\u2028d ' };
    const tests = { passed: 0, total: 1, failures: [failure] };
    expect(block('level_feedback', 'aux', { tests })).toContain(
      "\n  - Failed: assert total('a  b') -> ValueError: a  b c d",
    );
  });
});
