/** A worker of 80.workers.test.ts: does what it is told, and answers with plain data. */
import { parentPort, workerData } from 'node:worker_threads';
import { memory, noGrad, ones, Tensor, TorchError, tensor, tidy } from '../../src/index.js';
import { native } from '../../src/native.js';

const { task, handle, size } = workerData as { task: string; handle: number; size: number };
const answer = (message: unknown) => parentPort?.postMessage(message);

function big(): Tensor {
  return tidy(() =>
    ones([size, size])
      .requiresGrad_()
      .matmul(ones([size, size]))
      .tanh()
      .sum(),
  );
}

switch (task) {
  case 'compute': {
    const total = noGrad(() =>
      Array.from({ length: 200 }, (_, i) => tidy(() => ones([8, 8]).mul(size).add(i).sum().item())).reduce(
        (a, b) => a + b,
      ),
    );
    answer({ total, tensors: memory().tensors });
    break;
  }
  case 'foreign': {
    try {
      new Tensor(handle).add(1);
    } catch (error) {
      answer({
        typed: error instanceof TorchError,
        code: (error as TorchError).code,
        freed: native.free(handle),
      });
    }
    break;
  }
  case 'hold': {
    const held = Array.from({ length: 50 }, () => tensor([1, 2, 3]));
    answer({ tensors: memory().tensors, first: held[0]?.handle });
    setInterval(() => held.length, 1000);
    break;
  }
  case 'throw': {
    ones([1]).mm(ones([1]));
    break;
  }
  case 'backward': {
    const loss = big();
    const done = loss.backwardAsync();
    answer('started');
    await done;
    answer('done');
    break;
  }
  case 'loop': {
    answer('started');
    for (;;) tidy(() => ones([64, 64]).matmul(ones([64, 64])));
  }
}
