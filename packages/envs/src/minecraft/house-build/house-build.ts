/** HouseBuild: agents build a house out of boxes and fend off spiders (minecraft spec, sections 3 and 4). */
import type { DataSource } from '../../dataset/source.js';
import type {
  DataReport,
  Environment,
  Observation,
  Picture,
  ProtocolPrompts,
  StepResult,
} from '../../env.js';
import { checkResponses, endOfTurn, processReward } from '../../settings.js';
import type { Task } from '../../task.js';
import { allowedBlocks } from '../blocks.js';
import { type CommandReport, readCommands, splitBudget } from '../commands.js';
import { firstObservation, laterObservation } from '../followup.js';
import { buildingProtocols } from '../protocols.js';
import { commandCounts, turnInfo } from '../turn-report.js';
import { World } from '../world.js';
import { compactObservation } from './compact-prompts.js';
import { loadHouses, ownHouses } from './dataset.js';
import { describeHouseState } from './describe-state.js';
import { followUpParts } from './feedback.js';
import { type HouseBuildItem, houseBuildItem } from './item.js';
import { housePicture } from './picture.js';
import { blocksOf, firstHousePrompt } from './prompts.js';
import { type HouseCommand, houseReaders } from './readers.js';
import { resourceLimits } from './resources.js';
import { type HouseScore, houseComponents, houseRewardRange, scoreHouse } from './score.js';
import {
  type HouseBuildOptions,
  type HouseBuildSettings,
  houseBuildPresets,
  houseBuildSettings,
  resolveHouseBuildSettings,
} from './settings.js';
import { drawAttacks, healthLeft, threatOf } from './spiders.js';
import type { HouseBuildState } from './state.js';

/**
 * The HouseBuild environment. One or two agents answer with `/fill` lines, each under its own limits of material, and
 * with `/kill` against the spiders; agent 1's are carried out before agent 2's, in a world that starts empty at every
 * turn.
 *
 * @example
 * const env = new HouseBuild({ feedback: 'rect_modification' });
 * const state = env.reset(env.trainItems[0]);
 * const prompts = env.observe(state);
 * const { reward, metrics } = env.step(state, ['/fill 0 0 1 5 0 5 white_concrete', '/kill']);
 */
export class HouseBuild implements Environment<HouseBuildItem, HouseBuildState> {
  readonly name = 'house_build';
  readonly numAgents: number;
  readonly numTurns: number;
  readonly earlyTerminationThreshold: number | null;
  readonly rewardRange: readonly [number, number];
  readonly trainItems: readonly HouseBuildItem[];
  readonly evalItems: readonly HouseBuildItem[];
  readonly dataReport: DataReport;
  readonly roles: readonly string[];
  readonly settings: HouseBuildSettings;
  readonly protocols: ProtocolPrompts<HouseBuildState> = buildingProtocols((state) => this.observe(state));
  readonly #budgets: readonly number[];
  /** Null where the blocks are those of the house. */
  readonly #allowed: readonly (ReadonlySet<string> | null)[];
  readonly #data: DataSource | undefined;

  /**
   * @param data houses that take the place of the builtin ones
   * @throws {EnvError} `bad_option` or `bad_dataset`
   */
  constructor(options: HouseBuildOptions = {}, data?: DataSource) {
    const settings = resolveHouseBuildSettings(options);
    this.settings = settings;
    this.numAgents = settings.numAgents;
    this.numTurns = settings.numTurns;
    this.earlyTerminationThreshold = settings.earlyTerminationThreshold;
    this.roles = settings.blocks.map(
      (palette) => `builds with ${palette.join(', ') || 'all blocks of the house'}`,
    );
    this.#budgets = splitBudget(settings.maxCommands, settings.numAgents);
    this.#allowed = settings.blocks.map((palette) => (palette.length > 0 ? allowedBlocks(palette) : null));
    this.#data = data;
    const source = data ?? ownHouses(settings.dataset);
    const train = loadHouses(source, settings.trainSplit);
    const evaluation = loadHouses(source, settings.evalSplit);
    this.trainItems = train.items;
    this.evalItems = evaluation.items;
    this.dataReport = { source: source.name, train: train.report, eval: evaluation.report };
    this.rewardRange = houseRewardRange(settings, [...train.items, ...evaluation.items]);
  }

  /** A house from elsewhere, with the fields of a data file. */
  readItem(record: Readonly<Record<string, unknown>>): HouseBuildItem {
    return houseBuildItem({ value: record, where: 'item' }, 1);
  }

  /** One agent with the first one's blocks, the whole budget and limits for one. */
  singleModel(): HouseBuild {
    return new HouseBuild({ ...this.settings, numAgents: 1 }, this.#data);
  }

  /** Starts an episode. The seed counts only where spiders are drawn anew. */
  reset(item: HouseBuildItem, seed = 0): HouseBuildState {
    return { item, turn: 1, attacks: drawAttacks(this.settings, seed), last: null };
  }

  observe(state: HouseBuildState): Observation[] {
    const { settings } = this;
    const { last } = state;
    if (settings.promptStyle !== 'full') {
      return Array.from({ length: this.numAgents }, (_, agent) => compactObservation(settings, state, agent));
    }
    return Array.from({ length: this.numAgents }, (_, agent) =>
      last === null
        ? firstObservation(firstHousePrompt(settings, state, agent))
        : laterObservation(followUpParts(settings, state, last, agent), settings.followup),
    );
  }

  step(state: HouseBuildState, responses: readonly string[]): StepResult<HouseBuildState> {
    checkResponses('HouseBuild', this.numAgents, responses);
    const { item, turn, attacks } = state;
    const reports = this.#read(item, responses);
    const world = built(item, reports);
    const killed = reports.some(({ accepted }) => accepted.some(({ command }) => command === 'kill'));
    const score = scoreHouse(item, world);
    const { hp } = this.settings.player;
    const threat = threatOf(attacks, hp, killed);
    // A single agent is spared the spiders in its reward, but not in what it is told (11-9).
    const told = houseComponents(score, threat, this.settings);
    const components = this.numAgents > 1 ? told : houseComponents(score, 0, this.settings);
    const reward = sumOf(components);
    const processedReward = processReward(reward, this.settings);
    const endedBy = endOfTurn(turn, processedReward, this.settings);
    const last = { responses: [...responses], reports, world, score, toldReward: sumOf(told) };
    return {
      state: { item, turn: turn + 1, attacks, last },
      reward,
      processedReward,
      components,
      metrics: metricsOf(score, healthLeft(attacks, hp, killed), killed, reports),
      terminated: endedBy !== null,
      endedBy,
      info: turnInfo(reports, world),
    };
  }

  /** The layers of the last turn's build side by side, the lowest first. */
  picture({ item, turn, last }: HouseBuildState): Picture | undefined {
    return last === null ? undefined : housePicture(item, turn - 1, last);
  }

  /** The plan, the turn and what the last one left, for critics that see states. */
  describeState(state: HouseBuildState): string {
    return describeHouseState(this.settings, state);
  }

  #read(item: HouseBuildItem, responses: readonly string[]): CommandReport<HouseCommand>[] {
    const { limitedResource } = this.settings;
    const limits = limitedResource ? resourceLimits(item, this.numAgents) : new Map<string, number>();
    return responses.map((response, agent) => {
      const allowed = this.#allowed[agent] ?? allowedBlocks(blocksOf(this.settings, item, agent));
      return readCommands(response, houseReaders(allowed, item.box, limits), this.#budgets[agent] as number);
    });
  }
}

/** The world after all accepted commands, agent by agent. */
function built(item: HouseBuildItem, reports: readonly CommandReport<HouseCommand>[]): World {
  const world = new World(item.box);
  reports.forEach(({ accepted }, agent) => {
    for (const { command } of accepted) {
      if (command !== 'kill') world.fill(command.box, command.block, agent);
    }
  });
  return world;
}

/** The sum of signed terms, from left to right. */
function sumOf(components: Readonly<Record<string, number>>): number {
  return Object.values(components).reduce((sum, term) => sum + term, 0);
}

function metricsOf(
  score: HouseScore,
  hp: number,
  killed: boolean,
  reports: readonly CommandReport<HouseCommand>[],
): Record<string, number> {
  return commandCounts(reports, {
    iou: score.iou,
    match: score.match,
    solid_match: score.solidMatch,
    coverage: score.coverage,
    redundancy: score.redundancy,
    covered: score.covered,
    extra: score.extra,
    hp,
    killed: killed ? 1 : 0,
  });
}

/** HouseBuild for the command line. */
export const houseBuildTask: Task = {
  name: 'house_build',
  domain: 'game',
  summary: 'Build a house in Minecraft and fend off spiders.',
  settings: houseBuildSettings,
  presets: houseBuildPresets,
  hubDataset: null,
  open: (options, data) => new HouseBuild(options, data),
};
