import { once } from 'node:events';
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { findFiles, launchWorker, namespacesWork, SandboxError } from '../src/launch.js';
import { PythonSandbox } from '../src/sandbox.js';
import { SandboxWorker } from '../src/worker.js';
import { submission } from './helpers.js';

/** What a script can do in a process that is locked in like a worker. */
async function probe(namespaces: boolean) {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-isolation-'));
  const file = join(folder, 'canary.txt');
  writeFileSync(file, 'canary');
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const main = realpathSync(fileURLToPath(new URL('fixtures/probe.mjs', import.meta.url)));
  process.env.SANDBOX_CANARY = 'secret';
  const child = launchWorker({ ...findFiles(), main, scripts: [main] }, namespaces);
  try {
    child.send({ file, port: typeof address === 'object' ? address?.port : 0 });
    const [answers] = await once(child, 'message');
    expect(readFileSync(file, 'utf8')).toBe('canary');
    return answers;
  } finally {
    delete process.env.SANDBOX_CANARY;
    child.kill('SIGKILL');
    server.close();
    rmSync(folder, { recursive: true });
  }
}

const locked = {
  read: 'ERR_ACCESS_DENIED',
  list: 'ERR_ACCESS_DENIED',
  write: 'ERR_ACCESS_DENIED',
  spawn: 'ERR_ACCESS_DENIED',
  evaluate: 'EvalError: Code generation from strings disallowed for this context',
};

it('even a script of the worker could not read, write, spawn or evaluate text', async () => {
  const answers = await probe(false);
  expect(answers).toMatchObject(locked);
  expect(
    answers.environment.filter(
      (name: string) => !/^(NODE_CHANNEL_|PWD$|OLDPWD$|SHLVL$|_$|SystemRoot$)/.test(name),
    ),
  ).toEqual([]);
});

it.skipIf(!(await namespacesWork()))('with namespaces it has no network either', async () => {
  const answers = await probe(true);
  expect(answers).toMatchObject({ ...locked, interfaces: [] });
  expect(answers.connected).toMatch(/ENETUNREACH|ECONNREFUSED|EACCES|ERR_ACCESS_DENIED/);
});

it('runs without namespaces when told so', async () => {
  const sandbox = new PythonSandbox({ namespaces: 'off', workers: 1, spares: 0 });
  const result = await sandbox.run(submission('import os\nx = os.listdir("/")', ['assert "sandbox" in x']));
  expect(result.tests).toEqual([{ status: 'passed' }]);
  await sandbox.dispose();
});

it('names what a worker that cannot start is missing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-broken-'));
  const wasmPath = join(realpathSync(folder), 'broken.wasm');
  writeFileSync(wasmPath, 'not WebAssembly');
  const sandbox = new PythonSandbox({ workers: 1 }, { ...findFiles(), wasmPath });
  const failure = await Promise.all([
    sandbox.run(submission('x = 1')),
    sandbox.run(submission('x = 2')),
  ]).catch((e) => e);
  expect(failure).toBeInstanceOf(SandboxError);
  expect(failure.message).toMatch(/could not be started.*WebAssembly.*Install the package pyodide/);
  await expect(sandbox.run(submission('x = 1'))).rejects.toThrow(SandboxError);
  await sandbox.dispose();
  rmSync(folder, { recursive: true });
});

it('ends a process that answers nothing', async () => {
  const main = realpathSync(fileURLToPath(new URL('fixtures/probe.mjs', import.meta.url)));
  const child = launchWorker({ ...findFiles(), main, scripts: [main] }, false);
  const nothing = () => {};
  const gone = new Promise<string>((resolve) => {
    const worker = new SandboxWorker(child, {
      ready: nothing,
      report: nothing,
      done: nothing,
      gone: resolve,
    });
    worker.expectWithin(10);
  });
  const alive = setInterval(nothing, 1000);
  expect(await gone).toBe('timeout');
  clearInterval(alive);
});

it.each([
  [{ workers: 0 }, /workers is 0; it has to be a whole number from 1 to 256/],
  [{ memoryMiB: 10 }, /memoryMiB is 10/],
  [{ spares: 1.5 }, /spares is 1.5/],
  [{ outputBytes: -1 }, /outputBytes is -1/],
  [{ namespaces: 'on' as 'auto' }, /namespaces is "on"; use auto, require or off/],
])('refuses the option %j', (options, message) => {
  expect(() => new PythonSandbox(options)).toThrow(message);
});
