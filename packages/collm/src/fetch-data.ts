/** The data of a task. */
import type { DataSource } from '@collm/envs';
import type { Io } from './io.js';

/** The records of a data set; undefined for the task's own. */
export async function openDataSource(
  dataset: string,
  _splits: readonly string[],
  _io: Pick<Io, 'stderr'>,
): Promise<DataSource | undefined> {
  if (dataset === 'builtin') return undefined;
  throw new Error(`not yet: ${dataset}`);
}
