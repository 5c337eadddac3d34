/** Creates and opens run folders. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { formatConfig, loadConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { RunError } from '../errors.js';
import { writeFileDurably } from './durable.js';
import { type RunPaths, runPaths } from './paths.js';

/** What is known of a run beside its configuration. Nothing in it names a machine. */
export interface RunMeta {
  readonly schema_version: 1;
  readonly name: string;
  readonly created: string;
  readonly seed: number;
  readonly algorithm: string;
  readonly environment: string;
  /** Versions of what the run was started with. */
  readonly versions: Readonly<Record<string, string>>;
}

export interface OpenedRun {
  readonly paths: RunPaths;
  readonly config: Config;
  readonly meta: RunMeta;
}

/**
 * Makes a new run folder.
 *
 * @param name null numbers it: `str_build-collm_cc-001`
 * @throws RunError when the name is taken
 */
export function createRun(
  runsDir: string,
  name: string | null,
  config: Config,
  versions: Readonly<Record<string, string>>,
): OpenedRun {
  const paths = runPaths(name === null ? claimNumbered(runsDir, config) : claimNamed(runsDir, name));
  const meta: RunMeta = {
    schema_version: 1,
    name: basename(paths.dir),
    created: new Date().toISOString(),
    seed: config.train.seed,
    algorithm: config.algorithm.name,
    environment: config.env.type,
    versions,
  };
  mkdirSync(paths.logs);
  mkdirSync(paths.checkpoints);
  writeFileDurably(paths.config, formatConfig(config, paths.dir));
  writeFileDurably(paths.meta, `${JSON.stringify(meta, null, 2)}\n`);
  return { paths, config, meta };
}

/**
 * Opens an existing run folder.
 *
 * @throws RunError when it is none
 */
export function openRun(dir: string): OpenedRun {
  const paths = runPaths(resolve(dir));
  if (!existsSync(paths.dir)) {
    throw new RunError(`There is no run folder at ${dir}. Give the folder that \`collm train\` printed.`);
  }
  const missing = [paths.config, paths.meta]
    .filter((path) => !existsSync(path))
    .map((path) => basename(path));
  if (missing.length > 0) {
    throw new RunError(
      `${dir} is no run folder: it has no ${missing.join(' and no ')}. Give the folder of a run.`,
    );
  }
  let meta: RunMeta;
  try {
    meta = JSON.parse(readFileSync(paths.meta, 'utf8')) as RunMeta;
  } catch (cause) {
    throw new RunError(
      `${paths.meta} cannot be read. Restore it, or start the run again from ${paths.config}.`,
      {
        cause,
      },
    );
  }
  return { paths, config: loadConfig({ files: [paths.config] }), meta };
}

/** Number of the next attempt at a run, from 1. */
export function nextAttempt(paths: RunPaths): number {
  const numbers = readdirSync(paths.logs).flatMap((name) => /^attempt-(\d+)\.log$/.exec(name)?.[1] ?? []);
  return Math.max(0, ...numbers.map(Number)) + 1;
}

function claimNamed(runsDir: string, name: string): string {
  if (!/^[\w.-]+$/.test(name) || /^\.+$/.test(name)) {
    throw new RunError(`"${name}" is no good name for a run. Use letters, digits, "-", "_" and ".".`);
  }
  mkdirSync(runsDir, { recursive: true });
  const dir = join(resolve(runsDir), name);
  if (claim(dir)) return dir;
  throw new RunError(
    `The run ${dir} exists already, and nothing in it is overwritten. Choose another --name, or go on with ` +
      `\`collm train --resume ${dir}\`.`,
  );
}

function claimNumbered(runsDir: string, config: Config): string {
  mkdirSync(runsDir, { recursive: true });
  const stem = `${config.env.type}-${config.algorithm.name}`;
  for (let number = 1; ; number++) {
    const dir = join(resolve(runsDir), `${stem}-${String(number).padStart(3, '0')}`);
    if (claim(dir)) return dir;
  }
}

/** Makes a folder; false when something has that name. */
function claim(dir: string): boolean {
  try {
    mkdirSync(dir);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
