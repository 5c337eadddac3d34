/** What `collm play` is given as its environment, with the settings that it is evaluated by. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Environment } from '@collm/envs';
import { isModule, openNamed } from '../commands/env/open.js';
import { checkConfig } from '../config/check.js';
import { loadConfig, merge, mergeSources } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { openEnvironment } from '../config/to-options.js';
import { UsageError } from '../errors.js';
import type { Io } from '../io.js';
import { openRun } from '../run-store/run-folder.js';

export interface PlayTask {
  readonly environment: Environment;
  /** What it says about models is of no interest here: the agents are endpoints. */
  readonly config: Config;
}

/**
 * Opens the environment; whoever opens it disposes of it.
 *
 * @param sources a task, a file that exports an environment, a run folder, or configuration files of which later ones win
 * @param assignments `a.b=c`, as on the command line
 * @throws CollmError when there is no such thing
 */
export async function openPlayTask(
  sources: readonly string[],
  assignments: readonly string[],
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
  const isFolder = statSync(resolve(io.cwd, first), { throwIfNoEntry: false })?.isDirectory() === true;
  if (isFolder || (first.includes('/') && !isModule(first))) {
    const { paths } = openRun(resolve(io.cwd, first));
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
