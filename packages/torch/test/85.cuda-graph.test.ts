/** CUDA graphs: what they refuse anywhere, and on a GPU that a replay computes anew from what its inputs hold. */
import { describe, expect, it } from 'vitest';
import { CudaGraph, cudaAvailable, memory, own, TorchError, tensor, tidy, zeros } from '../src/index.js';
import { native } from '../src/native.js';

describe('CudaGraph', () => {
  it('refuses other devices before anything runs', () => {
    let ran = false;
    const fn = () => {
      ran = true;
    };
    expect(() => CudaGraph.capture(fn, 'cpu')).toThrow(/records on a CUDA device, not on "cpu"/);
    expect(ran).toBe(false);
  });

  it.skipIf(cudaAvailable())('says what is missing where there is no CUDA', () => {
    expect(() => CudaGraph.capture(() => undefined)).toThrow(TorchError);
    expect(() => CudaGraph.capture(() => undefined)).toThrow(/CUDA/);
  });

  it.each(['endGraph', 'replayGraph'] as const)('%s of an unknown number is an error', (name) => {
    expect(() => native[name](12345)).toThrow(/no live CUDA graph|build with CUDA/);
  });

  const onGpu = it.skipIf(!cudaAvailable());

  onGpu('replays on what its inputs then hold (needs CUDA)', () => {
    const before = memory().tensors;
    tidy(() => {
      const x = zeros([3], { device: 'cuda:0' });
      const y = zeros([3], { device: 'cuda:0' });
      const work = () => {
        y.copy_(x.mul(2).add(1));
      };
      work(); // warms up
      using graph = CudaGraph.capture(work);
      for (const start of [1, 5]) {
        x.copy_(tensor([start, start + 1, start + 2]));
        graph.replay();
        expect(y.toArray()).toEqual([2 * start + 1, 2 * start + 3, 2 * start + 5]);
      }
      graph.dispose();
      expect(() => graph.replay()).toThrow(/disposed/);
    });
    expect(memory().tensors).toBe(before);
  });

  onGpu('fails without harm when the function waits for the device, or throws (needs CUDA)', () => {
    tidy(() => {
      const x = zeros([3], { device: 'cuda:0' });
      expect(() => CudaGraph.capture(() => void x.sum().item())).toThrow(TorchError);
      expect(() =>
        CudaGraph.capture(() => {
          throw new Error('on the way');
        }),
      ).toThrow('on the way');
      const y = own(x.clone());
      using graph = CudaGraph.capture(() => void y.add_(1));
      graph.replay();
      expect(y.toArray()).toEqual([1, 1, 1]);
      y.dispose();
    });
  });
});
