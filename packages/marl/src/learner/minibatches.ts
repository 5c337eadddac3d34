import { seededOrder } from '../seeded.js';

/**
 * The minibatches of one step: every epoch takes all units once, in a seeded order of its own, across
 * turns and items. A unit is what must stay together: a joint transition or a node. Critic and
 * agents walk through the same minibatches.
 *
 * @param count units, >= 1
 * @param size units per optimiser step; null takes them all
 * @returns unit indices of each optimiser step
 */
export function planMinibatches(
  count: number,
  size: number | null,
  epochs: number,
  seed: number,
  step: number,
): number[][] {
  const chunk = size ?? count;
  const plan: number[][] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = seededOrder(count, seed, 'minibatch', step, epoch);
    for (let start = 0; start < count; start += chunk) plan.push(order.slice(start, start + chunk));
  }
  return plan;
}
