/** What `collm play` is given as its environment, with the settings that it is evaluated by. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Environment, taskNamed } from '@collm/envs';
import { isModule, openNamed } from '../commands/env/open.js';
import { checkConfig } from '../config/check.js';
import { loadConfig, merge, mergeSources } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { openEnvironment } from '../config/to-options.js';
import { UsageError } from '../errors.js';
import type { Io } from '../io.js';
import { findRun, openNamedRun } from '../run-store/resolve-run.js';

export interface PlayTask {
  readonly environment: Environment;
  /** What it says about models is of no interest here: the agents are endpoints. */
  readonly config: Config;
}

export interface TaskArguments {
  /** A task, a file that exports an environment, a run, or configuration files of which later ones win. */
  readonly sources: readonly string[];
  /** `a.b=c`, as on the command line. */
  readonly set: readonly string[];
  /** Where names of runs are looked up. */
  readonly runsDir: string;
}

/**
 * Opens the environment; whoever opens it disposes of it.
 *
 * @throws CollmError when there is no such thing
 */
export async function openPlayTask(
  { sources, set: assignments, runsDir }: TaskArguments,
  io: Io,
): Promise<PlayTask> {
  const [first = ''] = sources;
  if (sources.every((source) => /\.ya?ml$/.test(source))) {
    return ofConfig(loadConfig({ files: sources, assignments, cwd: io.cwd }), io);
  }
  if (sources.length > 1) {
    throw new UsageError(
      `\`${sources.join(' ')}\`: give one task, one file with an environment, one run folder, or configuration files only.`,
    );
  }
  const name = { run: first, runsDir };
  const isFolder = statSync(resolve(io.cwd, first), { throwIfNoEntry: false })?.isDirectory() === true;
  const isPath = first.includes('/') && !isModule(first);
  if (isFolder || isPath || (taskNamed(first) === undefined && findRun(name, io.cwd) !== null)) {
    const { paths } = openNamedRun(name, io.cwd);
    return ofConfig(loadConfig({ files: [paths.config], assignments, cwd: io.cwd }), io);
  }
  const ofTask = assignments.filter((text) => text.trimStart().startsWith('env.'));
  const others = assignments.filter((text) => !ofTask.includes(text));
  const { environment, settings } = await openNamed(first, ofTask, io);
  // Nothing else is known of how it is to be evaluated: the defaults of a configuration hold.
  const usual = { env: settings, agent_model: { path: 'none' }, algorithm: { name: 'collm_cc' } };
  const given = mergeSources({ files: [], assignments: others, cwd: io.cwd });
  return { environment, config: checkConfig(merge(usual, given)) };
}

async function ofConfig(config: Config, io: Io): Promise<PlayTask> {
  return { environment: await openEnvironment(config, io), config };
}
