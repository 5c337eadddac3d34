/** Uses a freed tensor, to show what TORCH_DEBUG=1 adds to the error. */
import { ones, tidy } from '../../src/index.js';

let freed = ones([1]);
function makeTheTensor(): void {
  freed = ones([2]).add(1);
}
freed.dispose();
tidy(makeTheTensor);
try {
  freed.silu();
} catch (error) {
  process.stdout.write((error as Error).message);
}
