/** The environments that a recipe demonstrates in. */
import type { Environment } from '@collm/envs';
import { openNamed } from '../commands/env/open.js';
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
  { turns, agents, set }: { turns: number; agents: Cast; set: readonly string[] },
  io: Io,
): Promise<Environment[]> {
  const own = { ...recipe.env, num_turns: turns };
  const assignments = Object.entries(own).map(([key, value]) => `env.${key}=${JSON.stringify(value)}`);
  const { environment: team } = await openNamed(recipe.name, [...assignments, ...set], io);
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
