/** MBPP's tiny problems: a helper and a main function that each do some part of the work, not agreed on. */
import {
  type CodeGeneration,
  type CodingItem,
  type CodingState,
  drawShare,
  drawWholeShare,
  pick,
  shareCode,
  type TinyProblem,
  tinyItem,
  tinyProblemOf,
  tinyProblems,
  wholeCode,
} from '@collm/envs';
import type { Recipe } from '../recipe.js';

/** Problems of the data set that nothing is learned from. */
const EVALUATION = 15;

/** More than the data set has, so that models learn to read problems and not to know them. */
let shown: readonly CodingItem[] | undefined;

export const mbppRecipe: Recipe<CodingItem, CodingState> = {
  name: 'mbpp',
  summary:
    'functions that parse: a helper that does one step of the problem or both, a main function that does one before or after calling it, all drawn apart; single models write one step, or both in any order',
  defaults: {
    hiddenSize: 64,
    layers: 2,
    heads: 4,
    vocabSize: 400,
    maxPositions: 192,
    pieces: 'words',
    turns: 2,
    agents: 'both',
    steps: 700,
    batch: 64,
    learningRate: 4e-3,
    firstTurns: 0.6,
  },
  unit: 'programs',
  env: {
    dataset: 'tiny',
    prompt_style: 'compact',
    feedback: 'plain',
  },

  chooseItem(_items, random) {
    shown ??= tinyProblems().slice(EVALUATION).map(tinyItem);
    return pick(shown, random);
  },

  respond(environment, { item }, agent, random) {
    const problem = tinyProblemOf(item) as TinyProblem;
    if (environment.numAgents === 1) return wholeCode(problem, drawWholeShare(random));
    return shareCode(problem, drawShare(random))[agent] as string;
  },

  next(environment, state, responses) {
    return (environment as CodeGeneration).unjudged(state, responses);
  },

  /** Programs that parse, with the function that was asked for. */
  wellFormed({ metrics }) {
    return { good: metrics.syntax_valid_rate ?? 0, all: 1 };
  },
};
