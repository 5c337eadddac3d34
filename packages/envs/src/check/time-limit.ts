/** Work that may never end. */

/** The work took longer than it may. */
export class TookTooLong extends Error {}

/**
 * What the work gives.
 *
 * @param limit in ms; work that takes longer goes on, but nobody waits for it
 * @throws {TookTooLong}
 */
export async function withTimeout<T>(work: T | Promise<T>, limit: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TookTooLong(`it took longer than ${limit / 1000} s`)), limit);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
