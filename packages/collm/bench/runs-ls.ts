/**
 * How long `collm runs ls` takes as a process, Node's start included: with an index to be built, with the index there, and
 * with one run that has grown since. Prints JSON, times in milliseconds.
 *
 *   npx tsc -b && npx tsx packages/collm/bench/runs-ls.ts [--runs 1000] [--steps 300] [--times 15]
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { writeSyntheticRun } from './synthetic-runs.js';

const { values: flags } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    steps: { type: 'string', default: '300' },
    times: { type: 'string', default: '15' },
  },
});
const [count, steps, times] = [flags.runs, flags.steps, flags.times].map(Number) as [number, number, number];

const collm = fileURLToPath(new URL('../bin/collm.js', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'collm-runs-ls-'));

function measure(args: readonly string[]): number {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: dir, encoding: 'utf8' });
  const time = performance.now() - start;
  if (status !== 0) throw new Error(`It failed:\n${stderr}`);
  const lines = stdout.trimEnd().split('\n').length;
  if (args[0] === collm && lines !== count + 1)
    throw new Error(`It listed ${lines - 1} runs instead of ${count}.`);
  return time;
}

function statistics(work: () => number, repeats: number) {
  const all = Array.from({ length: repeats }, work).sort((a, b) => a - b);
  const at = (share: number) => Math.round(all[Math.floor(share * (all.length - 1))] as number);
  return { median: at(0.5), fastest: at(0), slowest: at(1) };
}

try {
  const runs = join(dir, 'runs');
  for (let number = 0; number < count; number++) {
    writeSyntheticRun(runs, { name: `run-${String(number).padStart(4, '0')}`, number, steps });
  }
  const list = [collm, 'runs', 'ls'];
  const grown = join(runs, 'run-0000/metrics.jsonl');
  const last = readFileSync(grown, 'utf8').trimEnd().split('\n').at(-1) as string;
  const result = {
    runs: count,
    stepsPerRun: steps,
    node: process.versions.node,
    processor: `${cpus()[0]?.model.trim()} (${availableParallelism()} threads)`,
    nodeAlone: statistics(() => measure(['-e', '0']), times),
    cold: statistics(() => {
      rmSync(join(runs, '.index.sqlite'), { force: true });
      return measure(list);
    }, 3),
    warm: statistics(() => measure(list), times),
    oneGrown: statistics(() => {
      appendFileSync(grown, `${last}\n`);
      return measure(list);
    }, times),
  };
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
