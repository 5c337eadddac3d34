import type { Unit } from '../algorithms/algorithm.js';
import { mean } from '../credit/statistics.js';
import type { Agent, MeanWeight, PolicySample } from '../messages.js';

/** An agent and the roles that it plays. */
export interface Player {
  readonly agent: Agent;
  readonly roles: readonly number[];
  /** The first of its roles, by which it is named. */
  readonly member: number;
}

/** Agents that share their weights are one player: one optimiser step for all its roles. */
export function playersOf(agents: readonly Agent[]): Player[] {
  return [...new Set(agents)].map((agent) => {
    const roles = [...agents.keys()].filter((role) => agents[role] === agent);
    return { agent, roles, member: roles[0] as number };
  });
}

/** Mean weights over all that a player learns from in a step; those of chains are 1. */
export function meanWeightOf({ roles }: Player, units: readonly Unit[], samplesOf: SamplesOf): MeanWeight {
  const samples = units.flatMap((_, unit) => roles.flatMap((role) => samplesOf(unit, role)));
  const weights = samples.map(({ weight }) => weight);
  const tokens = samples.reduce((sum, sample) => sum + sample.tokens.length, 0);
  const tokenWeight = samples.reduce((sum, sample) => sum + sample.weight * sample.tokens.length, 0);
  return { sample: mean(weights), token: tokens === 0 ? 1 : tokenWeight / tokens };
}

/** What a role learns from in a unit. */
export type SamplesOf = (unit: number, role: number) => readonly PolicySample[];

/** The lookup of what was played. */
export function policyOf(units: readonly Unit[]): SamplesOf {
  return (unit, role) => units[unit]?.policy[role] as readonly PolicySample[];
}
