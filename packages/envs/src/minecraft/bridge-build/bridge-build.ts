/** BridgeBuild: two agents with half a map each bridge a void (minecraft spec, section 9). */

import { loadItems } from '../../dataset/load-items.js';
import type { DataSource } from '../../dataset/source.js';
import type { DataReport, Environment, Observation, Picture, StepResult } from '../../env.js';
import { checkResponses, endOfTurn, processReward } from '../../settings.js';
import type { Task } from '../../task.js';
import { allowedBlocks } from '../blocks.js';
import { splitBudget } from '../commands.js';
import { cellOf } from '../grid/grid.js';
import { type BridgeAction, messageTokens, readBridgeAction } from './actions.js';
import { type BridgeMeasures, measureBridge } from './connections.js';
import { builtinBridges } from './generate.js';
import { type BridgeBuildItem, bridgeBuildItem, cellsOf } from './item.js';
import { bridgePicture } from './picture.js';
import { bridgeObservation } from './prompts.js';
import { bridgeComponents, bridgeRewardRange } from './score.js';
import {
  type BridgeBuildOptions,
  type BridgeBuildSettings,
  bridgeBuildSettings,
  resolveBridgeBuildSettings,
} from './settings.js';
import type { BridgeAgent, BridgeBuildState } from './state.js';
import { agentAfter, blocksAfter } from './turn.js';

/**
 * The BridgeBuild environment. Agent 1 starts at S and agent 2 at T; both answer with a JSON object of messages, probes,
 * fills and a path. Blocks, places and knowledge persist over turns; each agent sees only what is near its own path.
 *
 * @example
 * const env = new BridgeBuild({ feedback: 'score' });
 * const state = env.reset(env.trainItems[0]);
 * const { reward } = env.step(state, ['{"cmds": ["/fill 1 2 4 2 oak_planks"]}', '{"comm": {"T": [7, 2]}}']);
 */
export class BridgeBuild implements Environment<BridgeBuildItem, BridgeBuildState> {
  readonly name = 'bridge_build';
  readonly numAgents: number;
  readonly numTurns: number;
  readonly earlyTerminationThreshold: number | null;
  readonly rewardRange = bridgeRewardRange;
  readonly trainItems: readonly BridgeBuildItem[];
  readonly evalItems: readonly BridgeBuildItem[];
  readonly dataReport: DataReport;
  readonly roles = ['builds from shore S', 'builds from shore T'];
  readonly settings: BridgeBuildSettings;
  readonly #budgets: readonly number[];
  readonly #allowed: ReadonlySet<string>;

  /**
   * @param data maps that take the place of the builtin ones
   * @throws {EnvError} `bad_option` or `bad_dataset`
   */
  constructor(options: BridgeBuildOptions = {}, data?: DataSource) {
    const settings = resolveBridgeBuildSettings(options);
    this.settings = settings;
    this.numAgents = settings.numAgents;
    this.numTurns = settings.numTurns;
    this.earlyTerminationThreshold = settings.earlyTerminationThreshold;
    this.#budgets = splitBudget(settings.maxCommands, settings.numAgents);
    this.#allowed = allowedBlocks(settings.blocks);
    const source = data ?? builtinBridges();
    const train = loadItems(source, settings.trainSplit, bridgeBuildItem);
    const evaluation = loadItems(source, settings.evalSplit, bridgeBuildItem);
    this.trainItems = train.items;
    this.evalItems = evaluation.items;
    this.dataReport = { source: source.name, train: train.report, eval: evaluation.report };
  }

  /** A map from elsewhere, with the fields of a data file. */
  readItem(record: Readonly<Record<string, unknown>>): BridgeBuildItem {
    return bridgeBuildItem({ value: record, where: 'item' }, 1);
  }

  /** Starts an episode with the agents on the first S and the first T, by z, then x. Nothing is random. */
  reset(item: BridgeBuildItem, _seed = 0): BridgeBuildState {
    const agents = ['S', 'T'].map((shore): BridgeAgent => {
      const at = cellOf(item, cellsOf(item, shore)[0] as number);
      return { at, stoodOn: [at], probes: [], received: [], lastResponse: '' };
    });
    return { item, turn: 1, blocks: new Map(), agents, connected: false, lastReward: null };
  }

  observe(state: BridgeBuildState): Observation[] {
    return state.agents.map((_, index) => bridgeObservation(this.settings, state, index));
  }

  step(state: BridgeBuildState, responses: readonly string[]): StepResult<BridgeBuildState> {
    checkResponses('BridgeBuild', this.numAgents, responses);
    const { item, turn } = state;
    // After the end nothing happens any more, and so nothing is earned.
    const over = state.connected || turn > this.numTurns;
    const actions = responses.map((response, index) => this.#read(state, over ? '' : response, index));
    const before = measureBridge(item, state.blocks, item.gap);
    const blocks = blocksAfter(state, actions);
    const after = measureBridge(item, blocks, item.gap);
    const components = bridgeComponents(item, before, after);
    const reward = Object.values(components).reduce((sum, term) => sum + term, 0);
    const processedReward = processReward(reward, this.settings);
    const endedBy = after.connected ? 'last_turn' : endOfTurn(turn, processedReward, this.settings);
    const agents = responses.map((response, index) => agentAfter(state, actions, index, response));
    return {
      state: {
        item,
        turn: turn + 1,
        blocks,
        agents,
        connected: after.connected,
        lastReward: reward,
      },
      reward,
      processedReward,
      components: { ...components },
      metrics: metricsOf(after, actions),
      terminated: endedBy !== null,
      endedBy,
      info: {
        agents: actions.map(({ message, probes, fills, path }) => ({
          message,
          probes: probes.map(({ x, z }) => [x, z]),
          accepted: fills.accepted.map(({ text }) => text),
          rejected: fills.rejected,
          path: path?.map(({ x, z }) => [x, z]) ?? null,
        })),
        blocks: [...blocks].map(([cell, { block }]) => [cellOf(item, cell).x, cellOf(item, cell).z, block]),
      },
    };
  }

  /** The map after the last turn. */
  picture(state: BridgeBuildState): Picture | undefined {
    if (state.turn === 1) return undefined;
    return bridgePicture(state, measureBridge(state.item, state.blocks, state.item.gap));
  }

  #read({ item, agents }: BridgeBuildState, response: string, index: number): BridgeAction {
    return readBridgeAction(response, item, (agents[index] as BridgeAgent).at, {
      allowed: this.#allowed,
      budget: this.#budgets[index] as number,
      maxProbe: this.settings.maxProbe,
    });
  }
}

function metricsOf(after: BridgeMeasures, actions: readonly BridgeAction[]): Record<string, number> {
  const sum = (count: (action: BridgeAction) => number) =>
    actions.reduce((total, action) => total + count(action), 0);
  return {
    bridged: after.connected ? 1 : 0,
    gap: after.gap,
    pieces: after.pieces,
    joined_pillars: after.truePillars,
    touched_pillars: after.falsePillars,
    filled: after.blocks,
    probed: sum(({ probes }) => probes.length),
    message_tokens: sum(({ message }) => (message === null ? 0 : messageTokens(message))),
    moved: sum(({ path }) => (path === null ? 0 : 1)),
    ...Object.fromEntries(
      actions.flatMap(({ fills: { accepted, rejected } }, agent) => [
        [`agent_${agent + 1}_accepted`, accepted.length],
        [`agent_${agent + 1}_rejected`, rejected.length],
      ]),
    ),
  };
}

/** BridgeBuild for the command line. */
export const bridgeBuildTask: Task = {
  name: 'bridge_build',
  domain: 'game',
  summary: 'Bridge a void in Minecraft from two shores, each agent with its own view.',
  settings: bridgeBuildSettings,
  hubDataset: null,
  open: (options, data) => new BridgeBuild(options, data),
};
