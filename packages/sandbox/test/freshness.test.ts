import { describe, expect, it } from 'vitest';
import { sandboxForFile, submission, summary } from './helpers.js';

const sandbox = sandboxForFile();

/** What a submission changes, and what the next one, in the same worker, must find as it was. */
const CHANGES: readonly (readonly [what: string, change: string, check: string])[] = [
  [
    'built-ins',
    'import builtins\nbuiltins.len = lambda x: 7\nbuiltins.extra = 1',
    'assert len([]) == 0 and "extra" not in dir(__builtins__) and "extra" not in __builtins__',
  ],
  [
    'a function that exec uses',
    'import builtins\nbuiltins.exec = builtins.eval = builtins.compile = None',
    'exec("x = 1"); assert eval("x") == 1',
  ],
  ['names', 'leaked = 1', 'assert "leaked" not in globals()'],
  [
    'attributes of modules',
    'import math\nmath.pi = 3\nmath.leaked = 1',
    'import math; assert math.pi > 3.1 and not hasattr(math, "leaked")',
  ],
  ['imported modules', 'import colorsys', 'import sys; assert "colorsys" not in sys.modules'],
  [
    'removed modules',
    'import sys\nsys.modules.clear()',
    'import sys, math; assert "builtins" in sys.modules and math.pi > 3',
  ],
  ['poisoned modules', 'import sys\nsys.modules["math"] = None', 'import math; assert math.pi > 3'],
  [
    'the import system',
    'import sys\nsys.meta_path.clear(); sys.path.clear(); sys.path_hooks.clear()',
    'import sys, colorsys; assert sys.meta_path and sys.path and sys.path_hooks',
  ],
  ['__import__', '__builtins__["__import__"] = None', 'import colorsys'],
  [
    'files',
    'open("/tmp/leak", "w").write("x"); open("leak", "w").write("x")',
    'import os; assert os.listdir("/tmp") == os.listdir(".") == []',
  ],
  [
    'the working directory',
    'import os\nos.mkdir("d"); os.chdir("d")',
    'import os; assert os.getcwd() == "/sandbox"',
  ],
  [
    'open files',
    'import os\nfor i in range(9): os.open("/dev/null", 0)',
    'import os; assert os.open("/dev/null", 0) == 3',
  ],
  [
    'closed standard streams',
    'import os\nfor i in range(3): os.close(i)',
    'import os; print("x"); os.fstat(0)',
  ],
  [
    'the environment',
    'import os\nos.environ["LEAK"] = "1"; os.putenv("LEAK2", "1")',
    'import os; assert not any("LEAK" in k for k in os.environ)',
  ],
  [
    'the recursion limit',
    'import sys\nsys.setrecursionlimit(50)',
    'import sys; assert sys.getrecursionlimit() == 1000',
  ],
  [
    'the limit of digits',
    'import sys\nsys.set_int_max_str_digits(0)',
    'import sys; assert sys.get_int_max_str_digits() == 4300',
  ],
  [
    'the garbage collector',
    'import gc\ngc.set_threshold(1, 1, 1); gc.disable(); gc.callbacks.append(print)',
    'import gc; assert gc.isenabled() and gc.get_threshold()[0] > 1 and not gc.callbacks',
  ],
  [
    'the random generator',
    'import random\nrandom.seed(5)',
    'import random; assert random.random() != random.Random(5).random()',
  ],
  [
    'standard output',
    'import sys\nsys.stdout = sys.stderr = sys.__stdout__ = None',
    'import sys; sys.stdout.write(""); sys.__stdout__.write("")',
  ],
  [
    'trace functions',
    'import sys\nsys.settrace(lambda *a: 1 / 0); sys.setprofile(lambda *a: 1 / 0)',
    'import sys; assert sys.gettrace() is None and sys.getprofile() is None',
  ],
  [
    'monitoring',
    'import sys\nsys.monitoring.use_tool_id(0, "x")',
    'import sys; assert sys.monitoring.get_tool(0) is None',
  ],
  [
    'audit hooks',
    'import sys\ndef hook(*a): raise RuntimeError("hook")\nsys.addaudithook(hook)',
    'open("/dev/null").close()',
  ],
  [
    'exception hooks',
    'import sys\nsys.excepthook = sys.unraisablehook = sys.displayhook = None',
    'import sys; assert sys.excepthook and sys.unraisablehook and sys.displayhook',
  ],
  [
    'warnings',
    'import warnings\nwarnings.simplefilter("error"); warnings.showwarning = None',
    'import warnings; warnings.warn("x")',
  ],
  [
    'codecs',
    'import codecs\ncodecs.register_error("mine", lambda e: ("", e.end))',
    'import codecs\ntry: codecs.lookup_error("mine")\nexcept LookupError: pass\nelse: assert False',
  ],
  [
    'signal handlers',
    'import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)',
    'import signal; assert signal.getsignal(signal.SIGINT) != signal.SIG_IGN',
  ],
  [
    'exit functions',
    'import atexit\natexit.register(lambda: 1 / 0)',
    'import atexit; assert atexit._ncallbacks() == 0',
  ],
  [
    'the decimal context',
    'import decimal\ndecimal.getcontext().prec = 2',
    'import decimal; assert decimal.getcontext().prec == 28',
  ],
  [
    'subclasses',
    'class Leak(Exception): pass',
    'assert not any(c.__name__ == "Leak" for c in Exception.__subclasses__())',
  ],
  [
    'registered classes',
    'import collections.abc\ncollections.abc.Hashable.register(list)',
    'import collections.abc; assert not isinstance([], collections.abc.Hashable)',
  ],
  ['a lost interpreter', 'import os\nos.abort()', 'assert sum(range(5)) == 10'],
  [
    'an unfinished generator',
    'def leak(): yield 1\nx = leak(); next(x)',
    'import gc; assert not any(type(o).__name__ == "generator" and o.__name__ == "leak" for o in gc.get_objects())',
  ],
  [
    'weak references and finalisers',
    'class A:\n  def __del__(self): print("leak")\na = A(); a.a = a\ndel a',
    'import gc; gc.collect()',
  ],
];

describe('a submission leaves nothing to the next one', () => {
  it.each(CHANGES)('%s', async (_, change, check) => {
    await sandbox.run(submission(change));
    const after = await sandbox.run(submission(check));
    expect(summary(after.load)).toBe('passed');
    expect(after.output).not.toContain('leak');
  });

  it('makes these changes for real, so that the checks above mean something', async () => {
    for (const [what, change, check] of CHANGES) {
      const { load, output } = await sandbox.run(submission(`${change}\n${check}`));
      expect([what, load.status === 'passed' && !output.includes('leak')]).toEqual([what, false]);
    }
  });

  it('no bytes of an earlier submission are left in memory', async () => {
    await sandbox.run(submission('x = [b"secret-of-the-first" * 1000 for _ in range(20000)]'));
    const program =
      'blocks = [bytes(2 ** 20) for _ in range(20)]\nassert not any(b"secret" in b for b in blocks)';
    const after = await sandbox.run(submission(program));
    expect(summary(after.load)).toBe('passed');
  });
});
