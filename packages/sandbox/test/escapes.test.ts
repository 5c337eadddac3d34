import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sandboxForFile, submission, summary } from './helpers.js';
import { descendants } from './processes.js';

const SECRET = 'canary-of-the-host';

/** What an attempt is after: a file of the host, a place for a new one, and a port that listens. */
interface Prey {
  readonly file: string;
  readonly newFile: string;
  readonly folder: string;
  readonly port: number;
}

const folder = mkdtempSync(join(tmpdir(), 'sandbox-escapes-'));
const file = join(folder, 'canary.txt');
const newFile = join(folder, 'written-by-an-escape');
let server: Server;
let port = 0;
let connections = 0;

const sandbox = sandboxForFile();

beforeAll(async () => {
  writeFileSync(file, SECRET);
  writeFileSync(join(folder, 'canary_module.py'), `found = "${SECRET}"`);
  process.env.SANDBOX_CANARY = SECRET;
  server = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});

afterAll(() => {
  server.close();
  delete process.env.SANDBOX_CANARY;
  rmSync(folder, { recursive: true });
});

afterEach(async () => {
  expect(readFileSync(file, 'utf8')).toBe(SECRET);
  expect(readdirSync(folder).sort()).toEqual(['canary.txt', 'canary_module.py']);
  expect(connections).toBe(0);
  // One worker and one spare; with namespaces each stands behind a wrapper.
  if (process.platform === 'linux') expect(descendants(process.pid).length).toBeLessThanOrEqual(4);
  const healthy = await sandbox.run(submission('def f(x): return x + 1', ['assert f(1) == 2']));
  expect(healthy.tests.map(summary)).toEqual(['passed']);
});

/** Each program ends without an exception only when it got out; the pattern is how it really ends. */
type Attempt = readonly [what: string, program: (prey: Prey) => string, end: RegExp];

const noFile = /^FileNotFoundError/;
const noModule = /^ModuleNotFoundError/;
const refused = /^(PermissionError|OSError|AttributeError)/;

const FILES: readonly Attempt[] = [
  ['reads a file of the host', (p) => `open(${JSON.stringify(p.file)}).read()`, noFile],
  ['reads /etc/passwd', () => 'open("/etc/passwd").read()', noFile],
  [
    'climbs out of its folder',
    (p) => `open("../".join([""] * 40) + ${JSON.stringify(p.file.slice(1))}).read()`,
    noFile,
  ],
  [
    'opens by descriptor of a folder',
    (p) =>
      `import os\nfd = os.open("/", os.O_RDONLY)\nos.open(${JSON.stringify(p.file.slice(1))}, os.O_RDONLY, dir_fd=fd)`,
    noFile,
  ],
  [
    'lists the root of the host',
    () => 'import os\nassert set(os.listdir("/")) - {"lib", "dev", "tmp", "sandbox"}',
    /^AssertionError/,
  ],
  ['lists /proc', () => 'import os\nos.listdir("/proc")', noFile],
  ['reads its command line', () => 'open("/proc/self/cmdline").read()', noFile],
  ['reads the environment of its process', () => 'open("/proc/self/environ").read()', noFile],
  [
    'opens inherited descriptors',
    () =>
      'import os\nfor fd in range(3, 300):\n  try: os.fstat(fd)\n  except OSError: continue\n  break\nelse: raise ValueError("none")',
    /^ValueError: none/,
  ],
  [
    'writes into inherited descriptors',
    () =>
      'import os\nfor fd in range(3, 300):\n  try: os.write(fd, b"x" * 100)\n  except OSError: continue\n  break\nelse: raise ValueError("none")',
    /^ValueError: none/,
  ],
  ['opens /dev/mem', () => 'open("/dev/mem", "rb").read(1)', noFile],
  ['opens descriptors as files', () => 'open("/dev/fd/0")', noFile],
  [
    'makes a symbolic link',
    (p) => `import os\nos.symlink(${JSON.stringify(p.file)}, "x")\nopen("x").read()`,
    refused,
  ],
  [
    'makes a hard link',
    (p) => `import os\nos.link(${JSON.stringify(p.file)}, "x")`,
    /^(AttributeError|FileNotFoundError)/,
  ],
  ['makes a device', () => 'import os\nos.mknod("x", 0o20666, 257)', refused],
  ['changes the root', () => 'import os\nos.chroot("/tmp")', refused],
  ['writes a file of the host', (p) => `open(${JSON.stringify(p.newFile)}, "w").write("x")`, noFile],
  [
    'writes over its standard library',
    () => 'open("/lib/python.zip", "r+b").write(b"x")',
    /^OSError.*Read-only/,
  ],
  ['moves its standard library', () => 'import os\nos.rename("/lib", "/tmp/lib")', /^OSError.*Read-only/],
  ['removes its standard library', () => 'import os\nos.remove("/lib/python.zip")', /^OSError.*Read-only/],
  ['maps a file', () => 'import mmap', noModule],
  [
    'opens a data base',
    (p) => `import sqlite3\nsqlite3.connect(${JSON.stringify(p.file)}).execute("create table t (a)")`,
    /^OperationalError/,
  ],
  [
    'attaches a data base',
    (p) =>
      `import sqlite3\nc = sqlite3.connect(":memory:")\nc.execute("attach ${p.newFile} as x").execute("create table x.t (a)")`,
    /^OperationalError/,
  ],
  [
    'loads an extension of sqlite',
    () =>
      'import sqlite3\nc = sqlite3.connect(":memory:")\nc.enable_load_extension(True)\nc.load_extension("/lib/x86_64-linux-gnu/libc.so.6")',
    /^(AttributeError|OperationalError|NotSupportedError)/,
  ],
  [
    'imports a module of the host',
    (p) => `import sys\nsys.path.append(${JSON.stringify(p.folder)})\nimport canary_module`,
    noModule,
  ],
  [
    'loads a shared library',
    () =>
      'from importlib import machinery as m\nopen("/tmp/x.so", "wb").write(bytes(99))\nm.ExtensionFileLoader("x", "/tmp/x.so").create_module(m.ModuleSpec("x", None, origin="/tmp/x.so"))',
    /^ImportError/,
  ],
  ['copies a tree', (p) => `import shutil\nshutil.copytree(${JSON.stringify(p.folder)}, "/tmp/x")`, noFile],
  [
    'reads the secret from the environment',
    () =>
      'import os, posix\nassert b"SANDBOX_CANARY" in posix.environ or "SANDBOX_CANARY" in os.environ or os.getenv("SANDBOX_CANARY")',
    /^AssertionError/,
  ],
  [
    'reads the arguments of the process',
    () => 'import sys\nassert sys.argv[1:] or sys.orig_argv or sys.executable',
    /^AssertionError/,
  ],
];

const NETWORK: readonly Attempt[] = [
  ['imports socket', (p) => `import socket\nsocket.create_connection(("127.0.0.1", ${p.port}))`, noModule],
  ['imports _socket', (p) => `import _socket\n_socket.socket().connect(("127.0.0.1", ${p.port}))`, noModule],
  [
    'makes the module by hand',
    () =>
      'import _imp\nfrom importlib.machinery import ModuleSpec\n_imp.create_builtin(ModuleSpec("_socket", None)).socket',
    /^(AttributeError|ImportError)/,
  ],
  [
    'asks the importer of built-ins',
    () => 'from importlib.machinery import BuiltinImporter as b\nb.load_module("_socket")',
    /^ImportError/,
  ],
  [
    'searches the classes for a socket',
    () =>
      'def walk(c):\n  yield c\n  for s in type.__subclasses__(c): yield from walk(s)\nassert [c for c in walk(object) if "socket" in c.__name__.lower()]',
    /^AssertionError/,
  ],
  [
    'opens a page',
    (p) => `import urllib.request\nurllib.request.urlopen("http://127.0.0.1:${p.port}")`,
    noModule,
  ],
  [
    'speaks HTTP',
    (p) => `import http.client\nhttp.client.HTTPConnection("127.0.0.1", ${p.port}).request("GET", "/")`,
    noModule,
  ],
  ['speaks TLS', () => 'import ssl', noModule],
  [
    'opens a connection with asyncio',
    (p) => `import asyncio\nasyncio.run(asyncio.open_connection("127.0.0.1", ${p.port}))`,
    noModule,
  ],
  ['sends mail', (p) => `import smtplib\nsmtplib.SMTP("127.0.0.1", ${p.port})`, noModule],
  [
    'connects to a listener',
    (p) => `from multiprocessing.connection import Client\nClient(("127.0.0.1", ${p.port}))`,
    noModule,
  ],
  [
    'opens a device of bash',
    (p) => `open("/dev/tcp/127.0.0.1/${p.port}", "r+b")`,
    /^(FileNotFoundError|NotADirectoryError)/,
  ],
  ['waits on descriptors', () => 'import select', noModule],
  [
    'opens a browser',
    (p) => `import webbrowser\nassert webbrowser.open("http://127.0.0.1:${p.port}")`,
    /^(ModuleNotFoundError|AssertionError)/,
  ],
  ['installs a package', () => 'import micropip', noModule],
  ['makes a pipe', () => 'import os\nos.pipe()', refused],
];

const PROCESSES: readonly Attempt[] = [
  ['runs a command', (p) => `import os\nassert os.system("touch ${p.newFile}") == 0`, /^AssertionError/],
  ['reads from a command', () => 'import os\nos.popen("id").read()', /^(ModuleNotFoundError|OSError)/],
  [
    'uses subprocess',
    (p) => `import subprocess\nsubprocess.run(["touch", ${JSON.stringify(p.newFile)}], check=True)`,
    /^(ModuleNotFoundError|OSError)/,
  ],
  ['forks', () => 'import os\nos.fork()', refused],
  [
    'forks without end',
    () => 'import os\nwhile True:\n  try: os.fork()\n  except OSError: raise ValueError("no fork")',
    /^ValueError: no fork/,
  ],
  ['forks by the C module', () => 'import _posixsubprocess', noModule],
  ['becomes another program', () => 'import os\nos.execv("/bin/sh", ["sh"])', refused],
  ['spawns', () => 'import os\nos.posix_spawn("/bin/sh", ["sh"], {})', refused],
  [
    'starts a process',
    () => 'import multiprocessing\nmultiprocessing.Process(target=print).start()',
    noModule,
  ],
  ['starts a thread', () => 'import threading\nthreading.Thread(target=print).start()', /^RuntimeError/],
  ['starts a terminal', () => 'import pty', noModule],
  ['kills process 1', () => 'import os\nos.kill(1, 9)', refused],
  ['kills all processes', () => 'import os\nos.kill(-1, 9)', refused],
  ['kills its parent', () => 'import os\nos.kill(os.getppid(), 9)', refused],
  [
    'kills itself',
    () => 'import os, signal\nos.kill(os.getpid(), signal.SIGKILL)',
    /^(SystemExit|PermissionError|OSError|SystemError)/,
  ],
  ['becomes root', () => 'import os\nos.setuid(0)', refused],
  [
    'has code run in another Python',
    () => 'import sys\nopen("/tmp/x", "w").write("1")\nsys.remote_exec(1, "/tmp/x")',
    /^(RuntimeError|OSError|PermissionError|ModuleNotFoundError|ImportError|NotImplementedError)/,
  ],
  ['shares memory', () => 'from multiprocessing import shared_memory', noModule],
  ['starts another interpreter', () => 'import _interpreters', noModule],
  ['lifts limits', () => 'import resource', noModule],
];

const JAVASCRIPT: readonly Attempt[] = [
  ['imports js', () => 'import js\njs.process.exit()', noModule],
  ['imports pyodide_js', () => 'import pyodide_js', noModule],
  ['runs JavaScript', () => 'from pyodide.code import run_js\nrun_js("process.exit()")', noModule],
  ['imports the bridge', () => 'import pyodide.ffi', noModule],
  ['fetches', () => 'import pyodide.http', noModule],
  ['imports the core of the bridge', () => 'import _pyodide_core', noModule],
  [
    'makes the core by hand',
    () =>
      'import _imp\nfrom importlib.machinery import ModuleSpec\n_imp.create_builtin(ModuleSpec("_pyodide_core", None)).JsProxy',
    /^(AttributeError|ImportError)/,
  ],
  [
    'uses the importer of the bridge',
    () =>
      'from _pyodide._importhook import JsFinder\nJsFinder({}).find_spec("js", None).loader.load_module("js").process',
    /./,
  ],
  [
    'searches all objects for a proxy',
    () => 'import gc\nassert [o for o in gc.get_objects() if type(o).__name__.startswith("Js")]',
    /^AssertionError/,
  ],
  [
    'searches all modules for the bridge',
    () =>
      'import sys\nassert [n for n in (*sys.modules, *sys.builtin_module_names) if n.startswith("js") and n != "json" and not n.startswith("json.") or "pyodide" in n]',
    /^AssertionError/,
  ],
  ['looks for a frame above its own', () => 'import sys\nsys._getframe(1)', /^ValueError/],
  [
    'calls C functions',
    () => 'import ctypes\nctypes.CDLL(None).emscripten_run_script(b"process.exit()")',
    noModule,
  ],
  ['calls C functions by the C module', () => 'import _ctypes', noModule],
  [
    'makes the C module by hand',
    () =>
      'import _imp\nfrom importlib.machinery import ModuleSpec\n_imp.create_builtin(ModuleSpec("_ctypes", None)).dlopen',
    /^(AttributeError|ImportError)/,
  ],
  ['uses the test modules of CPython', () => 'import _testinternalcapi', noModule],
  ['uses the C API test module', () => 'import _testcapi', noModule],
  ['crashes by fault handler', () => 'import faulthandler', noModule],
  [
    'runs broken bytecode',
    () =>
      'def f(): pass\nf.__code__ = f.__code__.replace(co_code=bytes([i % 256 for i in range(600)]), co_stacksize=1)\nf()\nraise ValueError("survived")',
    /./,
  ],
  [
    'reads beyond the constants of a function',
    () =>
      'def f(): return 1\nf.__code__ = f.__code__.replace(co_code=bytes([149, 0, 82, 255, 35, 0]))\nf()\nraise ValueError("survived")',
    /./,
  ],
  ['loads broken marshal data', () => 'import marshal\nmarshal.loads(b"\\xe3" + b"\\xff" * 1000)', /./],
  [
    'unpickles a command',
    (p) => `import pickle\nassert pickle.loads(b"cposix\\nsystem\\n(S'touch ${p.newFile}'\\ntR.") == 0`,
    /^AssertionError/,
  ],
];

describe.each([
  ['files', FILES],
  ['network', NETWORK],
  ['processes', PROCESSES],
  ['JavaScript and raw memory', JAVASCRIPT],
])('%s: the program', (_, attempts) => {
  it.each(attempts)('%s', async (_, program, end) => {
    const result = await sandbox.run(submission(program({ file, newFile, folder, port })));
    expect(result.load.status).toBe('failed');
    expect(summary(result.load)).toMatch(end);
    expect(JSON.stringify(result)).not.toContain(SECRET);
  });
});
