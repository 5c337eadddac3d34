import { describe, expect, it } from 'vitest';
import { plainTest, rewardTest, testLines } from './test-lines.js';

const check = (body: string) => `METADATA = {}\n\n\ndef check(candidate):\n${body}`;

describe('tests of a problem', () => {
  it('are the assert lines of check that mention the candidate, each once, the candidate named', () => {
    const test = check(
      [
        '    # comment',
        '    assert candidate(1) == 2',
        '    assert candidate(1) == 2, "again"',
        '    assert  candidate(1) == 2',
        '    assert candidate(1) == 2',
        '    assert True',
        '    assert(candidate(3))',
        '    result = candidate(4)',
        '    assert result',
        '    for i in range(3):',
        '        assert candidate(i) == "candidate"',
        '    assert set(candidate([1,',
        '        2])) == {1}',
        '\tassert\tabs(candidate(2) - 1) < 1e-6\r',
      ].join('\n'),
    );
    expect(testLines(test, 'f')).toEqual([
      'assert f(1) == 2',
      'assert f(1) == 2, "again"',
      'assert  f(1) == 2',
      'assert f(i) == "f"',
      'assert set(f([1,',
      'assert\tabs(f(2) - 1) < 1e-6',
    ]);
  });

  it('end at an empty line before the next def, not elsewhere', () => {
    const body =
      '    assert candidate(1)\n\n    assert candidate(2)\n \ndef x():\n    pass\n\ndef y():\n    assert candidate(3)';
    expect(testLines(check(body), 'f')).toEqual(['assert f(1)', 'assert f(2)']);
    expect(testLines('def check(candidate):\n\ndef g():\n    assert candidate(1)', 'f')).toEqual([]);
    expect(testLines('def check(candidate): assert candidate(1)', 'f')).toEqual(['assert f(1)']);
  });

  it('are none without check, written exactly so', () => {
    expect(testLines('def check(f):\n    assert candidate(1)', 'f')).toEqual([]);
    expect(testLines('def check( candidate ):\n    assert candidate(1)', 'f')).toEqual([]);
    expect(testLines('', 'f')).toEqual([]);
  });

  it('take the entry point as it is', () => {
    expect(testLines(check('    assert candidate(1)'), '$&')).toEqual(['assert $&(1)']);
  });

  it('are sliced before repeats go', () => {
    const test = check([1, 1, 2, 3].map((n) => `    assert candidate(${n})`).join('\n'));
    const f = (...numbers: number[]) => numbers.map((n) => `assert f(${n})`);
    expect(testLines(test, 'f', 1)).toEqual(f(1));
    expect(testLines(test, 'f', 2)).toEqual(f(1));
    expect(testLines(test, 'f', 3)).toEqual(f(1, 2));
    expect(testLines(test, 'f', 9)).toEqual(f(1, 2, 3));
    expect(testLines(test, 'f', -1)).toEqual(f(3));
    expect(testLines(test, 'f', -9)).toEqual(f(1, 2, 3));
    for (const all of [0, 'all', null] as const) expect(testLines(test, 'f', all)).toEqual(f(1, 2, 3));
  });
});

describe('a test of the reward', () => {
  it.each<[line: string, call: string, expected: string]>([
    ['assert f(1) == 2', 'f(1)', '2'],
    ['assert f() == []', 'f()', '[]'],
    ['assert  f([1, 2], "a")==3', 'f([1, 2], "a")', '3'],
    ['assert f(1) == 2, "message"', 'f(1)', '2, "message"'],
    ['assert f(1) == 2 and f(2) == 3', 'f(1)', '2 and f(2) == 3'],
    ['assert abs(f(1)) == 1 or (assert f(2) == 3', 'f(2)', '3'],
    ['assert f((1) == 2', 'f((1)', '2'],
    ['assert größe(1) == 2', 'größe(1)', '2'],
    ['assert "assert f(1) == 2" == f(3)', 'f(1)', '2" == f(3)'],
  ])('%s: both sides first, then the whole', (line, call, expected) => {
    expect(rewardTest(line).steps).toEqual([
      { mode: 'eval', source: call },
      { mode: 'eval', source: expected },
      { mode: 'exec', source: line },
    ]);
  });

  it.each([
    'assert f((1, 2)) == 3',
    'assert abs(f(1) - 2) < 1e-6',
    'assert f (1) == 2',
    'assert a.f(1) == 2',
    'assert f(1) != 2',
    'assert f(1) ==',
    'assert not f(1)',
    'assert f(1',
  ])('%s: the whole at once', (line) => {
    expect(rewardTest(line)).toEqual({ steps: [{ mode: 'exec', source: line }] });
    expect(plainTest(line)).toEqual(rewardTest(line));
  });

  it('is read once, however long', () => {
    const line = `${'assert f('.repeat(100_000)}1) = 2`;
    expect(rewardTest(line).steps).toHaveLength(1);
  });
});
