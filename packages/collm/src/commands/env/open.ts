/** Opens what the commands about environments are given: the name of a task, or a file that exports an environment. */
import { EnvError, type Environment, taskNamed, tasks } from '@collm/envs';
import { camelKeys } from '../../config/case.js';
import { checkConfig, readSpellings } from '../../config/check.js';
import { mergeSources } from '../../config/load.js';
import { type EnvConfig, envSchema } from '../../config/schema-env.js';
import { openTask } from '../../config/to-options.js';
import { ConfigError, UsageError } from '../../errors.js';
import type { Io } from '../../io.js';
import { nearest } from '../../nearest.js';

/** Whether a name is that of a file with code. */
export function isModule(name: string): boolean {
  return /\.[cm]?[jt]s$/.test(name);
}

export interface OpenedEnvironment {
  readonly environment: Environment;
  /** Its settings with their defaults, in the spelling of configurations. */
  readonly settings: EnvConfig;
}

/**
 * The environment of a name; whoever opens it disposes of it.
 *
 * @param name a task, or the file of an environment of the user's own
 * @param assignments `env.key=value`, as on the command line
 * @throws ConfigError or UsageError saying what is wrong with which of them
 */
export async function openNamed(
  name: string,
  assignments: readonly string[],
  io: Io,
): Promise<OpenedEnvironment> {
  const settings = envSection(name, assignments, io.cwd);
  try {
    return { environment: await openTask(settings, io), settings };
  } catch (cause) {
    if (!(cause instanceof EnvError)) throw cause;
    throw new ConfigError([{ path: 'env', message: `${name}: ${cause.message}` }], { cause });
  }
}

/** A task's settings as it is opened with. */
export function taskOptions(name: string, assignments: readonly string[], cwd: string): object {
  const { type: _, ...settings } = envSection(name, assignments, cwd);
  return camelKeys(settings);
}

function envSection(name: string, assignments: readonly string[], cwd: string): EnvConfig {
  if (!isModule(name) && taskNamed(name) === undefined) {
    const known = tasks.map((task) => task.name);
    const close = nearest(name, known);
    throw new UsageError(
      `There is no environment \`${name}\`. ${close === undefined ? '' : `Did you mean ${close}? `}There are ${known.join(', ')}, and files such as my-env.mjs.`,
    );
  }
  const stray = assignments.find((text) => !text.trimStart().startsWith('env.'));
  if (stray !== undefined) {
    throw new UsageError(`\`--set ${stray}\`: only keys of \`env\` count here, such as \`env.num_turns=1\`.`);
  }
  const base = isModule(name)
    ? ['env.type=module', `env.path=${JSON.stringify(name)}`]
    : [`env.type=${name}`];
  const merged = readSpellings(mergeSources({ files: [], assignments: [...base, ...assignments], cwd }));
  const parsed = envSchema.safeParse(merged.env);
  if (parsed.success) return parsed.data;
  throw problemsOf(merged) ?? parsed.error;
}

/** The same problems in the words of a whole configuration, which knows what was meant. */
function problemsOf(merged: Record<string, unknown>): ConfigError | undefined {
  try {
    checkConfig({ ...merged, agent_model: { path: 'none' }, algorithm: { name: 'collm_cc' } });
    return undefined;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const ours = error.problems.filter(({ path }) => path === 'env' || path.startsWith('env.'));
    return ours.length === 0 ? undefined : new ConfigError(ours, { cause: error });
  }
}
