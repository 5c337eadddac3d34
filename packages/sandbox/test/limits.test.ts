import { describe, expect, it } from 'vitest';
import { sandboxForFile, submission, summary } from './helpers.js';

const sandbox = sandboxForFile({ memoryMiB: 64, outputBytes: 1000 });

/** A limit that passing tests stay far below. */
const limit = { testTimeoutMs: 500, maxTimeouts: 2 };

const HEALTHY = 'assert sorted([3, 1, 2]) == [1, 2, 3]';

describe('time', () => {
  it.each([
    ['a loop', 'while True: pass'],
    [
      'a loop that swallows every exception',
      'while True:\n  try:\n    while True: pass\n  except BaseException: pass',
    ],
    ['a loop that ends in finally', 'def f():\n  try: f()\n  finally: f()\nwhile True: f()'],
    ['sleep', 'import time\ntime.sleep(1000)'],
    ['a loop in C', 'sum(range(10 ** 15))'],
    [
      'an endless iterator',
      'import itertools\nlist(zip(itertools.repeat(1), iter(int, 1))) if 0 else max(itertools.repeat(1))',
    ],
    ['a power', '10 ** 10 ** 9'],
    ['a regular expression', 'import re\nre.match("(a+)+$", "a" * 60 + "b")'],
    ['a finaliser', 'class A:\n  def __del__(self):\n    while True: pass\nA()'],
    ['a message of an exception', 'class E(Exception):\n  def __str__(self):\n    while True: pass\nraise E'],
    ['a trace function', 'import sys\ndef t(*a):\n  while True: pass\nsys.settrace(t)\n(lambda: 1)()'],
    ['waiting for input that never comes', 'while True:\n  try: input()\n  except EOFError: pass'],
  ])('stops %s and goes on with the next test', async (_, endless) => {
    const tests = ['assert n == 1; n = 2', endless, HEALTHY, 'assert n == 1'];
    const result = await sandbox.run(submission('n = 1', tests, limit));
    const [first, stopped, ...after] = result.tests.map(summary);
    // The text of an exception is asked for after the test has failed: only the text is lost.
    expect(stopped).toBe(endless.includes('raise E') ? 'E: ' : 'timeout');
    expect([first, ...after]).toEqual(['passed', 'passed', 'passed']);
  });

  it('skips the rest after so many time-outs', async () => {
    const endless = 'while True: pass';
    const result = await sandbox.run(submission('', [endless, HEALTHY, endless, HEALTHY, endless], limit));
    expect(result.tests.map((test) => test.status)).toEqual([
      'timeout',
      'passed',
      'timeout',
      'skipped',
      'skipped',
    ]);
    expect(result.timeouts).toBe(2);
  });

  it('counts time-outs that needed a kill in the same way', async () => {
    const endless = 'sum(range(10 ** 15))';
    const result = await sandbox.run(
      submission('n = 1', [endless, 'assert n == 1', endless, HEALTHY], limit),
    );
    expect(result.tests.map((test) => test.status)).toEqual(['timeout', 'passed', 'timeout', 'skipped']);
    expect(result.timeouts).toBe(2);
  });

  it('limits the steps of a test together', async () => {
    const steps = Array.from({ length: 6 }, () => ({ mode: 'exec' as const, source: 'time.sleep(0.1)' }));
    const result = await sandbox.run({ ...submission('import time', [], limit), tests: [{ steps }] });
    expect(result.tests).toEqual([{ status: 'timeout' }]);
  });

  it.each([['while True: pass'], ['sum(range(10 ** 15))']])('limits loading: %s', async (program) => {
    const result = await sandbox.run(submission(program, [HEALTHY], { loadTimeoutMs: 300 }));
    expect(result.load).toEqual({ status: 'timeout' });
    expect(result.tests).toEqual([{ status: 'skipped' }]);
    expect(result.timeouts).toBe(0);
  });

  it.each([['while True: pass'], ['sum(range(10 ** 15))']])('limits the analysis: %s', async (source) => {
    const analysis = { source, input: null };
    const result = await sandbox.run(submission('n = 1', [HEALTHY], { loadTimeoutMs: 300, analysis }));
    expect(result.analysisError).toEqual({ type: 'TimeoutError', message: 'out of time' });
    expect(result.tests).toEqual([{ status: 'passed' }]);
  });
});

describe('memory and stack', () => {
  it.each([
    ['a doubling list', 'x = [1]\nwhile True: x = x + x', /^MemoryError/],
    ['one huge text', 'x = "a" * (2 ** 31 - 100)', /^MemoryError/],
    ['many blocks', 'x = [bytearray(2 ** 20) for _ in range(10 ** 6)]', /^MemoryError/],
    ['a growing dict', 'd = {}\nfor i in range(10 ** 9): d[i] = [i] * 1000', /^MemoryError/],
    [
      'memory errors that are swallowed',
      'x = []\ndef f():\n  while True:\n    try: x.append([0] * 10 ** 6)\n    except MemoryError: raise ValueError\nf()',
      /^ValueError/,
    ],
    [
      'a deep recursion',
      'def f(n): return f(n + 1)\nf(0)',
      /^RecursionError: maximum recursion depth exceeded/,
    ],
    [
      'a recursion through C',
      'class A:\n  def __repr__(self): return repr(self)\nrepr(A())',
      /^RecursionError/,
    ],
    [
      'a recursion without a limit',
      'import sys\nsys.setrecursionlimit(10 ** 9)\ndef f(x): return [f(y) for y in (x,)]\nf(0)',
      /^(Recursion|Memory)Error/,
    ],
    [
      'a recursion through C without a limit',
      'import sys\nsys.setrecursionlimit(10 ** 9)\nclass A:\n  def __getattr__(self, n): return getattr(self, n + "x")\nA().y',
      /^(Recursion|Memory)Error/,
    ],
    ['a deep syntax tree', `eval("a" + ".b" * 100000)`, /^(RecursionError|MemoryError|timeout)/],
    ['a deep expression', `eval("-" * 100000 + "1")`, /^(RecursionError|MemoryError)/],
  ])('%s ends in an error of the test', async (_, source, error) => {
    const result = await sandbox.run(submission('', [source, HEALTHY]));
    const [bomb, after] = result.tests.map(summary);
    expect(bomb).toMatch(error);
    expect(after).toBe('passed');
  });

  it('recurses a thousand calls deep through C, as plain Python does', async () => {
    const program =
      'import functools\n@functools.lru_cache(None)\ndef f(n): return 0 if n == 0 else 1 + f(n - 1)';
    const result = await sandbox.run(
      submission(program, ['assert f(900) == 900', 'assert max([f(940)], key=f) == 940']),
    );
    expect(result.tests.map(summary)).toEqual(['passed', 'passed']);
  });
});

describe('output', () => {
  it('is cut, and a flood of it does no harm', async () => {
    const result = await sandbox.run(
      submission('print("a" * 10 ** 7)', ['print("b")', 'while True: print("c")'], limit),
    );
    expect(result.output).toBe('a'.repeat(1000));
    expect(result.tests.map(summary)).toEqual(['passed', 'timeout']);
  });

  it('is complete up to the limit where code had to be killed', async () => {
    const result = await sandbox.run(
      submission('print("a")', ['print("b")', 'sum(range(10 ** 15))', 'print("c")'], limit),
    );
    expect(result.output).toBe('a\nb\nc\n');
  });

  it('of a flood of files stays in memory and is limited', async () => {
    const tests = [
      'for i in range(10 ** 9): open(f"/tmp/{i}", "w")',
      'open("/tmp/x", "wb").write(b"x" * 2 ** 25)',
      'f = open("/tmp/y", "wb"); f.seek(2 ** 40); f.write(b"x"); f.flush()',
      'files = []\nwhile True: files.append(open("/dev/null"))',
      'import os\nwhile True: os.mkdir("d"); os.chdir("d")',
    ];
    const result = await sandbox.run(submission('', tests));
    expect(result.tests.map((test) => test.status === 'failed' && test.error.type)).toEqual(
      tests.map(() => 'OSError'),
    );
  });
});
