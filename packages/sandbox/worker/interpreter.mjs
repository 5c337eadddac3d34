/// <reference path="./webassembly.d.ts" />
/**
 * One CPython with a way back: after start-up its whole state (memory, stack pointer) is kept, and `restore` returns to
 * it, whatever ran in between. Nothing that decides an outcome is written in Python: source text goes into the C
 * functions behind `exec` and `eval`, and what comes back is read from the interpreter's memory.
 */
import { FileSystem } from './files.mjs';
import { linkImports } from './imports.mjs';
import { Unwind } from './machine.mjs';
import { cText, readCText, startPython } from './start.mjs';

/**
 * @typedef {object} Snapshot
 * @property {Uint8Array} memory
 * @property {number} stackPointer
 */

/** @typedef {{ type: string, message: string }} PythonError */

/**
 * How a run of source text ended. `gone`: the interpreter's state is lost, `restore` before anything else.
 *
 * @typedef {{ status: 'passed' } | { status: 'failed', error: PythonError, gone: boolean } | { status: 'timeout', gone: true }} Ending
 */

const MAX_MESSAGE = 2000;
const PAGE = 65536;

export class Interpreter {
  /** @type {import('./start.mjs').Exports} */
  #c;
  /** @type {import('./machine.mjs').Machine} */
  #machine;
  #stdlib;
  #outputLimit;
  /** @type {Uint8Array} */
  #output;
  #outputSize = 0;
  #randomState = 1;
  /** @type {Snapshot} */
  #snapshot;
  /** Addresses of the built-in functions. */
  #exec;
  #eval;

  /**
   * @param {WebAssembly.Module} module Pyodide's
   * @param {Uint8Array} stdlib the standard library as a zip file
   * @param {{ memoryBytes: number, outputBytes: number }} limits
   * @param {Snapshot | null} snapshot of another interpreter with the same module, which saves the start-up
   */
  constructor(module, stdlib, limits, snapshot) {
    this.#stdlib = stdlib;
    this.#outputLimit = limits.outputBytes;
    this.#output = new Uint8Array(limits.outputBytes);
    this.#machine = {
      memory: new WebAssembly.Memory({ initial: 0 }),
      table: new WebAssembly.Table({ element: 'anyfunc', initial: 0 }),
      maxBytes: Math.floor(limits.memoryBytes / PAGE) * PAGE,
      files: this.#newFiles(),
      deadline: Number.POSITIVE_INFINITY,
      fillRandom: (bytes) => this.#fillRandom(bytes),
    };
    const instance = new WebAssembly.Instance(module, linkImports(module, this.#machine));
    const c = /** @type {import('./start.mjs').Exports} */ (instance.exports);
    this.#c = c;
    this.#machine.memory = c.memory;
    this.#machine.table = c.__indirect_function_table;
    if (snapshot === null) {
      startPython(c);
      const used = new Uint8Array(c.memory.buffer, 0, c.sbrk(0));
      this.#snapshot = { memory: used.slice(), stackPointer: c.__stack_pointer.value };
    } else {
      const missing = snapshot.memory.length - c.memory.buffer.byteLength;
      if (missing > 0) c.memory.grow(Math.ceil(missing / PAGE));
      c.emscripten_stack_init();
      this.#snapshot = snapshot;
    }
    this.restore();
    this.#exec = this.#builtin('exec');
    this.#eval = this.#builtin('eval');
    this.restore();
  }

  get snapshot() {
    return this.#snapshot;
  }

  /** Size of the interpreter's memory in bytes; it never shrinks. */
  get memoryBytes() {
    return this.#c.memory.buffer.byteLength;
  }

  /** A copy of the whole memory as it is now. */
  copyMemory() {
    return new Uint8Array(this.#c.memory.buffer).slice();
  }

  get #full() {
    return this.memoryBytes >= this.#machine.maxBytes - 16 * PAGE;
  }

  /** Back to the state after start-up. */
  restore() {
    const memory = new Uint8Array(this.#c.memory.buffer);
    memory.set(this.#snapshot.memory);
    memory.fill(0, this.#snapshot.memory.length);
    this.#c.__stack_pointer.value = this.#snapshot.stackPointer;
    this.#machine.files = this.#newFiles();
    this.#machine.deadline = Number.POSITIVE_INFINITY;
    this.#randomState = 1;
  }

  /** What was printed since the last call. The limit counts from the last `clearOutput`. */
  takeOutput() {
    const text = new TextDecoder().decode(this.#output.subarray(0, this.#outputSize));
    this.#outputLimit -= this.#outputSize;
    this.#outputSize = 0;
    return text;
  }

  clearOutput() {
    this.#outputSize = 0;
    this.#outputLimit = this.#output.length;
  }

  /**
   * A new namespace.
   *
   * @param {readonly string[]} imports modules that it holds; the trusted caller names them
   * @returns {{ names: number, error?: PythonError }} an error when one of them does not exist
   */
  namespace(imports) {
    const names = this.#c.PyDict_New();
    for (const name of imports) {
      const module = this.#c.PyImport_ImportModule(cText(this.#c, name));
      if (module === 0) return { names, error: this.#takeError() };
      this.#c.PyDict_SetItemString(names, cText(this.#c, name), module);
    }
    return { names };
  }

  /** Puts text into a namespace. @param {number} names @param {string} name @param {string} text */
  setText(names, name, text) {
    this.#c.PyDict_SetItemString(names, cText(this.#c, name), this.#text(text));
  }

  /** A text that trusted code left in a namespace. @param {number} names @param {string} name @param {number} maxLength */
  getText(names, name, maxLength) {
    return this.#readText(this.#c.PyDict_GetItemString(names, cText(this.#c, name)), maxLength);
  }

  /**
   * Runs source text until it ends or time is up.
   *
   * @param {'exec' | 'eval'} mode
   * @param {string} source
   * @param {number} names the namespace
   * @param {number} deadline on the clock of `performance.now()`, in ms
   * @returns {Ending}
   */
  run(mode, source, names, deadline) {
    const c = this.#c;
    try {
      this.#machine.deadline = deadline;
      // What an earlier step left behind to watch later ones.
      c.PyEval_SetTrace(0, 0);
      c.PyEval_SetProfile(0, 0);
      c.PyErr_Clear();
      const text = this.#text(source);
      const args = c.PyTuple_New(2);
      if (text === 0 || args === 0) return outOfMemory();
      c.PyTuple_SetItem(args, 0, text);
      c.Py_IncRef(names);
      c.PyTuple_SetItem(args, 1, names);
      const value = c.PyObject_Call(mode === 'exec' ? this.#exec : this.#eval, args, 0);
      const late = performance.now() > deadline;
      if (late) return { status: 'timeout', gone: true };
      if (value === 0) return this.#failure();
      c.Py_DecRef(value);
      c.Py_DecRef(args);
      return { status: 'passed' };
    } catch (error) {
      return this.#ended(error);
    } finally {
      this.#machine.deadline = Number.POSITIVE_INFINITY;
    }
  }

  /** What a failed call left behind. @returns {Ending} */
  #failure() {
    /** @type {PythonError} */
    let error = { type: 'SystemError', message: '' };
    try {
      error = this.#takeError((type) => {
        error = { type, message: '' };
      });
      // What fills the memory may well live on, and with it no further test could run.
      return { status: 'failed', error, gone: this.#full };
    } catch {
      // Its message comes from the program's own code, which may do anything but change that it failed.
      return { status: 'failed', error, gone: true };
    }
  }

  /**
   * Name and text of the exception that is set, which is cleared.
   *
   * @param {(type: string) => void} [onType] called before the text is asked for
   * @returns {PythonError}
   */
  #takeError(onType) {
    const c = this.#c;
    const exception = c.PyErr_GetRaisedException();
    if (exception === 0) return { type: 'MemoryError', message: 'no memory for an exception' };
    const memory = new DataView(c.memory.buffer);
    // PyObject.ob_type and PyTypeObject.tp_name on 32 bits.
    const name = readCText(c, memory.getUint32(memory.getUint32(exception + 4, true) + 12, true));
    const type = name.slice(name.lastIndexOf('.') + 1).slice(0, 200);
    onType?.(type);
    const text = c.PyObject_Str(exception);
    const message = text === 0 ? '' : (this.#readText(text, MAX_MESSAGE) ?? '');
    c.PyErr_Clear();
    return { type, message };
  }

  /** How an exception that came through the interpreter ended it. @param {unknown} error @returns {Ending} */
  #ended(error) {
    if (error instanceof Unwind && error.reason === 'time') return { status: 'timeout', gone: true };
    if (error instanceof Unwind && error.reason === 'exit') {
      return { status: 'failed', error: { type: 'SystemExit', message: error.message }, gone: true };
    }
    if (error instanceof RangeError && error.message.includes('call stack')) {
      const message = 'the stack of the interpreter is full';
      return { status: 'failed', error: { type: 'RecursionError', message }, gone: true };
    }
    if (this.#full) return outOfMemory();
    const message = error instanceof Error ? error.message : String(error);
    return {
      status: 'failed',
      error: { type: 'SystemError', message: message.slice(0, MAX_MESSAGE) },
      gone: true,
    };
  }

  /** A new Python text; lone surrogates stay what they are. @param {string} text */
  #text(text) {
    const c = this.#c;
    const bytes = Buffer.from(text, 'utf16le');
    const at = c.malloc(bytes.length + 4);
    if (at === 0) return 0;
    const start = at + 4;
    new DataView(c.memory.buffer).setInt32(at, -1, true);
    new Uint8Array(c.memory.buffer).set(bytes, start);
    const object = c.PyUnicode_DecodeUTF16(start, bytes.length, cText(c, 'surrogatepass'), at);
    c.free(at);
    return object;
  }

  /**
   * The start of a Python text; lone surrogates are written as escapes. Undefined when there is no memory for it.
   *
   * @param {number} object
   * @param {number} maxLength in code points
   */
  #readText(object, maxLength) {
    const c = this.#c;
    const start = c.PyUnicode_Substring(object, 0, maxLength);
    if (start === 0) return undefined;
    const encoded = c.PyUnicode_AsEncodedString(start, cText(c, 'utf-8'), cText(c, 'backslashreplace'));
    if (encoded === 0) return undefined;
    const bytes = new Uint8Array(c.memory.buffer, c.PyBytes_AsString(encoded), c.PyBytes_Size(encoded));
    return new TextDecoder().decode(bytes);
  }

  /** @param {string} name */
  #builtin(name) {
    return this.#c.PyDict_GetItemString(this.#c.PyEval_GetBuiltins(), cText(this.#c, name));
  }

  #newFiles() {
    return new FileSystem(
      this.#stdlib,
      (bytes) => {
        const taken = bytes.subarray(0, this.#outputLimit - this.#outputSize);
        this.#output.set(taken, this.#outputSize);
        this.#outputSize += taken.length;
      },
      (bytes) => this.#fillRandom(bytes),
    );
  }

  /** Random bytes that are the same for every submission, so that equal submissions have equal outcomes. @param {Uint8Array} bytes */
  #fillRandom(bytes) {
    for (let index = 0; index < bytes.length; index++) {
      this.#randomState = (Math.imul(this.#randomState, 1664525) + 1013904223) >>> 0;
      bytes[index] = this.#randomState >>> 24;
    }
  }
}

/** @returns {Ending} */
function outOfMemory() {
  return { status: 'failed', error: { type: 'MemoryError', message: 'out of memory' }, gone: true };
}
