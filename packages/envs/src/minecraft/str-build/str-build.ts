/** StrBuild: agents write a word as block letters (minecraft spec, sections 2 and 4). */

import { type DataSource, Notes, recordsOfSplit } from '../../dataset/source.js';
import { selectSplit } from '../../dataset/split.js';
import type {
  DataReport,
  Environment,
  Observation,
  Picture,
  ProtocolPrompts,
  SplitReport,
  StepResult,
} from '../../env.js';
import { EnvError } from '../../env-error.js';
import { checkResponses, endOfTurn, processReward } from '../../settings.js';
import type { Task } from '../../task.js';
import { allowedBlocks, isAir, solidBlocks } from '../blocks.js';
import { type CommandReport, readCommands, type SetBlock, setBlockReader, splitBudget } from '../commands.js';
import { buildingProtocols } from '../protocols.js';
import { commandCounts, turnInfo, volumeOf } from '../turn-report.js';
import { World } from '../world.js';
import { compactObservation } from './compact-prompts.js';
import {
  defaultStrBuildWords,
  type StrBuildWord,
  shortStrBuildWords,
  strBuildItems,
  wordsOf,
} from './dataset.js';
import { describeStrBuildState } from './describe-state.js';
import { isTarget, type StrBuildItem } from './item.js';
import { fullObservation } from './prompts.js';
import { rewardComponents, rewardRange, type StrBuildScore, scoreBuild } from './score.js';
import {
  resolveStrBuildSettings,
  type StrBuildOptions,
  type StrBuildSettings,
  strBuildPresets,
  strBuildSettings,
} from './settings.js';
import type { StrBuildState } from './state.js';

/**
 * The StrBuild environment. One or two agents answer with `/setblock` lines; agent 1's are carried out before
 * agent 2's, in a world that starts empty at every turn.
 *
 * @example
 * const env = new StrBuild({ numTurns: 2, promptStyle: 'compact' });
 * const state = env.reset(env.trainItems[0]);
 * const prompts = env.observe(state);
 * const { reward, metrics } = env.step(state, ['/setblock 0 0 0 stone', '/setblock 1 0 0 obsidian']);
 */
export class StrBuild implements Environment<StrBuildItem, StrBuildState> {
  readonly name = 'str_build';
  readonly numAgents: number;
  readonly numTurns: number;
  readonly earlyTerminationThreshold: number | null;
  readonly rewardRange: readonly [number, number];
  readonly trainItems: readonly StrBuildItem[];
  readonly evalItems: readonly StrBuildItem[];
  readonly dataReport: DataReport;
  readonly roles: readonly string[];
  readonly settings: StrBuildSettings;
  readonly protocols: ProtocolPrompts<StrBuildState> = buildingProtocols((state) => this.observe(state));
  readonly #budgets: readonly number[];
  readonly #allowed: readonly ReadonlySet<string>[];
  readonly #data: DataSource | undefined;

  /**
   * @param data words that take the place of the builtin ones
   * @throws {EnvError} `bad_option` or `bad_dataset`
   */
  constructor(options: StrBuildOptions = {}, data?: DataSource) {
    const settings = resolveStrBuildSettings(options);
    this.settings = settings;
    this.numAgents = settings.numAgents;
    this.numTurns = settings.numTurns;
    this.earlyTerminationThreshold = settings.earlyTerminationThreshold;
    this.rewardRange = rewardRange(settings.numAgents);
    this.roles = settings.blocks.map((palette) => `builds with ${solidBlocks(palette).join(', ')}`);
    this.#budgets = splitBudget(settings.maxCommands, settings.numAgents);
    this.#allowed = settings.blocks.map(allowedBlocks);
    this.#data = data;
    const train = loadSplit(settings, settings.trainSplit, data);
    const evaluation = loadSplit(settings, settings.evalSplit, data);
    this.trainItems = train.items;
    this.evalItems = evaluation.items;
    this.dataReport = { source: data?.name ?? 'builtin', train: train.report, eval: evaluation.report };
  }

  /**
   * A word from elsewhere: `string`, and `difficulty` if it is known. Where the record has the rows or the box of another
   * layout, it would be scored in the wrong place, so that is an error.
   */
  readItem(record: Readonly<Record<string, unknown>>): StrBuildItem {
    const [item] = strBuildItems(wordsOf([{ value: record, where: 'item' }]), this.settings);
    if (item === undefined) {
      throw new EnvError(
        'bad_dataset',
        `The item has no word: \`string\` is ${JSON.stringify(record.string)}.`,
      );
    }
    checkLayout(item, record);
    return item;
  }

  /** One agent with the first one's palette and the whole budget. */
  singleModel(): StrBuild {
    return new StrBuild({ ...this.settings, numAgents: 1 }, this.#data);
  }

  /** Starts an episode. Nothing in StrBuild is random. */
  reset(item: StrBuildItem, _seed = 0): StrBuildState {
    return { item, turn: 1, last: null };
  }

  observe(state: StrBuildState): Observation[] {
    const observation = this.settings.promptStyle === 'compact' ? compactObservation : fullObservation;
    return Array.from({ length: this.numAgents }, (_, agent) => observation(this.settings, state, agent));
  }

  step(state: StrBuildState, responses: readonly string[]): StepResult<StrBuildState> {
    checkResponses('StrBuild', this.numAgents, responses);
    const { item, turn } = state;
    const reports = responses.map((response, agent) => this.#read(item, response, agent));
    const world = new World(item.box);
    reports.forEach(({ accepted }, agent) => {
      for (const { command } of accepted) world.set(command.cell, command.block, agent);
    });
    const score = scoreBuild(item, world, this.settings);
    const components = rewardComponents(score);
    const reward = components.coverage + components.extra + components.adjacency + components.palette;
    const processedReward = processReward(reward, this.settings);
    const endedBy = endOfTurn(turn, processedReward, this.settings);
    const { covered, extra, targets } = score;
    return {
      state: {
        item,
        turn: turn + 1,
        last: { responses: [...responses], world, reward, covered, extra, targets },
      },
      reward,
      processedReward,
      components: { ...components },
      metrics: metricsOf(score, reports),
      terminated: endedBy !== null,
      endedBy,
      info: turnInfo(reports, world),
    };
  }

  /** The box of the last turn, top row first. */
  picture({ item, turn, last }: StrBuildState): Picture | undefined {
    if (last === null) return undefined;
    const { from, to } = item.box;
    const { world, covered, extra, targets } = last;
    const rows = item.targetRowsTopdown.map((row, fromTop) =>
      Array.from(row, (_, column) => {
        const cell = { x: from.x + column, y: to.y - fromTop, z: from.z };
        const block = world.get(cell);
        return { block: isAir(block) ? null : block, target: isTarget(item, cell) };
      }),
    );
    return {
      caption: `${item.string}, turn ${turn - 1}: ${covered} of ${targets} cells, ${extra} stray`,
      rows,
      volume: volumeOf(world),
    };
  }

  /** The word, the turn and what the last one left, for critics that see states. */
  describeState(state: StrBuildState): string {
    return describeStrBuildState(this.settings, state);
  }

  #read(item: StrBuildItem, response: string, agent: number): CommandReport<SetBlock> {
    const allowed = this.#allowed[agent] as ReadonlySet<string>;
    const readers = new Map([['setblock', setBlockReader(allowed, item.box)]]);
    return readCommands(response, readers, this.#budgets[agent] as number);
  }
}

/** The items that an expression selects among the tasks of all words; rows without a word are none of them. */
function loadSplit(
  settings: StrBuildSettings,
  expression: string | null,
  data: DataSource | undefined,
): { items: StrBuildItem[]; report: SplitReport } {
  if (expression === null) return { items: [], report: { records: 0, items: 0, dropped: [], remarks: [] } };
  const records = data === undefined ? undefined : recordsOfSplit(data, expression);
  const words = records === undefined ? builtinWords(settings) : wordsOf(records);
  const all = strBuildItems(words, settings);
  if (all.length === 0) {
    throw new EnvError(
      'bad_dataset',
      `${data?.name ?? '`words`'} holds no words. A data file needs a column \`string\`.`,
    );
  }
  const blank = new Notes();
  const kept = new Set(all.map(({ csvRowIndex }) => csvRowIndex));
  words.forEach((_, index) => {
    if (!kept.has(index + 1)) blank.add('no word', records?.[index]?.where ?? `row ${index + 1}`);
  });
  const items = selectSplit(all, expression);
  return {
    items,
    report: { records: words.length, items: items.length, dropped: blank.list(), remarks: [] },
  };
}

/** @throws {EnvError} `bad_dataset` when a record says that its letters stand elsewhere than the settings put them */
function checkLayout(
  { targetRowsTopdown, box }: StrBuildItem,
  record: Readonly<Record<string, unknown>>,
): void {
  const { target_rows_topdown: rows, local_bbox_from: corner } = record;
  const ours = [box.from.x, box.from.y, box.from.z];
  const differs = (given: unknown, own: unknown) =>
    given !== undefined && given !== null && JSON.stringify(given) !== JSON.stringify(own);
  if (!differs(rows, targetRowsTopdown) && !differs(corner, ours)) return;
  throw new EnvError(
    'bad_dataset',
    `The item's \`target_rows_topdown\` or \`local_bbox_from\` is not where the settings put its letters (${targetRowsTopdown[0]?.length} columns from ${ours.join(', ')}). Set \`spacing\` and \`localZ\` (env.spacing, env.local_z) to those of the item, or leave the two fields out.`,
  );
}

function builtinWords({ words }: StrBuildSettings): readonly (string | StrBuildWord)[] {
  if (words === 'default') return defaultStrBuildWords;
  return words === 'short' ? shortStrBuildWords : words;
}

function metricsOf(
  score: StrBuildScore,
  reports: readonly CommandReport<SetBlock>[],
): Record<string, number> {
  return commandCounts(reports, {
    iou: score.iou,
    coverage: score.coverage,
    extra_ratio: score.extraRatio,
    adj_ratio: score.adjRatio,
    missing_palettes: score.missingPalettes,
    covered: score.covered,
    extra: score.extra,
  });
}

/** StrBuild for the command line. */
export const strBuildTask: Task = {
  name: 'str_build',
  domain: 'game',
  summary: 'Write a word as block letters in Minecraft.',
  settings: strBuildSettings,
  presets: strBuildPresets,
  hubDataset: null,
  open: (options, data) => new StrBuild(options, data),
};
