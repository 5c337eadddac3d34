/**
 * A turn of ResourceGathering: both move; then A gathers, then B; then messages arrive (minecraft spec, section 10). Work
 * zones are those at the start of the turn.
 */
import {
  cellNumber,
  cellOf,
  type GridCell,
  type GridSize,
  manhattan,
  seenFrom,
  withPath,
} from '../grid/grid.js';
import type { GatheringAction } from './actions.js';
import {
  type Amounts,
  isComplete,
  type Material,
  neededBy,
  nothing,
  progressOf,
  trades,
} from './materials.js';
import type { ResourceGatheringSettings } from './settings.js';
import type { Gatherer, ResourceFact, ResourceGatheringState } from './state.js';

/** The signed terms of the reward, in the order in which they are added. */
export interface GatheringComponents extends Record<string, number> {
  /** 8 · what the mean share of the goal grew by. */
  progress: number;
  /** 7 where the goal was reached. */
  complete: number;
  /** 0.05 per step nearer to the own work zone; steps away from it count against. */
  approach: number;
  /** 0.1 per sender that told what its teammate could use, in shares of what that still needs. */
  facts: number;
  /** 0.15 per agent that came into its work zone for the first time. */
  zone: number;
}

/** Lowest and highest reward of a turn. */
export function gatheringRewardRange(maxSteps: number): readonly [number, number] {
  return [-0.1 * maxSteps, 8 + 7 + 0.1 * maxSteps + 0.2 + 0.3];
}

export interface GatheringTurn {
  readonly stacks: readonly Amounts[];
  readonly collected: Amounts;
  readonly agents: readonly Gatherer[];
  readonly components: GatheringComponents;
  /** What each agent gathered this turn, in agent order. */
  readonly gathered: readonly Amounts[];
  /** What each agent told this turn, in agent order. */
  readonly sent: readonly (readonly ResourceFact[])[];
  /** How many of those the receivers could use. */
  readonly usefulFacts: number;
}

export function playGatheringTurn(
  settings: ResourceGatheringSettings,
  state: ResourceGatheringState,
  actions: readonly GatheringAction[],
  responses: readonly string[],
): GatheringTurn {
  const { item, turn } = state;
  const { goal, harvestRadius } = settings;
  let approach = 0;
  let entered = 0;
  const moved = state.agents.map((agent, index): Gatherer => {
    const { path } = actions[index] as GatheringAction;
    const at = path?.at(-1) ?? agent.at;
    const toZone = (from: GridCell) => stepsToZone(state, index, from, settings);
    const [before, after] = [toZone(agent.at), toZone(at)];
    if (before !== null && after !== null) approach += before - after;
    if (after === 0 && !agent.enteredZone) entered++;
    return {
      at,
      stoodOn: withPath(agent.stoodOn, path ?? []),
      told: agent.told,
      enteredZone: agent.enteredZone || after === 0,
      lastResponse: responses[index] ?? '',
    };
  });
  const { stacks, gathered } = harvest(item, state.stacks, moved, harvestRadius);
  const collected = gathered.reduce(plus, state.collected);
  const sent = actions.map(({ facts }) =>
    facts.map((fact) => ({ ...fact, count: (stacks[cellNumber(item, fact)] as Amounts)[fact.type] })),
  );
  const worth = sent.map((facts, sender) => worthOf(settings, item, moved, collected, sender, facts));
  const agents = moved.map((agent, index) => ({
    ...agent,
    told: [
      ...agent.told,
      ...sent.flatMap((facts, sender) => (sender === index ? [] : facts.map((fact) => ({ ...fact, turn })))),
    ],
  }));
  const components = {
    progress: 8 * (progressOf(collected, goal) - progressOf(state.collected, goal)),
    complete: isComplete(collected, goal) && !isComplete(state.collected, goal) ? 7 : 0,
    approach: 0.05 * approach,
    facts: 0.1 * worth.reduce((sum, { share }) => sum + share, 0),
    zone: 0.15 * entered,
  };
  const usefulFacts = worth.reduce((sum, { useful }) => sum + useful, 0);
  return { stacks, collected, agents, components, gathered, sent, usefulFacts };
}

/**
 * Steps to the cells within reach of any cell that holds what an agent still needs; 0 within them, null where nothing of
 * the kind is left.
 */
export function stepsToZone(
  { item, stacks, collected }: Pick<ResourceGatheringState, 'item' | 'stacks' | 'collected'>,
  agent: number,
  from: GridCell,
  { goal, harvestRadius }: Pick<ResourceGatheringSettings, 'goal' | 'harvestRadius'>,
): number | null {
  const needed = neededBy(agent, collected, goal);
  let least: number | null = null;
  stacks.forEach((stack, number) => {
    if (!needed.some((material) => stack[material] > 0)) return;
    const steps = Math.max(0, manhattan(from, cellOf(item, number)) - harvestRadius);
    least = least === null ? steps : Math.min(least, steps);
  });
  return least;
}

/** One agent after the other takes whole stacks of what it can gather from all cells within reach. */
function harvest(
  map: GridSize,
  before: readonly Amounts[],
  agents: readonly Gatherer[],
  radius: number,
): { stacks: Amounts[]; gathered: Amounts[] } {
  const stacks = [...before];
  const gathered = agents.map(({ at }, index) => {
    let taken = nothing;
    for (const [number, stack] of stacks.entries()) {
      if (manhattan(at, cellOf(map, number)) > radius) continue;
      const own = only(stack, trades[index] ?? []);
      taken = plus(taken, own);
      stacks[number] = {
        wood: stack.wood - own.wood,
        stone: stack.stone - own.stone,
        iron: stack.iron - own.iron,
      };
    }
    return taken;
  });
  return { stacks, gathered };
}

/** What a sender's facts are worth to its teammate, from 0 to 1, and how many of them are useful. */
function worthOf(
  { goal, view }: ResourceGatheringSettings,
  map: GridSize,
  agents: readonly Gatherer[],
  collected: Amounts,
  sender: number,
  facts: readonly ResourceFact[],
): { share: number; useful: number } {
  const receiver = agents.findIndex((_, index) => index !== sender);
  const { stoodOn, told } = agents[receiver] as Gatherer;
  const known = new Set([...seenFrom(map, stoodOn, view), ...told.map((fact) => cellNumber(map, fact))]);
  const needed = neededBy(receiver, collected, goal);
  const useful = facts.filter(
    (fact) => fact.count > 0 && needed.includes(fact.type) && !known.has(cellNumber(map, fact)),
  );
  const shares = useful.map(({ type, count }) => Math.min(1, count / (goal[type] - collected[type])));
  return {
    share: Math.min(
      1,
      shares.reduce((sum, share) => sum + share, 0),
    ),
    useful: useful.length,
  };
}

function only(amounts: Amounts, kinds: readonly Material[]): Amounts {
  const own = (material: Material) => (kinds.includes(material) ? amounts[material] : 0);
  return { wood: own('wood'), stone: own('stone'), iron: own('iron') };
}

function plus(a: Amounts, b: Amounts): Amounts {
  return { wood: a.wood + b.wood, stone: a.stone + b.stone, iron: a.iron + b.iron };
}
