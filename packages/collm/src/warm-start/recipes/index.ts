/** The tasks that a model can be warm-started for. */
import type { Recipe } from '../recipe.js';
import { strBuildRecipe } from './str-build.js';

/** In the order of `--help`; the first is the default. */
export const recipes: readonly Recipe[] = [strBuildRecipe as Recipe];
