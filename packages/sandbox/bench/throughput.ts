/**
 * What the sandbox costs: start, submissions per second, how fast endless code is stopped, memory and handles.
 *
 *   npx tsx packages/sandbox/bench/throughput.ts [--count 300] [--workers 2] [--namespaces auto]
 *
 * With `--count 10000` it shows that nothing leaks: memory and handles are printed on the way.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { PythonSandbox, type SandboxOptions, type Submission } from '../src/index.js';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '300' },
    workers: { type: 'string', default: '2' },
    namespaces: { type: 'string', default: 'auto' },
  },
});
const count = Number(values.count);

/** A small problem as a model would solve it, with three tests. */
function small(index: number): Submission {
  const program = [
    'from typing import List',
    'def aux(xs: List[int]) -> List[int]:',
    '    return sorted(set(xs))',
    'def solve(xs: List[int]) -> int:',
    `    return sum(aux(xs)) + ${index}`,
  ].join('\n');
  const expected = [6 + index, index, 5 + index];
  const tests = ['[1, 2, 3, 3]', '[]', '[5]'].map((list, test) => ({
    steps: [{ mode: 'exec' as const, source: `assert solve(${list}) == ${expected[test]}` }],
  }));
  return { program, imports: ['math'], tests, loadTimeoutMs: 10_000, testTimeoutMs: 10_000, maxTimeouts: 3 };
}

/** MiB of memory of this process's workers, by Linux' process table; 0 elsewhere. */
function workerMemory(): number {
  if (process.platform !== 'linux') return 0;
  let pages = 0;
  for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${id}/cmdline`, 'utf8').includes('sandbox/worker/main.mjs')) continue;
      pages += Number(readFileSync(`/proc/${id}/statm`, 'utf8').split(' ')[1]);
    } catch {
      // The process ended while we looked.
    }
  }
  return (pages * 4096) / 2 ** 20;
}

function report(label: string): void {
  const host = process.memoryUsage().rss / 2 ** 20;
  const handles = process.getActiveResourcesInfo().length;
  console.log(
    `${label.padEnd(22)} host ${host.toFixed(0)} MiB, workers ${workerMemory().toFixed(0)} MiB, ${handles} handles`,
  );
}

const sandbox = new PythonSandbox({
  workers: Number(values.workers),
  namespaces: values.namespaces as NonNullable<SandboxOptions['namespaces']>,
});

const start = performance.now();
await sandbox.run(small(0));
console.log(`first result after       ${(performance.now() - start).toFixed(0)} ms`);
await Promise.all(Array.from({ length: 50 }, (_, index) => sandbox.run(small(index))));
report('warm');

const chunk = 500;
const begin = performance.now();
let passed = 0;
for (let done = 0; done < count; done += chunk) {
  const size = Math.min(chunk, count - done);
  const results = await Promise.all(
    Array.from({ length: size }, (_, index) => sandbox.run(small(done + index))),
  );
  passed += results.filter(({ tests }) => tests.every((test) => test.status === 'passed')).length;
  if ((done / chunk) % 4 === 3) report(`after ${done + size}`);
}
const seconds = (performance.now() - begin) / 1000;
console.log(
  `submissions per second   ${(count / seconds).toFixed(0)} (${passed} of ${count} passed all tests)`,
);

const latencies = new Map<string, number[]>();
for (let round = 0; round < 5; round++) {
  for (const source of ['while True: pass', 'sum(range(10 ** 15))']) {
    const limit = 500;
    // A worker that was killed has been replaced by then, so that no time of waiting for one is counted.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const began = performance.now();
    await sandbox.run({ ...small(0), program: source, loadTimeoutMs: limit });
    latencies.set(source, [...(latencies.get(source) ?? []), performance.now() - began - limit]);
  }
}
for (const [source, late] of latencies) {
  console.log(`stopped after its limit  ${Math.max(...late).toFixed(0)} ms at most, of 5: ${source}`);
}
report('at the end');
await sandbox.dispose();
