import type { Device } from './dtype.js';
import { TorchError } from './errors.js';
import { native } from './native.js';
import { refusePromise, tidy } from './scope.js';

/**
 * A recording of what a function queues on a CUDA device, started again as a whole: a decoding step is some
 * hundred small kernels, and launching them one by one takes longer than they run.
 *
 * A recording repeats the same kernels on the same addresses. So
 *
 * - what the function reads and writes must have been made before and live as long as the graph. Give it new
 *   input by `copy_` into such a tensor, and let it leave its result by `copy_` in another;
 * - shapes, numbers and branches are those of the recording;
 * - nothing inside may wait for the device (`item`, reading to the host) or copy from the host (`tensor`);
 *   either fails the capture;
 * - what is computed once at first use (tables, caches) must be there already: run the function once before.
 *
 * Intermediates may be freed as everywhere: their memory belongs to the graph, which uses it again at every
 * replay and gives it back when it is disposed of.
 */
export class CudaGraph {
  private constructor(private graph: number) {}

  /**
   * Records `fn` without running it: `replay` does. Other threads may use the device meanwhile.
   *
   * @param device where `fn` computes; a graph belongs to one device
   * @throws TorchError for what cannot be recorded (see above), and `missing` in a build without CUDA.
   */
  static capture(fn: () => void, device: Device = 'cuda:0'): CudaGraph {
    if (!device.startsWith('cuda'))
      throw new TorchError('argument', `CudaGraph.capture() records on a CUDA device, not on "${device}".`);
    const graph = native.beginGraph(device === 'cuda' ? 'cuda:0' : device);
    try {
      refusePromise('CudaGraph.capture', 'the recording ends when it returns', tidy(fn));
    } catch (error) {
      try {
        native.endGraph(graph);
      } catch {
        // The recording has failed because `fn` did: that is the error to be seen.
      } finally {
        native.freeGraph(graph);
      }
      throw error;
    }
    try {
      native.endGraph(graph);
    } catch (error) {
      native.freeGraph(graph);
      throw error;
    }
    return new CudaGraph(graph);
  }

  /** Queues the recorded work on the device, behind what is queued there. */
  replay(): void {
    if (this.graph === 0)
      throw new TorchError('disposed', 'the CUDA graph was disposed of before its replay.');
    native.replayGraph(this.graph);
  }

  /** Waits for the device and frees the recording; twice is fine. */
  dispose(): void {
    if (this.graph === 0) return;
    native.freeGraph(this.graph);
    this.graph = 0;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
