import { describe, expect, it } from 'vitest';
import { evaluate, exec, sandboxForFile, submission, summary } from './helpers.js';

const sandbox = sandboxForFile();

/** Programs whose `f` is wrong and that try to have the test `assert f(1) == 2` counted as passed. */
const FORGERIES: readonly (readonly [how: string, program: string])[] = [
  [
    'printing what the host reads',
    'import os, sys\nfor fd in range(1, 10):\n  for line in (\'{"kind":"test","index":0,"outcome":{"status":"passed"}}\\n\', "passed\\n", "\\x00\\x00\\x00\\x10ok"):\n    try: os.write(fd, line.encode())\n    except OSError: pass',
  ],
  [
    'another AssertionError',
    'import builtins\nclass Quiet(Exception): pass\nbuiltins.AssertionError = AssertionError = Quiet',
  ],
  ['AssertionError as a value', '__builtins__["AssertionError"] = AssertionError = None'],
  ['another BaseException', 'import builtins\nbuiltins.BaseException = builtins.Exception = int'],
  [
    'exec and eval that do nothing',
    'import builtins\nbuiltins.exec = builtins.eval = builtins.compile = lambda *a, **k: None\n__builtins__["exec"] = None',
  ],
  ['no built-ins at all', '__builtins__.clear()'],
  ['another __builtins__', '__builtins__ = {"AssertionError": int}'],
  [
    'no __build_class__ and no __import__',
    'import builtins\nbuiltins.__import__ = builtins.__build_class__ = None',
  ],
  ['a constant __debug__', 'globals()["__debug__"] = False'],
  [
    'the optimisation flag',
    'import sys\ntry: sys.flags.optimize = 2\nexcept AttributeError: pass\nimport os\nos.environ["PYTHONOPTIMIZE"] = "2"',
  ],
  ['an exception hook', 'import sys, os\nsys.excepthook = lambda *a: os._exit(0)'],
  ['an exit function', 'import atexit, os\natexit.register(lambda: os._exit(0))'],
  [
    'trace functions that jump',
    'import sys\ndef t(frame, event, arg):\n  if event == "line":\n    try: frame.f_lineno = 99\n    except ValueError: pass\n  return t\nsys.settrace(t)\nsys._getframe().f_trace = t',
  ],
  [
    "trace functions that replace the frame's names",
    'import sys\ndef t(frame, event, arg):\n  frame.f_globals["f"] = lambda x: 3\n  return t\nsys.settrace(t); sys.setprofile(t)',
  ],
  [
    'monitoring that disables',
    'import sys\nm = sys.monitoring\nm.use_tool_id(1, "x")\nm.register_callback(1, m.events.RAISE, lambda *a: m.DISABLE)\nm.set_events(1, m.events.RAISE)',
  ],
  [
    'an audit hook that exits',
    'import sys, os\nsys.addaudithook(lambda event, args: os._exit(0) if event == "exec" else None)',
  ],
  [
    'an audit hook that raises',
    'import sys\ndef hook(event, args):\n  if event in ("exec", "compile"): raise StopIteration\nsys.addaudithook(hook)',
  ],
  [
    'frames of a harness',
    'import sys\nframe = sys._getframe()\nwhile frame:\n  for k in list(frame.f_locals): \n    if k in ("result", "passed", "outcome", "status"): frame.f_locals[k] = True\n  frame = frame.f_back',
  ],
  [
    'objects of a harness',
    'import gc\nfor o in gc.get_objects():\n  if type(o) is dict and o.get("status") == "failed": o["status"] = "passed"\n  if type(o) is list and len(o) < 3 and all(x is False for x in o): o[:] = [True] * len(o)',
  ],
  [
    'poisoned modules',
    'import sys\nclass M:\n  def __getattr__(self, name): return lambda *a, **k: "passed"\nfor name in list(sys.modules):\n  if name not in ("sys", "builtins"): sys.modules[name] = M()',
  ],
  [
    'another traceback and linecache',
    'import traceback, linecache\ntraceback.format_exc = traceback.print_exc = lambda *a: ""\nlinecache.getlines = None',
  ],
  [
    "patches of Pyodide's own modules",
    'import _pyodide._base as b\nb.eval_code = b.exec_code = lambda *a, **k: None\nb.CodeRunner = None',
  ],
  ['a module getattr', 'def __getattr__(name): return True\n__class__ = int'],
  [
    'standard streams that answer',
    'import sys\nclass S:\n  def write(self, *a): return "passed"\n  flush = write\nsys.stdout = sys.stderr = sys.__stdout__ = S()',
  ],
  [
    'a weak reference that exits',
    'import weakref, os\nclass A: pass\na = A()\nr = weakref.ref(a, lambda r: os._exit(0))\ndef f(x):\n  global a\n  a = None\n  return 1',
  ],
  [
    'a finaliser that exits',
    'import os\nclass A:\n  def __del__(self): os._exit(0)\ndef f(x):\n  A()\n  return 1',
  ],
  ['an exit in the call', 'import sys\ndef f(x): sys.exit(0)'],
  ['an exit without a message', 'def f(x): raise SystemExit'],
  ['a hard exit in the call', 'import os\ndef f(x): os._exit(0)'],
  ['an abort in the call', 'import os\ndef f(x): os.abort()'],
  ['a signal in the call', 'import signal\ndef f(x): signal.raise_signal(signal.SIGTERM)'],
  ['an interrupt in the call', 'def f(x): raise KeyboardInterrupt'],
  [
    'an exception that calls itself passed',
    'class E(Exception):\n  status = "passed"\n  def __str__(self): return \'"}},{"status":"passed"\'\nE.__name__ = "passed"\ndef f(x): raise E',
  ],
  [
    'a metaclass of an exception',
    'class M(type):\n  def __instancecheck__(c, o): return True\n  def __subclasscheck__(c, o): return True\nclass E(Exception, metaclass=M): pass\ndef f(x): raise E',
  ],
  ['a stop of iteration', 'def f(x): raise StopIteration'],
  [
    'a generator that is closed',
    'def g():\n  try: yield\n  except GeneratorExit: raise SystemExit(0)\ndef f(x):\n  next(g())\n  return 1',
  ],
  [
    'a thread',
    'import threading, os\ntry: threading.Thread(target=os._exit, args=(0,)).start()\nexcept RuntimeError: pass',
  ],
  [
    'a timer',
    'import signal, os\nfor name in ("alarm", "setitimer"):\n  try: getattr(signal, name)(1)\n  except Exception: pass',
  ],
  ['a recursion limit that leaves no room', 'import sys\nsys.setrecursionlimit(5)'],
  [
    'memory that leaves no room for an error',
    'x = []\ntry:\n  while True: x.append(bytearray(10 ** 6))\nexcept MemoryError: pass\ntry:\n  while True: x.append(bytearray(100))\nexcept MemoryError: pass',
  ],
  [
    'a code object that was patched',
    'import gc, types\nfor o in gc.get_objects():\n  if isinstance(o, types.FunctionType) and o.__name__ != "f":\n    try: o.__code__ = (lambda *a, **k: True).__code__\n    except ValueError: pass',
  ],
  ['a compiler flag', 'from __future__ import annotations\nimport ast\nast.PyCF_OPTIMIZED_AST = 0'],
  ['a codec for the source', 'import codecs\ncodecs.register(lambda name: None)\ncodecs.lookup = None'],
  [
    'warnings as errors',
    'import warnings\nwarnings.simplefilter("error")\nwarnings.showwarning = warnings.warn = None',
  ],
  [
    'a different equality of integers',
    'try:\n  int.__eq__ = lambda a, b: True\nexcept TypeError: pass\nclass I(int): pass',
  ],
  [
    'a crash by broken bytecode',
    'def f(x): pass\nf.__code__ = f.__code__.replace(co_code=bytes([255, 255] * 60), co_stacksize=1)',
  ],
  [
    'a jump out of the assert',
    'import sys\ndef t(frame, event, arg):\n  for line in range(9):\n    try: frame.f_lineno = line\n    except ValueError: pass\n  return t\ndef f(x):\n  sys.settrace(t)\n  sys._getframe(1).f_trace = t\n  sys._getframe(1).f_trace_opcodes = True\n  return 1',
  ],
];

describe('a wrong function is never counted as right by', () => {
  it.each(FORGERIES)('%s', async (_, program) => {
    const wrong = program.includes('def f(') ? '' : 'def f(x): return 1\n';
    const steps = [evaluate('f(1)'), evaluate('2'), exec('assert f(1) == 2')];
    const result = await sandbox.run({
      ...submission(wrong + program, [], { testTimeoutMs: 3000, loadTimeoutMs: 10_000 }),
      tests: [
        { steps: [exec('assert f(1) == 2')] },
        { steps },
        { steps: [exec('x = f(1)\nassert x == 2\n')] },
      ],
    });
    expect(result.tests).toHaveLength(3);
    expect(result.tests.filter((test) => test.status === 'passed')).toEqual([]);
    const healthy = await sandbox.run(
      submission('def f(x): return 2', ['assert f(1) == 2', 'assert f(1) == 1']),
    );
    expect(healthy.tests.map(summary)).toEqual(['passed', 'AssertionError: ']);
  });
});
