/** Models that the user names. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { CollmError, UsageError } from '../../errors.js';
import { fetchFolder, mayBeOnHub } from '../../fetch-model.js';
import type { Io } from '../../io.js';
import { nearestRun } from '../../run-store/resolve-run.js';

/**
 * The folder of a model that the user named: a path, or `org/name` on the hub, which is fetched if need be.
 *
 * @throws CollmError when neither is there
 */
export async function modelFolder(model: string, io: Io): Promise<string> {
  if (!mayBeOnHub(model, io.cwd)) return resolve(io.cwd, model);
  const { ModelError } = await import('@collm/lm');
  try {
    return await fetchFolder(model, io);
  } catch (cause) {
    if (!(cause instanceof ModelError)) throw cause;
    const message = `There is no folder ${model}. As a model of the hub: ${cause.message}`;
    throw new CollmError('MODEL', message, { cause });
  }
}

/**
 * The same where the source could have been a run, and is none.
 *
 * @throws UsageError naming the run that may have been meant
 */
export async function modelNotRun(
  { source, runsDir }: { readonly source: string; readonly runsDir: string },
  io: Io,
): Promise<string> {
  const meant = nearestRun({ run: source, runsDir }, io.cwd);
  const cure = meant === undefined ? 'Check the path.' : `Did you mean \`${meant}\`?`;
  const dir = await modelFolder(source, io);
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory() === true) return dir;
  throw new UsageError(`There is no run, no model folder and no model of the hub called ${source}. ${cure}`);
}
