/** Models that a study makes for itself, by `collm warm-start`. */
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { RunError } from '../errors.js';
import { writeFileDurably } from '../run-store/durable.js';
import type { Children } from './child.js';
import type { StudyPaths } from './study-folder.js';
import { hashOf } from './trials.js';
import type { ModelRecipe } from './types.js';

/** Whether a model is there and was made by this recipe. */
export function isMade(paths: StudyPaths, name: string, recipe: ModelRecipe): boolean {
  if (!existsSync(join(paths.model(name), 'config.json'))) return false;
  try {
    return (
      (JSON.parse(readFileSync(paths.recipe(name), 'utf8')) as { hash?: unknown }).hash === hashOf(recipe)
    );
  } catch {
    return false; // not written: the model was made by something else
  }
}

/** The recipe as options of `collm warm-start`, on a core of its own unless it says otherwise. */
function recipeArguments(recipe: ModelRecipe): string[] {
  return Object.entries({ threads: 1, ...recipe }).flatMap(([key, values]) =>
    [values].flat().flatMap((value) => [`--${key.replaceAll('_', '-')}`, String(value)]),
  );
}

/**
 * Makes a model; it stands in its place only when it is whole.
 *
 * @param watch.dir the study file's folder: paths in the recipe are relative to it
 * @param watch.stopped whether that is why the command has ended
 * @param watch.onLine takes what the command says
 * @returns false when it was stopped
 * @throws RunError with what the command said
 */
export async function makeModel(
  paths: StudyPaths,
  name: string,
  recipe: ModelRecipe,
  children: Children,
  watch: {
    readonly dir: string;
    readonly stopped: () => boolean;
    readonly onLine: (line: string) => void;
  },
): Promise<boolean> {
  const { dir, stopped, onLine } = watch;
  const making = `${paths.model(name)}.making`;
  rmSync(making, { recursive: true, force: true });
  const { code, tail } = await children.run(['warm-start', ...recipeArguments(recipe), '--out', making], {
    cwd: dir,
    onLine,
  });
  if (code !== 0) {
    rmSync(making, { recursive: true, force: true });
    if (stopped()) return false;
    throw new RunError(
      `The model \`models.${name}\` could not be made: \`collm warm-start\` ended with ${code === null ? 'a signal' : `exit code ${code}`}.\n${tail}`,
    );
  }
  rmSync(paths.recipe(name), { force: true });
  rmSync(paths.model(name), { recursive: true, force: true });
  renameSync(making, paths.model(name));
  writeFileDurably(paths.recipe(name), `${JSON.stringify({ hash: hashOf(recipe), recipe }, null, 2)}\n`);
  return true;
}
