/** Work side by side. */

/**
 * Does all of the work, so many at a time, in order; stops beginning more when the signal fires or one throws.
 *
 * @throws what the first of them threw, after those under way have ended
 */
export async function pool<T>(
  all: readonly T[],
  atOnce: number,
  signal: AbortSignal,
  work: (one: T) => Promise<void>,
): Promise<void> {
  const waiting = all.values();
  const failures: unknown[] = [];
  const next = async () => {
    for (const one of waiting) {
      if (signal.aborted || failures.length > 0) return;
      try {
        await work(one);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, all.length) }, next));
  if (failures.length > 0) throw failures[0];
}
