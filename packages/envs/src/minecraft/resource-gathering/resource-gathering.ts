/** ResourceGathering: two agents with different trades gather materials they partly cannot see (minecraft spec, section 10). */

import { loadItems } from '../../dataset/load-items.js';
import type { DataSource } from '../../dataset/source.js';
import type { DataReport, Environment, Observation, Picture, StepResult } from '../../env.js';
import { checkResponses, endOfTurn, processReward } from '../../settings.js';
import type { Task } from '../../task.js';
import { seenFrom } from '../grid/grid.js';
import { type GatheringAction, readGatheringAction } from './actions.js';
import { builtinGatherings } from './generate.js';
import { type ResourceGatheringItem, resourceGatheringItem } from './item.js';
import { isComplete, nothing, progressOf } from './materials.js';
import { gatheringPicture } from './picture.js';
import { gatheringObservation } from './prompts.js';
import {
  type ResourceGatheringOptions,
  type ResourceGatheringSettings,
  resolveResourceGatheringSettings,
  resourceGatheringSettings,
} from './settings.js';
import type { Gatherer, ResourceGatheringState } from './state.js';
import { type GatheringTurn, gatheringRewardRange, playGatheringTurn, stepsToZone } from './turn.js';

/**
 * The ResourceGathering environment. Agent A gathers wood, agent B stone and iron; both answer with a JSON object of facts
 * for the teammate and a path. Stacks, places and knowledge persist; each agent sees only what is near its own path.
 *
 * @example
 * const env = new ResourceGathering({ goal: { wood: 2 } });
 * const state = env.reset(env.trainItems[0]);
 * const { reward } = env.step(state, ['{"path": [[0, 0], [1, 0]]}', '{"comm": {"resource_facts": []}}']);
 */
export class ResourceGathering implements Environment<ResourceGatheringItem, ResourceGatheringState> {
  readonly name = 'resource_gathering';
  readonly numAgents: number;
  readonly numTurns: number;
  readonly earlyTerminationThreshold: number | null;
  readonly rewardRange: readonly [number, number];
  readonly trainItems: readonly ResourceGatheringItem[];
  readonly evalItems: readonly ResourceGatheringItem[];
  readonly dataReport: DataReport;
  readonly roles = ['gathers wood', 'gathers stone and iron'];
  readonly settings: ResourceGatheringSettings;

  /**
   * @param data maps that take the place of the builtin ones
   * @throws {EnvError} `bad_option` or `bad_dataset`
   */
  constructor(options: ResourceGatheringOptions = {}, data?: DataSource) {
    const settings = resolveResourceGatheringSettings(options);
    this.settings = settings;
    this.numAgents = settings.numAgents;
    this.numTurns = settings.numTurns;
    this.earlyTerminationThreshold = settings.earlyTerminationThreshold;
    this.rewardRange = gatheringRewardRange(settings.maxSteps);
    const source = data ?? builtinGatherings();
    const train = loadItems(source, settings.trainSplit, resourceGatheringItem);
    const evaluation = loadItems(source, settings.evalSplit, resourceGatheringItem);
    this.trainItems = train.items;
    this.evalItems = evaluation.items;
    this.dataReport = { source: source.name, train: train.report, eval: evaluation.report };
  }

  /** A map from elsewhere, with the fields of a data file. */
  readItem(record: Readonly<Record<string, unknown>>): ResourceGatheringItem {
    return resourceGatheringItem({ value: record, where: 'item' }, 1);
  }

  /** Starts an episode. Nothing is random. Who starts in its work zone does not enter it later. */
  reset(item: ResourceGatheringItem, _seed = 0): ResourceGatheringState {
    const { stacks } = item;
    const collected = nothing;
    const agents = item.starts.map(
      (at, index): Gatherer => ({
        at,
        stoodOn: [at],
        told: [],
        enteredZone: stepsToZone({ item, stacks, collected }, index, at, this.settings) === 0,
        lastResponse: '',
      }),
    );
    return { item, turn: 1, stacks, collected, agents, lastReward: null };
  }

  observe(state: ResourceGatheringState): Observation[] {
    return state.agents.map((_, index) => gatheringObservation(this.settings, state, index));
  }

  step(state: ResourceGatheringState, responses: readonly string[]): StepResult<ResourceGatheringState> {
    checkResponses('ResourceGathering', this.numAgents, responses);
    const { settings } = this;
    const { item, turn } = state;
    // After the end nothing happens any more, and so nothing is earned.
    const over = turn > this.numTurns || isComplete(state.collected, settings.goal);
    const actions = responses.map((response, index) => this.#read(state, over ? '' : response, index));
    const played = playGatheringTurn(settings, state, actions, responses);
    const { stacks, collected, agents, components } = played;
    const reward = Object.values(components).reduce((sum, term) => sum + term, 0);
    const processedReward = processReward(reward, settings);
    const complete = isComplete(collected, settings.goal);
    const endedBy = complete ? 'last_turn' : endOfTurn(turn, processedReward, settings);
    return {
      state: { item, turn: turn + 1, stacks, collected, agents, lastReward: reward },
      reward,
      processedReward,
      components: { ...components },
      metrics: metricsOf(played, actions, settings),
      terminated: endedBy !== null,
      endedBy,
      info: {
        agents: played.gathered.map((gathered, index) => ({
          facts: played.sent[index],
          path: actions[index]?.path?.map(({ x, z }) => [x, z]) ?? null,
          gathered,
        })),
        collected,
      },
    };
  }

  /** The map after the last turn. */
  picture(state: ResourceGatheringState): Picture | undefined {
    return state.turn === 1 ? undefined : gatheringPicture(state);
  }

  #read({ item, agents }: ResourceGatheringState, response: string, index: number): GatheringAction {
    const { at, stoodOn } = agents[index] as Gatherer;
    const { view, maxSteps } = this.settings;
    return readGatheringAction(response, item, at, seenFrom(item, stoodOn, view), maxSteps);
  }
}

function metricsOf(
  { collected, sent, usefulFacts }: GatheringTurn,
  actions: readonly GatheringAction[],
  { goal }: ResourceGatheringSettings,
): Record<string, number> {
  return {
    completed: isComplete(collected, goal) ? 1 : 0,
    goal_share: progressOf(collected, goal),
    ...collected,
    facts_sent: sent.flat().length,
    facts_useful: usefulFacts,
    moved: actions.filter(({ path }) => path !== null).length,
  };
}

/** ResourceGathering for the command line. */
export const resourceGatheringTask: Task = {
  name: 'resource_gathering',
  domain: 'game',
  summary: 'Gather materials in Minecraft, each agent with its own trade and view.',
  settings: resourceGatheringSettings,
  hubDataset: null,
  open: (options, data) => new ResourceGathering(options, data),
};
