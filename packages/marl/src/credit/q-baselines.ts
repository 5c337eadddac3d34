import { mean } from './statistics.js';

/**
 * Advantages of K responses from their Q values and an action-independent baseline (spec 2.4, D2). The TD error of Q
 * is no advantage: its mean given the action is 0 once Q is right, and so is the gradient.
 *
 * `mean` contains the value itself and scales the expected gradient by (K-1)/K; `loo` is the mean of the others and
 * leaves it as it is. For `counterfactual` the values are those of one agent's responses with the others' fixed.
 *
 * @param values Q of each of K joint samples of one history, K >= 2
 */
export function qAdvantages(
  values: readonly number[],
  baseline: 'mean' | 'loo' | 'counterfactual',
): number[] {
  if (values.length < 2) {
    throw new RangeError(
      `A baseline needs at least two samples of a history, but ${values.length} was given.`,
    );
  }
  const centre = mean(values);
  const scale = baseline === 'mean' ? 1 : values.length / (values.length - 1);
  return values.map((value) => scale * (value - centre));
}
