/** Demonstrations for the warm start: conversations in which every agent answers well-formed and on its own. */
import { type Environment, type Item, pick } from '@collm/envs';
import type { History } from '@collm/marl';
import type { Random, Recipe } from './recipe.js';

export interface Demonstration {
  agent: number;
  history: History;
  /** What to imitate. */
  response: string;
}

/** Tokens of an agent's own response, as they stand in its history. */
export type Encode = (response: string) => readonly number[];

/** A seeded uniform generator on [0, 1) (mulberry32): drawing demonstrations needs no more. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A share of the episodes that the single model plays, where both are demonstrated. */
const SINGLE_SHARE = 1 / 3;

/** What demonstrations are drawn from. */
export interface Stage {
  readonly recipe: Recipe;
  /** The team's, the single model's, or both in this order. */
  readonly environments: readonly Environment[];
  /** Every line of a response ends in a line break: whether another one follows is then a choice of its own. */
  readonly endsLines: boolean;
  /** Episodes are cut after so many turns; absent: they are played to their ends. */
  readonly turns?: number;
}

/** Plays one episode by the recipe and cuts it into one demonstration per agent and turn. */
export async function demonstrate(stage: Stage, random: Random, encode: Encode): Promise<Demonstration[]> {
  const { recipe, environments } = stage;
  const single = environments.length > 1 && random() < SINGLE_SHARE;
  const environment = environments[single ? 1 : 0] as Environment;
  return playEpisode(stage, environment, chooseItem(recipe, environment, random), random, encode);
}

/** The item of an episode: the recipe's choice, or any. */
export function chooseItem(recipe: Recipe, { trainItems }: Environment, random: Random): Item {
  return recipe.chooseItem?.(trainItems, random) ?? pick(trainItems, random);
}

/** The demonstrations of one item, turn by turn. No reward ends it early. */
async function playEpisode(
  { recipe, endsLines, turns = Number.POSITIVE_INFINITY }: Stage,
  environment: Environment,
  item: Item,
  random: Random,
  encode: Encode,
): Promise<Demonstration[]> {
  const past: History['past'][number][][] = Array.from({ length: environment.numAgents }, () => []);
  const made: Demonstration[] = [];
  let state = environment.reset(item, 0);
  const numTurns = Math.min(environment.numTurns, turns);
  for (let turn = 0; turn < numTurns; turn++) {
    const observations = environment.observe(state);
    const responses = observations.map((observation, agent) => {
      const lines = recipe.respond(environment, state, agent, random);
      const response = endsLines && lines !== '' ? `${lines}\n` : lines;
      const own = past[agent] as History['past'][number][];
      made.push({ agent, history: { past: [...own], observation }, response });
      own.push({ observation, response, tokens: encode(response) });
      return response;
    });
    // What the last turn leads to is shown to nobody, and may be slow to find out.
    if (turn + 1 === numTurns) break;
    state = recipe.next?.(environment, state, responses) ?? (await environment.step(state, responses)).state;
  }
  return made;
}
