/** Data sets by `builtin`, file, folder or name on the hub, for every command. */
import { type DataSource, readDataSource } from '@collm/envs';
import type { Io } from './io.js';

/**
 * The records that `env.dataset` stands for.
 *
 * @param dataset `builtin`, a path, or `org/name` or `org/name@revision` on the hub
 * @param splits names of the splits that are needed, with or without a slice
 * @returns undefined for `builtin`: the task's own
 * @throws {EnvError} `bad_dataset` naming file and line
 */
export async function openDataSource(
  dataset: string,
  splits: readonly string[],
  _io: Pick<Io, 'stderr'>,
): Promise<DataSource | undefined> {
  if (dataset === 'builtin') return undefined;
  return readDataSource(dataset, splits);
}
