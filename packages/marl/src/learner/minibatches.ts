import { seededOrder } from '../seeded.js';

/**
 * The minibatches of one step: every epoch takes all units once, in a seeded order of its own, across
 * turns and items. A unit is what must stay together: a joint transition or a node. Critic and
 * agents walk through the same minibatches. Units of one episode stay side by side, since agents and
 * critics compute turns that continue each other in one forward.
 *
 * @param episodes the episode of each unit, one entry a unit, at least one
 * @param size units per optimiser step; null takes them all
 * @param own further counters, for an order of its own
 * @returns unit indices of each optimiser step
 */
export function planMinibatches(
  episodes: readonly number[],
  size: number | null,
  epochs: number,
  seed: number,
  step: number,
  ...own: readonly number[]
): number[][] {
  const units = new Map<number, number[]>();
  for (const [unit, episode] of episodes.entries()) {
    units.set(episode, [...(units.get(episode) ?? []), unit]);
  }
  const groups = [...units.values()];
  const chunk = size ?? episodes.length;
  const plan: number[][] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = seededOrder(groups.length, seed, 'minibatch', step, epoch, ...own).flatMap(
      (group) => groups[group] as number[],
    );
    for (let start = 0; start < order.length; start += chunk) plan.push(order.slice(start, start + chunk));
  }
  return plan;
}
