/**
 * What an algorithm estimates, worked out from everything that can happen in a small game.
 *
 *   trajectories        all episodes with their probabilities, by the rules of the game alone
 *   expectedReturn      J
 *   policyGradient      ∇J
 *   valuesOf            V(h), V_i(h_i), Q(h, a), V(h, y_<k): conditional expectations of the return to go
 *   teach, teachHead    make a critic or a value head say them
 */
import type { JointHistory, PolicySample, ValueQuery } from '../../src/index.js';
import { policyGradient as plainUpdate } from '../policy.js';
import type { RandomGame } from './random-game.js';
import { codesOf, type ScriptedAgent, textOf } from './scripted-agent.js';
import type { TableCritic } from './table-critic.js';
import { combine, type Vector } from './vectors.js';

/** One way an episode can go. */
export interface Trajectory {
  readonly probability: number;
  readonly turns: readonly ExactTurn[];
}

export interface ExactTurn {
  /** `histories[agent]`: all that it knows, as its newest observation repeats it. */
  readonly histories: readonly string[];
  /** `responses[agent]` as tokens. */
  readonly responses: readonly (readonly number[])[];
  readonly reward: number;
}

export function trajectories(game: RandomGame, agents: readonly ScriptedAgent[]): Trajectory[] {
  type State = Parameters<RandomGame['observe']>[0];
  const from = (state: State, turns: readonly ExactTurn[], probability: number): Trajectory[] => {
    const histories = game.observe(state).map(({ messages }) => messages[0]?.content as string);
    return jointActions(agents).flatMap((responses) => {
      const { state: next, reward } = game.step(state, responses.map(textOf));
      const likelihood = agents.reduce(
        (product, agent, i) => product * agent.probability(histories[i] as string, responses[i] as number[]),
        probability,
      );
      const played = [...turns, { histories, responses, reward }];
      const stopped = reward > (game.earlyTerminationThreshold ?? Number.POSITIVE_INFINITY);
      return stopped || played.length === game.numTurns
        ? [{ probability: likelihood, turns: played }]
        : from(next, played, likelihood);
    });
  };
  const items = game.trainItems;
  return items.flatMap((item) => from(game.reset(item, 0), [], 1 / items.length));
}

function jointActions(agents: readonly ScriptedAgent[]): (readonly number[])[][] {
  return agents.reduce<(readonly number[])[][]>(
    (joint, agent) => joint.flatMap((so) => agent.responses.map((own) => [...so, own])),
    [[]],
  );
}

/** G_t = Σ_l γ^l r_t+l */
export function returnsToGo({ turns }: Trajectory, discount: number): number[] {
  return turns.map((_, t) =>
    turns.slice(t).reduce((sum, { reward }, ahead) => sum + discount ** ahead * reward, 0),
  );
}

/** J = E[G_0] */
export function expectedReturn(all: readonly Trajectory[], discount = 1): number {
  return all.reduce((sum, one) => sum + one.probability * (returnsToGo(one, discount)[0] as number), 0);
}

/**
 * E[ Σ_t Σ_i ψ_t ∇ log π_i(a_i,t | h_i,t) ]. With ψ_t = G_0 this is ∇J, since ∇p = p ∇ log p.
 *
 * @param credit ψ_t of a trajectory
 */
export function creditedGradient(
  all: readonly Trajectory[],
  agents: readonly ScriptedAgent[],
  credit: (trajectory: Trajectory, turn: number) => number,
): Vector {
  const terms = all.flatMap((one) =>
    one.turns.flatMap((turn, t) =>
      agents.map((agent, i) => {
        const score = agent.score(turn.histories[i] as string, turn.responses[i] as number[]);
        return [one.probability * credit(one, t), vectorOf(score)] as const;
      }),
    ),
  );
  return combine(terms);
}

/** ∇J of the undiscounted return. */
export const policyGradient = (all: readonly Trajectory[], agents: readonly ScriptedAgent[]): Vector =>
  creditedGradient(all, agents, (one) => returnsToGo(one, 1)[0] as number);

/** Observations name their agent, so places of different agents do not collide. */
export function vectorOf(gradient: ReadonlyMap<string, readonly number[]>): Vector {
  return new Map(
    [...gradient].flatMap(([place, own]) =>
      own.map((value, token) => [`${place} → ${token}`, value] as const),
    ),
  );
}

/** Something to be valued, with a name for each of its values. */
interface NamedQuery {
  readonly query: ValueQuery;
  readonly names: readonly string[];
}

export interface Values {
  readonly queries: readonly NamedQuery[];
  /** E[G_t | what the name says], by name. */
  readonly exact: ReadonlyMap<string, number>;
}

/** Exact values of everything that somebody who sees the histories of these agents can be asked for. */
export function valuesOf(
  all: readonly Trajectory[],
  sees: readonly number[],
  numTurns: number,
  discount = 1,
): Values {
  const queries = new Map<string, NamedQuery>();
  const mass = new Map<string, number>();
  const sums = new Map<string, number>();
  for (const one of all) {
    const returns = returnsToGo(one, discount);
    one.turns.forEach((turn, t) => {
      const asked = queriesAt(turn, t, numTurns - t, sees);
      for (const named of asked) queries.set(JSON.stringify(named.query), named);
      for (const name of new Set(asked.flatMap(({ names }) => names))) {
        mass.set(name, (mass.get(name) ?? 0) + one.probability);
        sums.set(name, (sums.get(name) ?? 0) + one.probability * (returns[t] as number));
      }
    });
  }
  const exact = new Map([...sums].map(([name, sum]) => [name, sum / (mass.get(name) as number)]));
  return { queries: [...queries.values()], exact };
}

function queriesAt(
  { histories, responses }: ExactTurn,
  turn: number,
  remainingTurns: number,
  sees: readonly number[],
): NamedQuery[] {
  const history: JointHistory = {
    agents: sees.map((agent) => ({
      past: [],
      observation: { messages: [{ role: 'user', content: histories[agent] as string }], startsAfresh: true },
    })),
    turn,
    remainingTurns,
  };
  const own = sees.map((agent) => responses[agent] as readonly number[]);
  const given = own.map((tokens) => ({ text: textOf(tokens), tokens }));
  const name = (...more: readonly unknown[]) => JSON.stringify([history.agents, ...more]);
  return [
    { query: { read: 'state', history }, names: [name('state')] },
    { query: { read: 'action', history, responses: given }, names: [name('action', own)] },
    ...given.map(
      (response, agent): NamedQuery => ({
        query: { read: 'tokens', history, agent, response },
        names: response.tokens.map((_, k) => name('tokens', agent, response.tokens.slice(0, k))),
      }),
    ),
  ];
}

/** A table that says exactly this: a gradient step of size 1 on half a squared error puts a value where it should be. */
export async function teach(
  critic: TableCritic,
  { queries, exact }: Values,
  value: (name: string) => number = (name) => exact.get(name) as number,
): Promise<TableCritic> {
  for (const { query, names } of queries) {
    const targets = names.map(value);
    const settings = { valueLossCoef: targets.length / 2, valueClipRange: null, learningRateFactor: 1 };
    await critic.fit([{ query, targets, oldValues: [], itemId: '' }], settings);
  }
  return critic;
}

/** The same for V_i(h_i) in an agent's own head. */
export async function teachHead(agent: ScriptedAgent, { queries, exact }: Values): Promise<void> {
  for (const { query, names } of queries) {
    if (query.read !== 'state') continue;
    const prompt = query.history.agents[0]?.observation.messages[0]?.content as string;
    const sample: PolicySample = {
      promptTokens: codesOf(prompt),
      tokens: [0],
      oldLogProbs: Float32Array.of(0),
      behaviourLogProbs: Float32Array.of(0),
      advantage: 0,
      weight: 1,
      value: { read: 'state', targets: [exact.get(names[0] as string) as number], oldValues: [] },
      itemId: '',
      turn: query.history.turn,
    };
    const value = { valueLossCoef: 0.5, valueClipRange: null, learningRateFactor: 1, stopGradient: false };
    await agent.update([sample], { ...plainUpdate, value });
  }
}
