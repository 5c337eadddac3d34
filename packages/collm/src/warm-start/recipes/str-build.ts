/** StrBuild: random parts of the cells that the prompt lists, with blocks of the agent's own palette. */
import { type StrBuild, type StrBuildItem, type StrBuildState, uncoordinatedResponse } from '@collm/envs';
import type { Recipe } from '../recipe.js';
import { acceptedLines } from './command-lines.js';

/** One and two letters: as many cells as the tiny model's context holds twice. */
const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const words = [...letters, ...letters.flatMap((a) => letters.map((b) => a + b))];

export const strBuildRecipe: Recipe<StrBuildItem, StrBuildState> = {
  name: 'str_build',
  summary:
    'valid /setblock lines for a random 30 to 90 % of the cells in the prompt, 5 % beside the letters, in a random block of the palette',
  // The quick start's committed model; smaller ones are enough for single letters.
  defaults: {
    hiddenSize: 128,
    layers: 2,
    heads: 4,
    vocabSize: 320,
    maxPositions: 1024,
    pieces: 'words',
    turns: 2,
    agents: 2,
    steps: 900,
    batch: 64,
    learningRate: 2e-3,
  },
  unit: 'command lines',
  env: {
    prompt_style: 'compact',
    target: 'cells',
    words,
    train_split: '[:]',
    eval_split: null,
  },

  /** Single letters as often as longer words, although there may be fewer of them. */
  chooseItem(items, random) {
    const place = random();
    const single = items.filter(({ string }) => string.length === 1);
    const pool = random() < 0.5 && single.length > 0 ? single : items;
    return pool[Math.floor(place * pool.length)] as StrBuildItem;
  },

  respond(environment, { item }, agent, random) {
    const { blocks } = (environment as StrBuild).settings;
    return uncoordinatedResponse(item, agent, { blocks }, random);
  },

  wellFormed: acceptedLines,
};
