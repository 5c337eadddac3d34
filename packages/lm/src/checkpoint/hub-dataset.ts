/** Data sets by name: the files of `datasets/org/name` that are wanted become a folder of the local cache. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import { ModelError } from '../errors.js';
import { readListing, writeListing } from './hub-cache.js';
import type { HubFile } from './hub-download.js';
import { parseHubId, type ResolveOptions, resolveRepo } from './hub-snapshot.js';

/**
 * Chooses the files to fetch.
 *
 * @param paths all files of the data set
 * @param readme text of its README.md, which may say what they are
 * @throws when what is wanted is not among them
 */
export type ChooseFiles = (paths: readonly string[], readme: string | undefined) => readonly string[];

const readmeFile = 'README.md';

/**
 * The folder with the chosen files of a data set and its README.md: from the cache, else fetched.
 *
 * @param name `org/name` or `org/name@revision`
 * @throws ModelError that says what to do: a wrong name, a licence to accept, no connection, not in the cache, or what
 *   `choose` threw
 */
export async function resolveDataset(
  name: string,
  choose: ChooseFiles,
  options: ResolveOptions = {},
): Promise<string> {
  const id = parseHubId(name, options.revision);
  if (id === undefined)
    throw new ModelError(`"${name}" is no data set of the hub (org/name or org/name@revision).`);
  const chosen = (paths: readonly string[], snapshot: string) => {
    const readme = join(snapshot, readmeFile);
    try {
      return choose(paths, existsSync(readme) ? readFileSync(readme, 'utf8') : undefined);
    } catch (cause) {
      throw new ModelError((cause as Error).message, { cause });
    }
  };
  const rest = (listed: ReadonlyMap<string, HubFile>, snapshot: string) => {
    const paths = [...listed.keys()];
    writeListing(snapshot, paths);
    return chosen(paths, snapshot).map((path) => listed.get(path) as HubFile);
  };
  const missing = (snapshot: string) => {
    const listed = readListing(snapshot);
    if (listed !== undefined)
      return chosen(listed, snapshot).filter((path) => !existsSync(join(snapshot, path)));
    // Another program fetched what is there. It may be all that there is.
    try {
      chosen(filesIn(snapshot), snapshot);
      return [];
    } catch (error) {
      return [`what is wanted (${(error as Error).message})`];
    }
  };
  const first = (path: string) => path === readmeFile;
  return resolveRepo({ type: 'dataset', ...id }, { first, rest, missing }, options);
}

function filesIn(folder: string): string[] {
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = all.filter((path) => statSync(join(folder, path), { throwIfNoEntry: false })?.isFile());
  return files.map((path) => path.split(sep).join('/'));
}
