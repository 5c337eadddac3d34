/**
 * Runs all tasks at once and waits for every one of them, also when one fails, so that nothing works on
 * behind the caller's back. Throws the first failure in task order, whichever came first in time.
 */
export async function sideBySide<T>(tasks: readonly (() => T | Promise<T>)[]): Promise<T[]> {
  const settled = await Promise.allSettled(tasks.map(async (task) => task()));
  return settled.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}
