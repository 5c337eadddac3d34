/** Finds the run that somebody means. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { RunError } from '../errors.js';
import { nearest } from '../nearest.js';
import { isRunFolder } from './run-facts.js';
import { type OpenedRun, openRun } from './run-folder.js';

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
  const places = placesOf({ run, runsDir }, cwd);
  const found = places.find((place) => isRunFolder(place));
  if (found !== undefined) return found;
  const other = places.find((place) => existsSync(place));
  if (other !== undefined) {
    throw new RunError(
      `${run} is no run folder: of config.yaml, meta.json and metrics.jsonl it has fewer than two. Give the folder that \`collm train\` printed.`,
    );
  }
  const names = runNames(resolve(cwd, runsDir));
  const meant = nearestRun({ run, runsDir }, cwd);
  const cure =
    meant !== undefined
      ? `Did you mean \`${meant}\`?`
      : names.length > 0
        ? `\`collm runs ls --runs-dir ${runsDir}\` lists what there is.`
        : `There are no runs in ${runsDir} either: give a run's folder, or where runs are with \`--runs-dir\`.`;
  throw new RunError(`There is no run ${run}. ${cure}`);
}

/** Opens the run that somebody means. @throws RunError when there is none, or it cannot be read */
export function openNamedRun(name: RunName, cwd: string): OpenedRun {
  return openRun(resolveRun(name, cwd));
}

/** The name of a run that may have been meant. */
export function nearestRun({ run, runsDir }: RunName, cwd: string): string | undefined {
  return nearest(basename(run), runNames(resolve(cwd, runsDir)));
}

/**
 * The folder of a run where something else may be meant as well; null when there is no such run. What else lies at the
 * path itself is not taken for the name of a run.
 */
export function findRun(name: RunName, cwd: string): string | null {
  const [own, named] = placesOf(name, cwd);
  if (isRunFolder(own)) return own;
  return !existsSync(own) && isRunFolder(named) ? named : null;
}

const placesOf = ({ run, runsDir }: RunName, cwd: string): [own: string, named: string] => [
  resolve(cwd, run),
  resolve(cwd, runsDir, run),
];

function runNames(runsDir: string): string[] {
  try {
    return readdirSync(runsDir).filter((name) => isRunFolder(join(runsDir, name)));
  } catch {
    return [];
  }
}
