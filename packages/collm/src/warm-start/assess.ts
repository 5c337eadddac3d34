/** How well a model does before reinforcement learning: some episodes at temperature 1, every agent played by it. */
import type { Environment } from '@collm/envs';
import { type Agent, evaluate } from '@collm/marl';
import { chooseItem } from './demonstrations.js';
import type { Random, Recipe } from './recipe.js';

/** What a model reaches in one environment. */
export interface Assessment {
  readonly agents: number;
  readonly episodes: number;
  /** Mean over episodes and turns, in the task's own unit. */
  readonly reward: number;
  /** Share of the recipe's unit that is well-formed, 0 to 1; 0 where there is none at all. */
  readonly wellFormed: number;
  /** Share of the responses that end by themselves, 0 to 1. */
  readonly finished: number;
  /** Mean tokens of a response. */
  readonly tokens: number;
}

const EPISODES = 48;

/** @param maxNewTokens per response */
export async function assess(
  recipe: Recipe,
  environment: Environment,
  agent: Agent,
  random: Random,
  maxNewTokens: number,
  signal: AbortSignal,
): Promise<Assessment> {
  const { numAgents } = environment;
  const items = Array.from({ length: EPISODES }, () => chooseItem(recipe, environment, random));
  const { episodes } = await evaluate(environment, Array(numAgents).fill(agent), {
    items,
    generations: 1,
    seed: 0,
    sampling: { temperature: 1, topK: null, topP: 1, maxNewTokens, greedy: false },
    earlyTerminationThreshold: null,
    discount: 1,
    maxFailureRate: 1,
    signal,
  });
  const turns = episodes.flatMap(({ record }) => record.turns);
  const responses = turns.flatMap(({ agents }) => agents);
  const counts = turns.map((turn) => recipe.wellFormed(turn, environment));
  return {
    agents: numAgents,
    episodes: episodes.length,
    reward: mean(turns.map(({ reward }) => reward)),
    wellFormed: sum(counts.map(({ good }) => good)) / Math.max(1, sum(counts.map(({ all }) => all))),
    finished: mean(responses.map(({ finish }) => (finish === 'stop' ? 1 : 0))),
    tokens: mean(responses.map(({ responseTokens }) => responseTokens)),
  };
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]) => sum(values) / Math.max(1, values.length);
