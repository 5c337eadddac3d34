import { describe, expect, it } from 'vitest';
import { evaluate, exec, sandboxForFile, submission, summary } from './helpers.js';

const sandbox = sandboxForFile();

describe('the program and its tests', () => {
  it('passes and fails as Python says', async () => {
    const program = 'def double(x):\n    return x + x\n';
    const tests = [
      'assert double(2) == 4',
      'assert double(2) == 5, "not five"',
      'double(None)',
      'nothing()',
      '1 +',
    ];
    const result = await sandbox.run(submission(program, tests));
    expect(result.load).toEqual({ status: 'passed' });
    expect(result.tests.map(summary)).toEqual([
      'passed',
      'AssertionError: not five',
      "TypeError: unsupported operand type(s) for +: 'NoneType' and 'NoneType'",
      "NameError: name 'nothing' is not defined",
      'SyntaxError: invalid syntax (<string>, line 1)',
    ]);
    expect(result.timeouts).toBe(0);
  });

  it('runs the steps of a test in order and stops at the first that raises', async () => {
    const steps = [evaluate('seen.append(1)'), exec('assert False'), exec('seen.append(2)')];
    const result = await sandbox.run({
      ...submission('seen = []'),
      tests: [{ steps }, { steps: [exec('assert seen == [1]')] }],
    });
    expect(result.tests.map(summary)).toEqual(['AssertionError: ', 'passed']);
  });

  it('takes an expression only where one is asked for', async () => {
    const tests = ['x = 1', '1, "a message"', ' 1 '].map((source) => ({ steps: [evaluate(source)] }));
    const result = await sandbox.run({ ...submission(''), tests });
    expect(result.tests.map((test) => test.status)).toEqual(['failed', 'passed', 'passed']);
  });

  it('carries state from test to test', async () => {
    const result = await sandbox.run(
      submission('n = 0', ['n += 1', 'assert n == 1', 'n += 1', 'assert n == 2']),
    );
    expect(result.tests.map(summary)).toEqual(['passed', 'passed', 'passed', 'passed']);
  });

  it('holds the imports that were asked for and no others', async () => {
    const withMath = await sandbox.run(submission('x = math.pi', ['assert x > 3'], { imports: ['math'] }));
    expect(withMath.tests.map(summary)).toEqual(['passed']);
    const without = await sandbox.run(submission('x = math.pi'));
    expect(summary(without.load)).toMatch(/^NameError: name 'math' is not defined/);
    const unknown = await sandbox.run(submission('x = 1', [], { imports: ['no_such_module'] }));
    expect(summary(unknown.load)).toBe("ModuleNotFoundError: No module named 'no_such_module'");
  });

  it('is a namespace as exec makes it', async () => {
    const tests = [
      'assert set(globals()) == {"__builtins__", "math", "A"}',
      'assert isinstance(__builtins__, dict)',
      'assert __name__ == "builtins"',
      'assert A.__module__ == "builtins"',
    ];
    const result = await sandbox.run(submission('class A: pass', tests, { imports: ['math'] }));
    expect(result.tests.map(summary)).toEqual(['passed', 'passed', 'passed', 'passed']);
  });

  it('skips the tests of a program that does not load', async () => {
    const result = await sandbox.run(submission('x = 1 / 0', ['assert True']));
    expect(summary(result.load)).toBe('ZeroDivisionError: division by zero');
    expect(result.tests).toEqual([{ status: 'skipped' }]);
  });

  it('ends the program where it ends itself, and goes on with the next test', async () => {
    const tests = [
      'raise SystemExit(3)',
      'exit_now()',
      'assert True',
      'os.abort()',
      'exit(4)',
      'quit()',
      'raise KeyboardInterrupt',
      'assert True',
    ];
    const result = await sandbox.run(submission('import os\ndef exit_now(): os._exit(0)', tests));
    expect(result.tests.map(summary)).toEqual([
      'SystemExit: 3',
      'SystemExit: 0',
      'passed',
      'SystemError: the interpreter aborted',
      'SystemExit: 4',
      'SystemExit: None',
      'KeyboardInterrupt: ',
      'passed',
    ]);
  });

  it('loads the program again for the next test once the interpreter is lost', async () => {
    const program = 'import os\nn = 0\nprint("loading")';
    const result = await sandbox.run(submission(program, ['n += 1', 'os._exit(1)', 'assert n == 0']));
    expect(result.tests.map(summary)).toEqual(['passed', 'SystemExit: 1', 'passed']);
    expect(result.output).toBe('loading\n');
  });

  it('runs nothing without a program', async () => {
    const result = await sandbox.run(submission(null, ['assert True']));
    expect(result).toEqual({
      load: { status: 'skipped' },
      tests: [{ status: 'skipped' }],
      timeouts: 0,
      output: '',
    });
  });

  it('takes any characters', async () => {
    const tests = [
      'assert s == "\u00e9\u{1f40d}"',
      'assert len("\ud800") == 1',
      'x = "a\0b"',
      'raise ValueError("\\ud800\\0\u{1f40d}")',
    ];
    const result = await sandbox.run(submission('s = "\u00e9\u{1f40d}"', tests));
    expect(result.tests.map(summary)).toEqual([
      'passed',
      "UnicodeEncodeError: 'utf-8' codec can't encode character '\\ud800' in position 12: surrogates not allowed",
      'SyntaxError: source code string cannot contain null bytes',
      'ValueError: \\ud800\0\u{1f40d}',
    ]);
  });

  it('cuts long messages and survives hostile ones', async () => {
    const program = [
      'import os',
      'class Long(Exception):\n  def __str__(self): return "x" * 10 ** 7',
      'class Raises(Exception):\n  def __str__(self): raise ValueError',
      'class Wrong(Exception):\n  def __str__(self): return 5',
      'class Exits(Exception):\n  def __str__(self): os._exit(0)',
    ].join('\n');
    const tests = ['raise Long', 'raise Raises', 'raise Wrong', 'raise Exits', 'assert Long'];
    const result = await sandbox.run(submission(program, tests));
    expect(result.tests.map(summary)).toEqual([
      `Long: ${'x'.repeat(2000)}`,
      'Raises: ',
      'Wrong: ',
      'Exits: ',
      'passed',
    ]);
  });

  it('keeps what was printed, in order, from both streams', async () => {
    const result = await sandbox.run(
      submission('import sys\nprint("one")', [
        'print("two", file=sys.stderr)',
        'print("thr\u00e9e", end="")',
      ]),
    );
    expect(result.output).toBe('one\ntwo\nthr\u00e9e');
  });

  it('gives equal outcomes for equal submissions, random numbers and hashes among them', async () => {
    const program =
      'import random, os\nprint(random.random(), os.urandom(8), hash("a"), list({"a", "b", "c"}))';
    const first = await sandbox.run(submission(program));
    const second = await sandbox.run(submission(program));
    expect(first.output).not.toBe('');
    expect(second.output).toBe(first.output);
  });

  it('has the clock in UTC', async () => {
    const program =
      'import time, datetime\nprint(time.time())\nprint(datetime.datetime(2024, 2, 29, 12).timestamp(), time.tzname[0])';
    const { output } = await sandbox.run(submission(program));
    const [now = '', fixed] = output.trim().split('\n');
    expect(Math.abs(Number(now) * 1000 - Date.now())).toBeLessThan(60_000);
    expect(fixed).toBe('1709208000.0 UTC');
  });

  it('refuses limits that make no sense', async () => {
    await expect(sandbox.run(submission('', [], { testTimeoutMs: 0 }))).rejects.toThrow(/testTimeoutMs is 0/);
    await expect(sandbox.run(submission('', [], { loadTimeoutMs: Number.NaN }))).rejects.toThrow(
      /loadTimeoutMs is NaN/,
    );
    await expect(sandbox.run(submission('', [], { maxTimeouts: 0 }))).rejects.toThrow(/maxTimeouts is 0/);
  });
});

describe('files in memory', () => {
  it('behave as files do', async () => {
    const program = [
      'import errno, os, pathlib, shutil, tempfile',
      'def fails(kind, action, *args):',
      '  try: action(*args)',
      '  except kind: return True',
    ].join('\n');
    const tests = [
      'with open("a", "w") as f: f.write("one\\ntwo\\n")\nassert open("a").read() == "one\\ntwo\\n"',
      'with open("a", "a") as f: f.write("three")\nassert open("a").readlines()[2] == "three"',
      'with open("a", "r+b") as f:\n  f.seek(-2, 2); assert f.tell() == 11\n  f.write(b"EE"); f.seek(0); assert f.read(3) == b"one"\n  f.truncate(3)\nassert os.path.getsize("a") == 3',
      'assert fails(FileExistsError, open, "a", "x") and fails(FileNotFoundError, open, "b")',
      'assert fails(IsADirectoryError, open, "/tmp") and fails(NotADirectoryError, open, "a/b")',
      'os.makedirs("d/e"); pathlib.Path("d/e/f").write_text("x"); assert os.listdir("d") == ["e"]',
      'assert [(r, fs) for r, _, fs in os.walk("d")] == [("d", []), ("d/e", ["f"])]',
      'assert fails(OSError, os.rmdir, "d") and fails(OSError, os.rename, "d", "d/e/d") and fails(IsADirectoryError, os.remove, "d")',
      'os.rename("a", "d/a"); os.replace("d/e/f", "d/a"); assert open("d/a").read() == "x" and os.listdir("d/e") == []',
      'os.chdir("d/e"); assert os.getcwd() == "/sandbox/d/e" and os.path.exists("../a"); os.chdir("/sandbox")',
      'shutil.rmtree("d"); assert not os.path.exists("d") and os.listdir() == []',
      'f = open("gone", "w+"); os.remove("gone"); f.write("x"); f.seek(0); assert f.read() == "x"; f.close()',
      'for _ in range(100):\n  with tempfile.TemporaryFile() as f: f.write(b"x" * 2 ** 20)',
      'fd = os.dup(os.open("/dev/null", os.O_RDWR)); os.write(fd, b"x"); assert os.read(fd, 9) == b""; os.close(fd)',
      'assert os.stat("/lib/python.zip").st_size > 10 ** 6 and os.access("/tmp", os.W_OK) and not os.access("/lib", os.W_OK)',
      'assert fails(OSError, os.write, 0, b"x") and fails(OSError, os.read, 1, 1) and fails(OSError, os.close, 50)',
      'assert len(open("/dev/urandom", "rb").read(10)) == 10',
      'import sqlite3; c = sqlite3.connect(":memory:"); c.execute("create table t (a)"); assert c.execute("select count(*) from t").fetchone() == (0,)',
    ];
    const result = await sandbox.run(submission(program, tests));
    expect(result.tests.map(summary)).toEqual(tests.map(() => 'passed'));
  });
});

describe('the analysis', () => {
  const parse = 'import ast\nRESULT = [type(node).__name__ for node in ast.parse(INPUT["text"]).body]';

  it('reads source text without running it', async () => {
    const analysis = { source: parse, input: { text: 'x = 1\ndef f(): pass\nexit()' } };
    const result = await sandbox.run(submission(null, [], { analysis }));
    expect(result.analysis).toEqual(['Assign', 'FunctionDef', 'Expr']);
    expect(result.load).toEqual({ status: 'skipped' });
  });

  it('hands any JSON in and out', async () => {
    const input = { a: [1, -2.5, null, true], text: 'q"\\\n\u{1f40d}\ud800', nested: { '': [] } };
    const result = await sandbox.run(submission(null, [], { analysis: { source: 'RESULT = INPUT', input } }));
    expect(result.analysis).toEqual(input);
  });

  it('says why there is none, and the program runs all the same', async () => {
    const broken = [
      'RESULT = 1 / 0',
      'x = 1',
      'RESULT = object()',
      'RESULT = float("nan")',
      'import os; os._exit(1)',
    ];
    const types = [];
    for (const source of broken) {
      const result = await sandbox.run(
        submission('n = 1', ['assert n == 1'], { analysis: { source, input: null } }),
      );
      expect(result.tests).toEqual([{ status: 'passed' }]);
      expect(result).not.toHaveProperty('analysis');
      types.push(result.analysisError?.type);
    }
    expect(types).toEqual(['ZeroDivisionError', 'NameError', 'TypeError', 'ValueError', 'SystemExit']);
  });

  it.each([
    ['nested attributes', `a${'.b'.repeat(200_000)}`],
    ['nested brackets', '['.repeat(100_000)],
    ['unary operators', `${'-'.repeat(200_000)}1`],
    ['nested calls', `${'f('.repeat(90)}${')'.repeat(90)}`],
    ['null bytes', 'x = 1\0'],
    ['a long sum', `x = 1${' + 1'.repeat(100_000)}`],
    ['nested blocks', Array.from({ length: 110 }, (_, depth) => `${' '.repeat(depth)}if x:`).join('\n')],
    ['a lone surrogate', 'x = "\ud800"'],
  ])('survives %s', async (_, text) => {
    const analysis = { source: parse, input: { text } };
    const result = await sandbox.run(submission('n = 1', ['assert n == 1'], { analysis }));
    expect(result.tests).toEqual([{ status: 'passed' }]);
    expect(result.analysis !== undefined || result.analysisError !== undefined).toBe(true);
  });

  it('leaves nothing behind for the program', async () => {
    const analysis = { source: 'import sys\nsys.leak = INPUT\nRESULT = 1', input: 'the analysis knew this' };
    const program = [
      'import gc, sys',
      'assert not hasattr(sys, "leak")',
      'secret = " ".join(["the", "analysis", "knew", "this"])',
      'dicts = [o for o in gc.get_objects() if type(o) is dict]',
      'assert not any(type(v) is str and v == secret for d in dicts if d is not globals() for v in d.values())',
    ].join('\n');
    const result = await sandbox.run(submission(program, [], { analysis }));
    expect(summary(result.load)).toBe('passed');
    expect(result.analysis).toBe(1);
  });
});
