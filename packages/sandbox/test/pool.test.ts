import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { PythonSandbox } from '../src/index.js';
import { submission, summary } from './helpers.js';
import { descendants, residentMiB, runs } from './processes.js';

const onLinux = process.platform === 'linux';

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

function startHost(what: 'finish' | 'hang'): ChildProcess {
  const script = fileURLToPath(new URL('fixtures/host.ts', import.meta.url));
  return spawn(process.execPath, ['--import', 'tsx', script, what], { stdio: ['ignore', 'pipe', 'inherit'] });
}

describe('a pool', () => {
  it('begins submissions in the order in which they came, and limits count from there', async () => {
    const sandbox = new PythonSandbox({ workers: 1, spares: 0 });
    const order: number[] = [];
    const jobs = Array.from({ length: 5 }, async (_, index) => {
      const limits = { testTimeoutMs: 1000 };
      const result = await sandbox.run(submission('import time', ['time.sleep(0.3)'], limits));
      expect(result.tests.map(summary)).toEqual(['passed']);
      order.push(index);
    });
    await Promise.all(jobs);
    expect(order).toEqual([0, 1, 2, 3, 4]);
    await sandbox.dispose();
  });

  it('gives every submission its own result, and uses no more processes than it should', async () => {
    const sandbox = new PythonSandbox({ workers: 2, spares: 1 });
    const results = await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        sandbox.run(submission(`print(${index})`, [`assert ${index} % 3`, 'import os; os._exit(1)'])),
      ),
    );
    for (const [index, { output, tests }] of results.entries()) {
      expect(output).toBe(`${index}\n`);
      expect(tests[0]?.status).toBe(index % 3 ? 'passed' : 'failed');
    }
    if (onLinux) {
      const nodes = descendants(process.pid).filter((id) =>
        readFileSync(`/proc/${id}/cmdline`, 'utf8').includes('worker/main.mjs'),
      );
      // With namespaces a wrapper stands before each of the three workers.
      expect(nodes.length).toBeLessThanOrEqual(6);
    }
    await sandbox.dispose();
  });

  it('goes on while others are killed beside it', async () => {
    const sandbox = new PythonSandbox({ workers: 2 });
    const endless = Array.from({ length: 2 }, () =>
      sandbox.run(submission('sum(range(10 ** 15))', [], { loadTimeoutMs: 300 })),
    );
    const healthy = Array.from({ length: 20 }, () => sandbox.run(submission('x = 1', ['assert x == 1'])));
    expect((await Promise.all(endless)).map((result) => result.load.status)).toEqual(
      Array(2).fill('timeout'),
    );
    expect((await Promise.all(healthy)).flatMap((result) => result.tests.map(summary))).toEqual(
      Array(20).fill('passed'),
    );
    await sandbox.dispose();
  });

  it.runIf(onLinux)('stays the same process over many submissions, and grows no handles', async () => {
    const sandbox = new PythonSandbox({ workers: 1, spares: 0 });
    await sandbox.run(submission('x = 1'));
    const before = { processes: descendants(process.pid), handles: process.getActiveResourcesInfo().length };
    for (let round = 0; round < 150; round++) {
      await sandbox.run(
        submission('x = [0] * 100000\nopen("/tmp/x", "w").write("y" * 100000)', ['assert x']),
      );
    }
    expect({ processes: descendants(process.pid), handles: process.getActiveResourcesInfo().length }).toEqual(
      before,
    );
    await sandbox.dispose();
  });

  it.runIf(onLinux)('gives back the memory that submissions took', async () => {
    const sandbox = new PythonSandbox({ workers: 1, spares: 0 });
    await sandbox.run(submission('x = 1'));
    const before = residentMiB(descendants(process.pid));
    for (let round = 0; round < 5; round++) {
      const greedy = await sandbox.run(submission('x = bytearray(2 ** 27)', ['assert len(x) == 2 ** 27']));
      expect(greedy.tests.map(summary)).toEqual(['passed']);
    }
    // The result comes before the memory is given back; the next one comes after it.
    await sandbox.run(submission('x = 1'));
    expect(residentMiB(descendants(process.pid)) - before).toBeLessThan(150);
    await sandbox.dispose();
  });
});

describe('the end of', () => {
  it('a sandbox takes everything with it', async () => {
    const sandbox = new PythonSandbox({ workers: 1, spares: 0 });
    await sandbox.run(submission('x = 1'));
    const processes = onLinux ? descendants(process.pid) : [];
    const running = sandbox.run(submission('while True: pass'));
    const queued = sandbox.run(submission('x = 1'));
    const disposed = Promise.all([sandbox.dispose(), sandbox.dispose()]);
    await expect(running).rejects.toThrow(/disposed/);
    await expect(queued).rejects.toThrow(/disposed/);
    await disposed;
    await expect(sandbox.run(submission('x = 1'))).rejects.toThrow('make a new one');
    await until(() => !processes.some(runs));
    await sandbox.dispose();
  });

  it('a sandbox that was never used, or has just begun, is as simple', async () => {
    await new PythonSandbox().dispose();
    const sandbox = new PythonSandbox();
    const begun = sandbox.run(submission('x = 1'));
    const disposed = sandbox.dispose();
    await expect(begun).rejects.toThrow(/disposed/);
    await disposed;
  });

  it('a program comes by itself while workers are warm', async () => {
    const host = startHost('finish');
    const printed: Buffer[] = [];
    host.stdout?.on('data', (data: Buffer) => printed.push(data));
    const [code] = await once(host, 'close');
    expect(code).toBe(0);
    expect(Buffer.concat(printed).toString()).toBe('passed\n');
  });

  it.runIf(onLinux)('a program that was killed ends its workers, even a busy one', async () => {
    const host = startHost('hang');
    if (host.stdout === null || host.pid === undefined) throw new Error('no host');
    await once(host.stdout, 'data');
    const workers = descendants(host.pid);
    expect(workers.length).toBeGreaterThan(0);
    host.kill('SIGKILL');
    await until(() => !workers.some(runs));
  });
});
