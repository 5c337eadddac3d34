/** Data sets by `builtin` or `tiny`, file, folder or name on the hub, for every command. */
import { basename } from 'node:path';
import {
  chooseDataFiles,
  type DataSource,
  dataExtensions,
  EnvError,
  isOwnDataset,
  readDataSource,
} from '@collm/envs';
import { mayBeOnHub, tellFetching } from './fetch-model.js';
import type { Io } from './io.js';

/**
 * The records that `env.dataset` stands for.
 *
 * @param dataset `builtin` or `tiny`, a path, or `org/name` or `org/name@revision` on the hub
 * @param splits names of the splits that are needed, with or without a slice
 * @returns undefined for `builtin` and `tiny`: the task's own
 * @throws {EnvError} `bad_dataset`: it cannot be had, or what is wrong with which line of which file
 */
export async function openDataSource(
  dataset: string,
  splits: readonly string[],
  io: Pick<Io, 'stderr'>,
): Promise<DataSource | undefined> {
  if (isOwnDataset(dataset)) return undefined;
  if (!isOnHub(dataset)) return readDataSource(dataset, splits);
  const { name, folder } = await fetchDataset(dataset, splits, io);
  return readDataSource(folder, splits, { name });
}

/**
 * A data set of the hub with the commit that its branch has now, `org/name@<commit>`, so that a resumed run reads the same;
 * everything else as it is.
 *
 * @throws {EnvError} `bad_dataset` when it cannot be had
 */
export async function pinDataset(
  dataset: string,
  splits: readonly string[],
  io: Pick<Io, 'stderr'>,
): Promise<string> {
  return isOwnDataset(dataset) || !isOnHub(dataset)
    ? dataset
    : (await fetchDataset(dataset, splits, io)).name;
}

function isOnHub(dataset: string): boolean {
  return !dataExtensions.some((extension) => dataset.endsWith(extension)) && mayBeOnHub(dataset, '.');
}

/** Fetches the files of the splits, unless they are in the cache. */
async function fetchDataset(
  dataset: string,
  splits: readonly string[],
  io: Pick<Io, 'stderr'>,
): Promise<{ name: string; folder: string }> {
  const { ModelError, parseHubId, resolveDataset } = await import('@collm/lm');
  const repo = parseHubId(dataset)?.repo ?? dataset;
  const choose = (paths: readonly string[], readme: string | undefined) =>
    chooseDataFiles(paths, readme, splits, repo);
  try {
    const folder = await tellFetching(dataset, io, (options) => resolveDataset(dataset, choose, options));
    return { name: `${repo}@${basename(folder)}`, folder };
  } catch (cause) {
    if (!(cause instanceof ModelError)) throw cause;
    throw new EnvError(
      'bad_dataset',
      `\`${dataset}\` is no file or folder here. As a data set of the hub: ${cause.message}`,
      { cause },
    );
  }
}
