/** Ends the process in the middle of work: `exit.ts <how>`. */
import { Worker } from 'node:worker_threads';
import { ones, tidy } from '../../src/index.js';

const how = process.argv[2];
const work = () =>
  tidy(() =>
    ones([600, 600])
      .requiresGrad_()
      .matmul(ones([600, 600]))
      .tanh()
      .sum(),
  );

if (how === 'process-exit') {
  for (let i = 0; i < 4; i++) void work().backwardAsync();
  process.exit(0);
}
if (how === 'main-ends') {
  void work().backwardAsync();
}
if (how === 'tensors-alive') {
  (globalThis as { kept?: unknown }).kept = [ones([10]), work()];
}
if (how === 'exit-with-workers') {
  const workers = [1, 2].map(
    () =>
      new Worker(new URL('./worker-entry.mjs', import.meta.url), {
        workerData: { task: 'loop', size: 8 },
      }),
  );
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
  process.exit(0);
}
process.on('exit', () => {
  ones([2]).add(1);
});
