/** Products of a large weight with few rows, as decoding makes them. */
import type { Device, DType } from './dtype.js';
import { native } from './native.js';
import type { Tensor } from './tensor.js';
import { wrap } from './wrap.js';

/** OpenBLAS takes matrices as they lie up to so many results and multiply-adds of a product. */
const MOST_RESULTS = 1200;
const MOST_PRODUCTS = 1e6;
/** From here on packing the weight pays for itself. */
const MOST_ROWS = 32;
/** Blocks of a multiple of this many rows suit the width of vectors. */
const VECTOR = 16;

// MKL does by itself what the blocks are for.
const packs = !native.buildConfig().includes('BLAS_INFO=mkl');

/** True when `linearBlocks` beats `linear` for `rows` rows of this kind (`npm run bench -- --only blocks`). */
export function blocksPay(rows: number, dtype: DType, device: Device): boolean {
  return packs && rows <= MOST_ROWS && dtype === 'f32' && device === 'cpu';
}

/**
 * x Wᵀ without a graph: the weight is taken in blocks of rows that the BLAS library uses as they lie, where
 * it would first copy a large matrix into an order of its own. Blocks run on all threads.
 *
 * @param x [B, C] on the processor
 * @param weight [N, C]
 * @returns [B, N]
 * @throws TorchError when a gradient would be lost, or for other shapes
 */
export function linearBlocks(x: Tensor, weight: Tensor): Tensor {
  const [rows, inputs] = [Math.max(1, x.size(0)), Math.max(1, weight.size(1))];
  const share = weight.size(0) / native.numThreads();
  const most = Math.min(MOST_RESULTS / rows, MOST_PRODUCTS / (rows * inputs), Math.max(VECTOR, share));
  const block = most < VECTOR ? Math.floor(most) : VECTOR * Math.floor(most / VECTOR);
  return wrap(native.linearBlocks(x.handle, weight.handle, Math.max(1, block)));
}
