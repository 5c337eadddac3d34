/** Gradients of a decoder's weights as numbers, for tests that compare them. */
import { noGrad, tensor, tidy } from '@collm/torch';
import { expect } from 'vitest';
import type { Decoder } from '../src/index.js';

/** By weight, empty where there is none; they are dropped from the weights. */
export function takeGradients(decoder: Decoder): number[][] {
  return decoder.parameters().map((parameter) =>
    tidy(() => {
      const gradient = parameter.grad?.toArray() ?? [];
      parameter.setGrad(null);
      return gradient;
    }),
  );
}

/** Every number within `tolerance` of the largest of its weight. */
export function expectSame(ours: number[][], theirs: number[][], tolerance: number): void {
  for (const [i, gradient] of theirs.entries()) {
    const size = Math.max(...gradient.map(Math.abs));
    expect(ours[i]).toHaveLength(gradient.length);
    for (const [k, value] of gradient.entries())
      expect(Math.abs((ours[i]?.[k] as number) - value)).toBeLessThan(tolerance * (size + 1e-3));
  }
}

/**
 * Fails unless the loss moves along its gradient as fast as the gradient is long: there the difference is largest, and
 * f32 tells most of it.
 */
export async function expectSlope(
  decoder: Decoder,
  gradients: number[][],
  loss: () => Promise<number>,
  tolerance: number,
): Promise<void> {
  const norm = Math.sqrt(gradients.flat().reduce((sum, value) => sum + value ** 2, 0));
  const step = 2e-3;
  const lossAt = async (shift: number) => {
    move(decoder, gradients, shift / norm);
    const value = await loss();
    move(decoder, gradients, -shift / norm);
    return value;
  };
  const slope = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
  expect(Math.abs(slope / norm - 1)).toBeLessThan(tolerance);
}

/** Adds `size` times a direction to the weights. */
function move(decoder: Decoder, direction: number[][], size: number): void {
  noGrad(() =>
    tidy(() => {
      for (const [i, parameter] of decoder.parameters().entries()) {
        const by = direction[i] ?? [];
        if (by.length > 0) parameter.add_(tensor(by, parameter.shape), { alpha: size });
      }
    }),
  );
}
