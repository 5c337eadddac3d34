/** Mean and variance of gradients, against the definition. */
import { type Tensor, tensor, unscoped } from '@collm/torch';
import { expect, it } from 'vitest';
import { expectNoLeaks } from '../../../torch/test/helpers.js';
import { GradientMoments } from './gradient-spread.js';

expectNoLeaks();

/** Three gradients of two weights; the second weight has none at first, which counts as zero. */
const gradients: [number[], number[] | null][] = [
  [[1000.5, -2000.25], null],
  [[1000.25, -2000], [3]],
  [[1000, -2000.75], [-1.5]],
];

it('is the mean and the unbiased total variance of the gradients seen', () => {
  const weights = unscoped(() => [tensor([0, 0]), tensor([0])]).map((weight) => weight.requiresGrad_());
  const [first, second] = weights as [Tensor, Tensor];
  using moments = new GradientMoments(weights);
  for (const [i, [a, b]] of gradients.entries()) {
    using gradient = tensor(a);
    first.setGrad(gradient);
    if (b !== null) {
      using other = tensor(b);
      second.setGrad(other);
    }
    moments.add();
    if (i === 0) expect(() => moments.spread).toThrow(/two batches or more; it got 1/);
  }
  const flat = gradients.map(([a, b]) => [...a, ...(b ?? [0])]);
  const mean = [0, 1, 2].map((k) => flat.reduce((sum, gradient) => sum + (gradient[k] as number), 0) / 3);
  const squares = (values: number[]) => values.reduce((sum, value) => sum + value ** 2, 0);
  const variance =
    flat.reduce((sum, one) => sum + squares(one.map((v, k) => v - (mean[k] as number))), 0) / 2;
  expect(moments.spread.meanNorm).toBeCloseTo(Math.sqrt(squares(mean)), 2);
  // Small beside a mean of 2,236: the difference of squares would have lost it in f32.
  expect(moments.spread.variance).toBeCloseTo(variance, 3);
  for (const weight of weights) weight.dispose();
});
