/** The environments that a recipe demonstrates in. */
import type { Environment } from '@collm/envs';
import { openNamed } from '../commands/env/open.js';
import { mergeSources } from '../config/load.js';
import { UsageError } from '../errors.js';
import type { Io } from '../io.js';
import type { Cast, Recipe } from './recipe.js';

/**
 * Opens the team's environment, the single model's, or both in this order; whoever opened them disposes of the first,
 * which the others share what they hold with.
 *
 * @param set `env.key=value`, after the recipe's own settings
 * @throws ConfigError or UsageError naming the setting that is wrong
 */
export async function openEnvironments(
  recipe: Recipe,
  { turns, agents, set }: { turns: number | null; agents: Cast; set: readonly string[] },
  io: Io,
): Promise<Environment[]> {
  const team = await (recipe.name === 'module'
    ? openModule(turns, set, io)
    : openTask(recipe, turns, set, io));
  if (agents === 2) return [team];
  const single = team.singleModel?.();
  if (single === undefined) {
    await team.dispose?.();
    throw new UsageError(
      `${recipe.name} cannot be played by a single model. Leave out \`--agents ${agents}\`.`,
    );
  }
  return agents === 1 ? [single] : [team, single];
}

async function openTask(recipe: Recipe, turns: number | null, set: readonly string[], io: Io) {
  const own = turns === null ? recipe.env : { ...recipe.env, num_turns: turns };
  const assignments = Object.entries(own).map(([key, value]) => `env.${key}=${JSON.stringify(value)}`);
  return (await openNamed(recipe.name, [...assignments, ...set], io)).environment;
}

/** An environment of the user's own, which knows its turns itself. */
async function openModule(turns: number | null, set: readonly string[], io: Io): Promise<Environment> {
  const { env } = mergeSources({ files: [], assignments: set, cwd: io.cwd }) as { env?: { path?: unknown } };
  if (typeof env?.path !== 'string' || env.path === '') {
    throw new UsageError(
      'Which environment? `--task module` needs its file: add `--set env.path=my-env.mjs`.',
    );
  }
  const { environment } = await openNamed(env.path, set, io);
  if (turns === null || turns === environment.numTurns) return environment;
  await environment.dispose?.();
  throw new UsageError(
    `\`--turns ${turns}\`, but the environment ${environment.name} has ${environment.numTurns}. Leave it out, and set what the environment takes its turns from, such as \`--set env.options.turns=${turns}\`.`,
  );
}
