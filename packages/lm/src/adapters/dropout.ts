/** Dropout whose masks can be drawn again: each depends on an adapter's seed and the place it is used in alone. */
import { empty, Generator, type Tensor } from '@collm/torch';
import { philox } from '../generation/random.js';
import { type AdaptedProjection, adaptedProjections } from '../model/adapter.js';

/** A micro-batch by the updates made before it and its number in its own. */
export interface MicroBatch {
  readonly step: number;
  readonly microBatch: number;
}

/** The seed of one mask, spread over 53 bits. */
export function maskSeed(
  seed: number,
  { step, microBatch }: MicroBatch,
  layer: number,
  projection: AdaptedProjection,
): number {
  const place = layer * adaptedProjections.length + adaptedProjections.indexOf(projection);
  const [high, low] = philox(
    [step >>> 0, microBatch >>> 0, place, Math.floor(step / 2 ** 32)],
    [seed >>> 0, Math.floor(seed / 2 ** 32)],
  );
  return (high >>> 11) * 2 ** 32 + low;
}

/** Inverted dropout: what is kept grows by 1 / (1 - share). */
export function dropped(x: Tensor, share: number, seed: number): Tensor {
  using generator = new Generator(seed, x.device);
  const mask = empty(x.shape, { dtype: x.dtype, device: x.device })
    .bernoulli_({ p: 1 - share, generator })
    .div_(1 - share);
  return x.mul(mask);
}
