/**
 * Starts CPython in a bare WebAssembly instance through the C API that the module exports. None of Pyodide's own
 * start-up runs, so its bridge to JavaScript is never made.
 */

/** Exports of Pyodide's module: C functions, addresses as globals, memory and table. @typedef {Record<string, any>} Exports */

/**
 * Built-in modules that the interpreter does not get: sockets, processes, calls of C functions by address, memory
 * maps, and CPython's own test modules, which can break it from inside.
 */
const LEFT_OUT = new Set([
  '_ctypes',
  '_posixsubprocess',
  '_remote_debugging',
  '_socket',
  '_testbuffer',
  '_testcapi',
  '_testclinic',
  '_testclinic_limited',
  '_testinternalcapi',
  '_testlimitedcapi',
  '_xxtestfuzz',
  'faulthandler',
  'fcntl',
  'mmap',
  'select',
  'termios',
  'xxsubtype',
]);

/** Imported before the first submission, since programs use them all the time. */
const WARM_MODULES = [
  'ast',
  'bisect',
  'cmath',
  'collections',
  'copy',
  'functools',
  'heapq',
  'itertools',
  'json',
  'math',
  'operator',
  'random',
  're',
  'string',
  'typing',
];

/** Ends the start: what a Python has at hand that was started in the usual way. */
const WARM_UP = [
  `import ${WARM_MODULES.join(', ')}`,
  'import builtins, _sitebuiltins',
  'for name in ("exit", "quit"): setattr(builtins, name, _sitebuiltins.Quitter(name, "EOF"))',
].join('\n');

export const STDLIB_PATH = '/lib/python.zip';

const INTEGERS = {
  buffered_stdio: 0,
  hash_seed: 0,
  install_signal_handlers: 0,
  isolated: 1,
  optimization_level: 0,
  parse_argv: 0,
  pathconfig_warnings: 0,
  site_import: 0,
  use_environment: 0,
  use_hash_seed: 1,
  utf8_mode: 1,
  write_bytecode: 0,
};

const STRINGS = {
  base_exec_prefix: '/',
  base_executable: '',
  base_prefix: '/',
  exec_prefix: '/',
  executable: '',
  filesystem_encoding: 'utf-8',
  filesystem_errors: 'surrogateescape',
  home: '/',
  prefix: '/',
  program_name: 'python',
  stdio_encoding: 'utf-8',
  stdio_errors: 'backslashreplace',
  stdlib_dir: STDLIB_PATH,
};

/**
 * Brings up the interpreter. The module's memory must be fresh.
 *
 * @param {Exports} c
 */
export function startPython(c) {
  c.emscripten_stack_init();
  c.__wasm_call_ctors();
  leaveOutModules(c);
  const config = c.PyInitConfig_Create();
  for (const [name, value] of Object.entries(INTEGERS)) {
    check(c.PyInitConfig_SetInt(config, cText(c, name), BigInt(value)), c, config);
  }
  for (const [name, value] of Object.entries(STRINGS)) {
    check(c.PyInitConfig_SetStr(config, cText(c, name), cText(c, value)), c, config);
  }
  const paths = c.malloc(4);
  new DataView(c.memory.buffer).setUint32(paths, cText(c, STDLIB_PATH), true);
  check(c.PyInitConfig_SetStrList(config, cText(c, 'module_search_paths'), 1, paths), c, config);
  check(c.Py_InitializeFromInitConfig(config), c, config);
  c.PyInitConfig_Free(config);
  // From now on the interpreter calls back every now and then, which is where its time is looked at.
  new DataView(c.memory.buffer).setInt32(c.Py_EMSCRIPTEN_SIGNAL_HANDLING.value, 1, true);
  if (c.PyRun_SimpleStringFlags(cText(c, WARM_UP), 0) !== 0) {
    throw new Error('the standard library cannot be imported');
  }
  c.PyGC_Collect();
}

/** Takes the modules that are left out off the interpreter's list of built-in ones. @param {Exports} c */
function leaveOutModules(c) {
  const memory = new DataView(c.memory.buffer);
  let from = memory.getUint32(c.PyImport_Inittab.value, true);
  let to = from;
  for (;;) {
    const name = memory.getUint32(from, true);
    const init = memory.getUint32(from + 4, true);
    from += 8;
    if (name !== 0 && LEFT_OUT.has(readCText(c, name))) continue;
    memory.setUint32(to, name, true);
    memory.setUint32(to + 4, init, true);
    to += 8;
    if (name === 0) return;
  }
}

/** @param {number} status @param {Exports} c @param {number} config */
function check(status, c, config) {
  if (status === 0) return;
  const at = c.malloc(4);
  c.PyInitConfig_GetError(config, at);
  throw new Error(
    `CPython did not start: ${readCText(c, new DataView(c.memory.buffer).getUint32(at, true))}`,
  );
}

/** Copies text into the interpreter's memory, with a zero byte at the end; it is never freed. @param {Exports} c @param {string} text */
export function cText(c, text) {
  const bytes = new TextEncoder().encode(`${text}\0`);
  const at = c.malloc(bytes.length);
  new Uint8Array(c.memory.buffer).set(bytes, at);
  return at;
}

/** Text at an address up to its zero byte, at most 1000 bytes. @param {Exports} c @param {number} at */
export function readCText(c, at) {
  const bytes = new Uint8Array(c.memory.buffer).subarray(at, at + 1000);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}
