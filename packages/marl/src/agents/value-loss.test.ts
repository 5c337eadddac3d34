import { memory, type Tensor, tensor, tidy } from '@collm/torch';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { valueLoss } from './value-loss.js';

let alive = 0;
beforeEach(() => {
  alive = memory().tensors;
});
afterEach(() => expect(memory().tensors).toBe(alive));

const row = (...values: number[]): Tensor => tensor(values, [values.length], { dtype: 'f64' });
const VALUES = [0.3, -1.2, 2.5, 0.9, -0.4];
const TARGETS = [1.0, -1.0, -2.0, 0.2, 3.0];
const OLD = [0.25, -0.6, 1.9, 1.6, -0.35];
const settings = { valueLossCoef: 0.6, valueClipRange: null };

/** Loss of the values and, with `backward`, its gradient in them. */
function lossOf(values: readonly number[], range: number | null, count = values.length) {
  return tidy(() => {
    const leaf = row(...values).requiresGrad_();
    const batch = { values: leaf, targets: row(...TARGETS), oldValues: row(...OLD) };
    const loss = valueLoss(batch, count, { ...settings, valueClipRange: range });
    loss.backward();
    return { loss: loss.item(), gradient: (leaf.grad as Tensor).toArray() };
  });
}

/** P12 in plain numbers. */
function expected(range: number | null): number {
  const errors = VALUES.map((value, i) => {
    const [target, old] = [TARGETS[i] as number, OLD[i] as number];
    if (range === null) return (target - value) ** 2;
    const clipped = old + Math.min(Math.max(value - old, -range), range);
    return Math.max((target - value) ** 2, (target - clipped) ** 2);
  });
  return (0.6 * errors.reduce((sum, error) => sum + error, 0)) / VALUES.length;
}

describe.each([null, 0.2, 0.5])('the value loss with clip range %s', (range) => {
  it('is P12', () => expect(lossOf(VALUES, range).loss).toBeCloseTo(expected(range), 10));

  it('has the gradient of its finite differences', () => {
    const { gradient } = lossOf(VALUES, range);
    const step = 1e-6;
    for (const [i, slope] of gradient.entries()) {
      const at = (shift: number) =>
        lossOf(
          VALUES.map((value, j) => (j === i ? value + shift : value)),
          range,
        ).loss;
      expect(slope).toBeCloseTo((at(step) - at(-step)) / (2 * step), 6);
    }
  });
});

describe('the value loss', () => {
  it('pulls a value no further once it is past the clip on the way to its target', () => {
    // -0.9 left -0.6 for -1 and is past the clip at -0.8. 2.5 left 1.9 too, but away from its target -2.
    const { gradient } = lossOf([0.3, -0.9, 2.5, 0.9, -0.4], 0.2);
    expect(gradient[1]).toBe(0);
    expect(gradient[2]).toBeGreaterThan(0);
  });

  it('is a share of the whole minibatch', () =>
    expect(lossOf(VALUES, null, 10).loss).toBeCloseTo(expected(null) / 2, 10));
});
