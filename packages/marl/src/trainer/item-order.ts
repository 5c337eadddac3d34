import type { Item } from '@collm/envs';
import { seededOrder } from '../seeded.js';

/**
 * The endless stream of training items from a position on: epoch after epoch, each in an order of its
 * own when shuffled. A pure function of the position, so that resuming needs only a number.
 */
export function itemsFrom(
  items: readonly Item[],
  position: number,
  count: number,
  shuffle: boolean,
  seed: number,
): Item[] {
  const orders = new Map<number, readonly number[]>();
  return Array.from({ length: count }, (_, offset) => {
    const epoch = Math.floor((position + offset) / items.length);
    const within = (position + offset) % items.length;
    if (!shuffle) return items[within] as Item;
    const order = orders.get(epoch) ?? seededOrder(items.length, seed, 'items', epoch);
    orders.set(epoch, order);
    return items[order[within] as number] as Item;
  });
}
