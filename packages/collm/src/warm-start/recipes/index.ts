/** The tasks that a model can be warm-started for. */
import type { Recipe } from '../recipe.js';
import { houseBuildRecipe } from './house-build.js';
import { mbppRecipe } from './mbpp.js';
import { moduleRecipe } from './module.js';
import { strBuildRecipe } from './str-build.js';
import { tldrRecipe } from './tldr.js';

/** In the order of `--help`; the first is the default. */
export const recipes: readonly Recipe[] = [
  strBuildRecipe as Recipe,
  houseBuildRecipe as Recipe,
  tldrRecipe as Recipe,
  mbppRecipe as Recipe,
  moduleRecipe,
];
