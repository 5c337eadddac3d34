/** Folders that appear complete or not at all: filled beside their place and renamed. */
import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { UsageError } from '../errors.js';
import { syncPath, syncTree } from '../run-store/durable.js';

/**
 * Lets `fill` write into a folder that nobody takes for the result, makes it durable and gives it its name. What a
 * killed process left beside it is removed by the next one with the same name; where `fill` throws, nothing stays.
 *
 * @param out absolute path, new or an empty folder
 * @param shown how the user wrote it
 * @throws UsageError when something is there
 */
export async function writeFolder(
  out: string,
  shown: string,
  fill: (dir: string) => Promise<void>,
): Promise<void> {
  checkFree(out, shown);
  const parent = dirname(out);
  const made = mkdirSync(parent, { recursive: true });
  const staging = join(parent, `.${basename(out)}.exporting`);
  try {
    rmSync(staging, { recursive: true, force: true });
    mkdirSync(staging);
    await fill(staging);
    syncTree(staging);
    checkFree(out, shown);
    // An empty folder makes room: not every system renames over one.
    if (statSync(out, { throwIfNoEntry: false }) !== undefined) rmdirSync(out);
    renameSync(staging, out);
    syncPath(parent);
  } catch (error) {
    rmSync(staging, { recursive: true, force: true });
    if (made !== undefined) removeEmpty(parent, made);
    throw error;
  }
}

/** Removes folders from the inner one to the outer one, as long as nothing is in them. */
function removeEmpty(inner: string, outer: string): void {
  for (let dir = inner; dir.startsWith(outer); dir = dirname(dir)) {
    if (readdirSync(dir).length > 0) return;
    rmdirSync(dir);
  }
}

function checkFree(path: string, shown: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  const trouble = !stats.isDirectory()
    ? 'a file'
    : readdirSync(path).length > 0
      ? 'not empty, and nothing in it is overwritten'
      : null;
  if (trouble === null) return;
  throw new UsageError(`\`--out\` is ${shown}, which is ${trouble}. Give a new folder, or empty that one.`);
}
