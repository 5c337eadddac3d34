/** Environments of users: what their hook `demonstrate` gives. */
import type { Environment } from '@collm/envs';
import { UsageError } from '../../errors.js';
import type { Recipe } from '../recipe.js';

/** Words that an environment has demonstrated: what is well-formed cannot be known otherwise. */
const demonstrated = new WeakMap<Environment, Set<string>>();

const wordsOf = (text: string): string[] => text.match(/\S+/g) ?? [];

export const moduleRecipe: Recipe = {
  name: 'module',
  summary: 'what the hook `demonstrate` of an environment of your own gives, for every agent and turn',
  defaults: {
    hiddenSize: 64,
    layers: 2,
    heads: 4,
    vocabSize: 400,
    maxPositions: 256,
    pieces: 'words',
    turns: null,
    firstTurns: 0.6,
    criticShare: 0.25,
    agents: 2,
    steps: 500,
    batch: 48,
    learningRate: 4e-3,
  },
  unit: 'words',
  env: {},

  respond(environment, state, agent, random) {
    const text: unknown = environment.demonstrate?.(state, agent, random);
    if (typeof text !== 'string') throw noDemonstration(environment, text);
    const known = demonstrated.get(environment) ?? new Set();
    demonstrated.set(environment, known);
    for (const word of wordsOf(text)) known.add(word);
    return text;
  },

  /** Words that demonstrations have. */
  wellFormed({ agents }, environment) {
    const words = agents.flatMap(({ response }) => wordsOf(response));
    return {
      good: words.filter((word) => demonstrated.get(environment)?.has(word)).length,
      all: words.length,
    };
  },
};

function noDemonstration({ name, demonstrate }: Environment, text: unknown): UsageError {
  const why =
    demonstrate === undefined
      ? `The environment ${name} has no \`demonstrate\`, and there is nothing else that a model could imitate.`
      : `\`demonstrate\` of the environment ${name} gave ${text === null ? 'null' : `a value of type ${typeof text}`} and no text.`;
  return new UsageError(
    `${why} Give it \`demonstrate(state, agent, random)\`, which returns a well-formed response as a text (docs/environments.md).`,
  );
}
