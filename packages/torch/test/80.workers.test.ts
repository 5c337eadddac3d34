import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { memory, ones, tidy } from '../src/index.js';
import { expectNoLeaks, runChild } from './helpers.js';

expectNoLeaks();

function start(data: { task: string; handle?: number; size?: number }): Worker {
  return new Worker(new URL('./children/worker-entry.mjs', import.meta.url), { workerData: data });
}

function firstMessage<T>(worker: Worker): Promise<T> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

describe('workers', () => {
  it('compute side by side, each with scopes and tensors of its own', async () => {
    const before = memory().tensors;
    const workers = [1, 2, 3].map((size) => start({ task: 'compute', size }));
    const here = tidy(() => ones([4]).add(1).sum().item());
    const answers = await Promise.all(workers.map((worker) => firstMessage(worker)));
    expect(here).toBe(8);
    // 200 sums over 64 elements of size + i.
    expect(answers).toEqual(
      [1, 2, 3].map((size) => ({ total: 64 * (200 * size + (199 * 200) / 2), tensors: 0 })),
    );
    expect(memory().tensors).toBe(before);
    await Promise.all(workers.map((worker) => worker.terminate()));
  });

  it("refuse each other's handles", async () => {
    const mine = ones([2]);
    const worker = start({ task: 'foreign', handle: mine.handle });
    expect(await firstMessage(worker)).toEqual({ typed: true, code: 'handle', freed: false });
    expect(mine.toArray()).toEqual([1, 1]);
    mine.dispose();
    await worker.terminate();
  });

  it('free what they hold when they are terminated, and the thread lives on', async () => {
    const worker = start({ task: 'hold' });
    const { tensors, first } = await firstMessage<{ tensors: number; first: number }>(worker);
    expect(tensors).toBe(50);
    await worker.terminate();
    // Another worker gets another number: the dead one's handles mean nothing to it.
    const next = start({ task: 'foreign', handle: first });
    expect(await firstMessage(next)).toEqual({ typed: true, code: 'handle', freed: false });
    await next.terminate();
    tidy(() => expect(ones([2]).sum().item()).toBe(2));
  });

  it('report errors as any other', async () => {
    const worker = start({ task: 'throw' });
    await expect(firstMessage(worker)).rejects.toThrow(/aten::mm: self must be a matrix/);
  });

  it('run backwardAsync', async () => {
    const worker = start({ task: 'backward', size: 64 });
    const messages: unknown[] = [];
    worker.on('message', (message) => messages.push(message));
    expect(await new Promise((resolve) => worker.once('exit', resolve))).toBe(0);
    expect(messages).toEqual(['started', 'done']);
  });

  it('may be terminated in the middle of backwardAsync', async () => {
    for (let i = 0; i < 3; i++) {
      const worker = start({ task: 'backward', size: 1200 });
      expect(await firstMessage(worker)).toBe('started');
      await worker.terminate();
    }
    tidy(() => expect(ones([2]).sum().item()).toBe(2));
  });

  it('may be terminated while computing, again and again', async () => {
    const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
    const before = resident();
    for (let i = 0; i < 4; i++) {
      const workers = [start({ task: 'loop' }), start({ task: 'loop' })];
      await Promise.all(workers.map((worker) => firstMessage(worker)));
      await Promise.all(workers.map((worker) => worker.terminate()));
    }
    expect(resident() - before).toBeLessThan(400_000);
  });
});

it('compute with numbers of threads of their own, also in backwardAsync', async () => {
  const { stdout, stderr } = await runChild('threads.mjs', []);
  expect(stderr).toBe('');
  const [one, three] = JSON.parse(stdout);
  expect(one).toBeLessThanOrEqual(0); // some may even end
  // Two more than the worker's own, and two more than the pool's.
  expect(three).toBeGreaterThanOrEqual(4);
});

describe('the process ends cleanly', () => {
  it.each(['process-exit', 'main-ends', 'tensors-alive', 'exit-with-workers'])('%s', async (how) => {
    expect(await runChild('exit.ts', [how])).toMatchObject({ code: 0, signal: null, stderr: '' });
  });
});
