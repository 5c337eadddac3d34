/** What tests of exact expectations begin with. */
import { expect } from 'vitest';
import type { AlgorithmOptions } from '../../src/index.js';
import { policyGradient, type Trajectory, teach, trajectories, valuesOf } from './exact-values.js';
import { everyOutcome, gradients } from './outcomes.js';
import { type RandomGame, type RandomGameOptions, randomGame } from './random-game.js';
import { ScriptedAgent } from './scripted-agent.js';
import { TableCritic } from './table-critic.js';
import { type Chance, distance, expectation, squaredNorm, type Vector } from './vectors.js';

/** Gradients in double precision agree to this in every component. */
export const TOLERANCE = 1e-10;

/** A game, its players, everything that can happen between them, and ∇J. */
export interface Setup {
  readonly game: RandomGame;
  readonly agents: readonly ScriptedAgent[];
  readonly all: readonly Trajectory[];
  readonly exact: Vector;
}

/** @param maxTokens of a response; there are so many responses and one more */
export function setup(options: RandomGameOptions = {}, maxTokens = 1): Setup {
  const game = randomGame(options);
  const agents = Array.from({ length: game.numAgents }, () => new ScriptedAgent(maxTokens));
  const all = trajectories(game, agents);
  return { game, agents, all, exact: policyGradient(all, agents) };
}

/**
 * Critics of an actor-critic method.
 *
 * @param value what they say, by name; left out: the exact values
 */
export function critics(
  { game, agents, all }: Setup,
  { name, discount }: AlgorithmOptions,
  value?: (name: string) => number,
): Promise<TableCritic[]> {
  const everybody = [...agents.keys()];
  const seen = name === 'collm_cc' ? [everybody] : everybody.map((agent) => [agent]);
  return Promise.all(
    seen.map((sees) => teach(new TableCritic(), valuesOf(all, sees, game.numTurns, discount), value)),
  );
}

/** The gradient of an algorithm on everything that can happen. */
export async function gradientChances(
  made: Setup,
  algorithm: AlgorithmOptions,
  own: readonly TableCritic[] = [],
): Promise<Chance<Vector>[]> {
  const outcomes = await everyOutcome({ ...made, algorithm, critics: own });
  expect(outcomes.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 12);
  return gradients(outcomes);
}

export async function expectedGradient(
  made: Setup,
  algorithm: AlgorithmOptions,
  own: readonly TableCritic[] = [],
): Promise<Vector> {
  return expectation(await gradientChances(made, algorithm, own));
}

/** In every component; and there is something to compare. */
export function expectEqual(actual: Vector, wanted: Vector, tolerance = TOLERANCE): void {
  expect(squaredNorm(wanted)).toBeGreaterThan(1e-3);
  expect(distance(actual, wanted)).toBeLessThan(tolerance);
}
