/** Finds the run that somebody means. */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { RunError } from '../errors.js';
import { nearest } from '../nearest.js';
import { isRunFolder } from './run-facts.js';

/** A name, and where names are looked up. */
export interface RunName {
  /** A folder, or a name under `runsDir`. */
  readonly run: string;
  readonly runsDir: string;
}

/**
 * The folder of a run, absolute.
 *
 * @throws RunError with the name that may have been meant
 */
export function resolveRun({ run, runsDir }: RunName, cwd: string): string {
  const places = [resolve(cwd, run), resolve(cwd, runsDir, run)];
  const found = places.find((place) => isRunFolder(place));
  if (found !== undefined) return found;
  const other = places.find((place) => existsSync(place));
  if (other !== undefined) {
    throw new RunError(
      `${run} is no run folder: of config.yaml, meta.json and metrics.jsonl it has fewer than two. Give the folder that \`collm train\` printed.`,
    );
  }
  const names = runNames(resolve(cwd, runsDir));
  const meant = nearest(run, names);
  const cure =
    meant !== undefined
      ? `Did you mean \`${meant}\`?`
      : names.length > 0
        ? `\`collm runs ls --runs-dir ${runsDir}\` lists what there is.`
        : `There are no runs in ${runsDir} either: give a run's folder, or where runs are with \`--runs-dir\`.`;
  throw new RunError(`There is no run ${run}. ${cure}`);
}

function runNames(runsDir: string): string[] {
  try {
    return readdirSync(runsDir).filter((name) => isRunFolder(join(runsDir, name)));
  } catch {
    return [];
  }
}
