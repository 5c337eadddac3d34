import { describe, expect, it } from 'vitest';
import {
  blocksPay,
  Generator,
  linear,
  linearBlocks,
  noGrad,
  randn,
  TorchError,
  tensor,
  tidy,
} from '../src/index.js';
import { expectNoLeaks } from './helpers.js';

expectNoLeaks();

describe('linearBlocks', () => {
  it.each([
    [1, 7, 5],
    [1, 2000, 700],
    [8, 300, 2048],
    [32, 1025, 768],
    [3, 1, 1],
  ])('gives what linear gives: %i rows, weight %i x %i', (rows, outputs, inputs) => {
    tidy(() =>
      noGrad(() => {
        using generator = new Generator(rows);
        const x = randn([rows, inputs], generator);
        const weight = randn([outputs, inputs], generator);
        const ours = linearBlocks(x, weight);
        expect(ours.shape).toEqual([rows, outputs]);
        const difference = ours.sub(linear(x, weight)).abs().max().item();
        expect(difference).toBeLessThan(1e-5 * Math.sqrt(inputs) * 10);
      }),
    );
  });

  it('takes views: rows and weights that are parts of larger tensors', () => {
    tidy(() =>
      noGrad(() => {
        using generator = new Generator(1);
        const x = randn([4, 40], generator).narrow(1, 3, 30);
        const weight = randn([60, 50], generator).t().narrow(1, 10, 30);
        const difference = linearBlocks(x, weight).sub(linear(x, weight)).abs().max().item();
        expect(difference).toBeLessThan(1e-4);
      }),
    );
  });

  it('takes no rows, and weights without rows', () => {
    tidy(() => {
      const none = tensor(new Float32Array(0), [0, 4]);
      const some = tensor(new Float32Array(8), [2, 4]);
      expect(linearBlocks(none, some).shape).toEqual([0, 2]);
      expect(linearBlocks(some, none).shape).toEqual([2, 0]);
    });
  });

  it('refuses what would lose a gradient, and shapes that do not fit', () => {
    tidy(() => {
      const x = tensor(new Float32Array(8), [2, 4]);
      const weight = tensor(new Float32Array(12), [3, 4]).requiresGrad_();
      expect(() => linearBlocks(x, weight)).toThrow(TorchError);
      noGrad(() => {
        expect(linearBlocks(x, weight).toArray()).toEqual([0, 0, 0, 0, 0, 0]);
        expect(() => linearBlocks(x, tensor([1, 2, 3]))).toThrow(TorchError);
        expect(() => linearBlocks(x, tensor(new Float32Array(6), [2, 3]))).toThrow(TorchError);
        expect(() => linearBlocks(x, tensor(new Int32Array(8), [2, 4]))).toThrow(TorchError);
      });
    });
  });

  it('is for few rows in f32 on a processor', () => {
    expect(blocksPay(33, 'f32', 'cpu')).toBe(false);
    expect(blocksPay(1, 'bf16', 'cpu')).toBe(false);
    expect(blocksPay(1, 'f32', 'cuda:0')).toBe(false);
  });
});
