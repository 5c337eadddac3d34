import type { Tensor } from '@collm/torch';
import type { ValueUpdate } from '../messages.js';

/** A micro-batch of N values with what they should be. */
export interface ValueBatch {
  /** Values under the weights being trained, f32 [N], with gradient. */
  values: Tensor;
  /** Regression targets, f32 [N]. */
  targets: Tensor;
  /** Values at rollout time, f32 [N]. */
  oldValues: Tensor;
}

/**
 * The micro-batch's share of the value loss (P12): coef · mean (target - V)², the mean over the whole minibatch. With a
 * clip range ε it takes the larger of that error and the one of V_c = V_old + clip(V - V_old, -ε, ε), so that a value
 * gains nothing from moving further than ε from its old one.
 *
 * @param count values of the whole minibatch, so that its split into micro-batches changes nothing
 * @returns f32 []
 */
export function valueLoss(
  batch: ValueBatch,
  count: number,
  settings: Pick<ValueUpdate, 'valueLossCoef' | 'valueClipRange'>,
): Tensor {
  const { values, targets, oldValues } = batch;
  const { valueLossCoef, valueClipRange: range } = settings;
  let error = targets.sub(values).pow(2);
  if (range !== null) {
    const clipped = oldValues.add(values.sub(oldValues).clamp({ min: -range, max: range }));
    error = error.maximum(targets.sub(clipped).pow(2));
  }
  return error.sum().mul(valueLossCoef / count);
}
