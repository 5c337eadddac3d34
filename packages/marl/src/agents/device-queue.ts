import type { Device } from '@collm/torch';

/** The end of the queue of computations per device, on this thread. */
const queues = new Map<Device, Promise<unknown>>();

/**
 * Runs `work` when everything queued for the device before has ended. Agents of one thread update side by
 * side, but two backward passes at once would share the same cores and slow each other down.
 */
export async function inTurn<T>(device: Device, work: () => Promise<T>): Promise<T> {
  const before = queues.get(device);
  const mine = (async () => {
    await before;
    return work();
  })();
  queues.set(
    device,
    mine.catch(() => undefined),
  );
  return mine;
}
