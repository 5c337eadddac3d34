// Two workers with numbers of threads of their own: prints how many threads of the process each one's work starts. It runs
// what was compiled, since a loader would have threads too.
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { ones, setNumThreads, tidy } from '../../dist/index.js';

/** @param {number} size */
const work = (size) =>
  tidy(() =>
    ones([size, size])
      .requiresGrad_()
      .matmul(ones([size, size]))
      .tanh()
      .sum(),
  ).backwardAsync();

/** Threads that a worker's work leaves in the process. @param {Worker} worker */
async function startedBy(worker) {
  const count = () => readdirSync('/proc/self/task').length;
  const before = count();
  worker.postMessage('work');
  await once(worker, 'message');
  return count() - before;
}

if (isMainThread) {
  const workers = [1, 3].map(
    (threads) => new Worker(fileURLToPath(import.meta.url), { workerData: threads }),
  );
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const started = [];
  for (const worker of workers) started.push(await startedBy(worker));
  console.log(JSON.stringify(started));
  process.exit();
}
setNumThreads(workerData);
// From here on the pool has its threads.
await work(1);
parentPort?.on('message', async () => {
  await work(600);
  parentPort?.postMessage('done');
});
parentPort?.postMessage('ready');
