import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findFiles } from '../src/launch.js';
import { linkImports } from '../worker/imports.mjs';
import { Interpreter } from '../worker/interpreter.mjs';
import { Unwind } from '../worker/machine.mjs';
import { runTask } from '../worker/submission.mjs';

const files = findFiles();
const module = new WebAssembly.Module(readFileSync(files.wasmPath));
const stdlib = new Uint8Array(readFileSync(files.stdlibPath));
const limits = { memoryBytes: 64 * 2 ** 20, outputBytes: 1000 };

/** What CPython's module asks for, by what it gets; the machine behind it is never reached. */
function linked() {
  const imports = linkImports(module, {} as Parameters<typeof linkImports>[1]);
  const outcome = (name: string, link: unknown) => {
    if (typeof link !== 'function') return 'address';
    try {
      const answer = link(0, 0, 0, 0, 0, 0);
      return answer === -63 && name.startsWith('__syscall_') ? 'not permitted' : 'answer';
    } catch (error) {
      return error instanceof Unwind && error.message === `the sandbox has no ${name}` ? 'refused' : 'answer';
    }
  };
  return WebAssembly.Module.imports(module).map(
    ({ module: from, name }) => [name, outcome(name, imports[from]?.[name])] as const,
  );
}

describe('the interpreter is linked so that it', () => {
  it('has no way to objects of JavaScript, foreign functions or sockets', () => {
    const outward =
      /^_?(js|py(proxy|thon2js)|destroy|hiwire|raw_call|handle_next|ffi_|wrap_|create_|proxy_cache|get_async|emscripten_asm|syncify|saveState|restoreState|(set|get)_suspender|get(addrinfo|nameinfo|protobyname)$)|Js[A-Zv_]|_maybe_(connect|recvfrom|sendto)|emscripten_(dlopen|promise|set_up)/;
    const sockets =
      /^__syscall_(socket|connect|bind|listen|accept4|sendto|sendmsg|recvfrom|recvmsg|getsock|getpeer)/;
    const ways = linked().filter(([name]) => outward.test(name) || sockets.test(name));
    expect(ways.length).toBeGreaterThan(150);
    expect(ways.filter(([, outcome]) => outcome !== 'refused' && outcome !== 'not permitted')).toEqual([]);
  });

  it('gets exactly the functions that this list names', () => {
    const answers = linked().filter(([, outcome]) => outcome === 'answer');
    expect(answers.map(([name]) => name).sort()).toMatchSnapshot();
  });
});

describe('an interpreter', () => {
  const first = new Interpreter(module, stdlib, limits, null);

  it('continues from the snapshot of another one', () => {
    const second = new Interpreter(module, stdlib, limits, first.snapshot);
    const reports: unknown[] = [];
    const task = {
      analysis: null,
      program: 'import re\nprint(re.sub("a", "b", "aa"))',
      imports: [],
      tests: [],
      firstTest: 0,
      timeouts: 0,
      maxTimeouts: 1,
      loadTimeoutMs: 10_000,
      testTimeoutMs: 10_000,
    };
    runTask(
      second,
      task,
      (ms) => performance.now() + ms,
      (report) => reports.push(report),
    );
    expect(reports).toEqual([{ kind: 'load', outcome: { status: 'passed' }, output: 'bb\n' }]);
  });

  it('is bit for bit what it was after it has been restored', () => {
    const memory = () => Buffer.from(first.copyMemory());
    const before = memory();
    const { names } = first.namespace([]);
    expect(
      first.run('exec', 'import dataclasses\nx = [str(i) for i in range(1000)]', names, Infinity),
    ).toEqual({
      status: 'passed',
    });
    expect(memory().subarray(0, before.length).equals(before)).toBe(false);
    first.restore();
    const after = memory();
    expect(after.subarray(0, before.length).equals(before)).toBe(true);
    expect(after.subarray(before.length).every((byte) => byte === 0)).toBe(true);
  });

  it('never has more memory than its limit', () => {
    const { names } = first.namespace([]);
    const ending = first.run('exec', 'x = [bytearray(10 ** 5) for _ in range(10 ** 5)]', names, Infinity);
    expect(ending).toMatchObject({ status: 'failed', error: { type: 'MemoryError' } });
    expect(first.memoryBytes).toBeLessThanOrEqual(limits.memoryBytes);
    expect(first.memoryBytes).toBeGreaterThan(limits.memoryBytes / 2);
    first.restore();
  });
});
