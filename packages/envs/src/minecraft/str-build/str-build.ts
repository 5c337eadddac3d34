/** StrBuild: agents write a word as block letters (minecraft spec, sections 2 and 4). */

import { selectSplit } from '../../dataset/split.js';
import type { Environment, Observation, Picture, StepResult } from '../../env.js';
import { EnvError } from '../../env-error.js';
import { allowedBlocks, isAir } from '../blocks.js';
import { type CommandReport, readCommands, type SetBlock, setBlockReader, splitBudget } from '../commands.js';
import { World } from '../world.js';
import { compactMessages } from './compact-prompts.js';
import { defaultStrBuildWords, loadStrBuildCsv, strBuildItems } from './dataset.js';
import { isTarget, type StrBuildItem } from './item.js';
import { resolveStrBuildOptions, type StrBuildOptions, type StrBuildSettings } from './options.js';
import { fullMessages } from './prompts.js';
import { rewardComponents, rewardRange, type StrBuildScore, scoreBuild } from './score.js';
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
  readonly settings: StrBuildSettings;
  readonly #budgets: readonly number[];
  readonly #allowed: readonly ReadonlySet<string>[];

  /** @throws {EnvError} `bad_option` or `bad_dataset` */
  constructor(options: StrBuildOptions = {}) {
    const settings = resolveStrBuildOptions(options);
    this.settings = settings;
    this.numAgents = settings.numAgents;
    this.numTurns = settings.numTurns;
    this.earlyTerminationThreshold = settings.earlyTerminationThreshold;
    this.rewardRange = rewardRange(settings.numAgents);
    this.#budgets = splitBudget(settings.maxCommands, settings.numAgents);
    this.#allowed = settings.blocks.map(allowedBlocks);
    const items = loadItems(options, settings);
    this.trainItems = selectSplit(items, settings.trainSplit);
    this.evalItems = settings.evalSplit === null ? [] : selectSplit(items, settings.evalSplit);
  }

  /** Starts an episode. Nothing in StrBuild is random. */
  reset(item: StrBuildItem, _seed = 0): StrBuildState {
    return { item, turn: 1, last: null };
  }

  observe(state: StrBuildState): Observation[] {
    const compact = this.settings.promptStyle === 'compact';
    const messagesOf = compact ? compactMessages : fullMessages;
    return Array.from({ length: this.numAgents }, (_, agent) => ({
      messages: messagesOf(this.settings, state, agent),
      startsAfresh: state.last === null || !compact,
    }));
  }

  step(state: StrBuildState, responses: readonly string[]): StepResult<StrBuildState> {
    if (responses.length !== this.numAgents) {
      throw new EnvError(
        'wrong_responses',
        `step got ${responses.length} responses, but StrBuild has ${this.numAgents} agents. Give one per agent.`,
      );
    }
    const { item, turn } = state;
    const reports = responses.map((response, agent) => this.#read(item, response, agent));
    const world = new World(item.box);
    for (const { accepted } of reports) {
      for (const { command } of accepted) world.set(command.cell, command.block);
    }
    const score = scoreBuild(item, world, this.settings);
    const components = rewardComponents(score);
    const reward = components.coverage + components.extra + components.adjacency + components.palette;
    const processedReward = reward * this.settings.rewardScale + this.settings.rewardShift;
    const endedBy = this.#endedBy(turn, processedReward);
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
      info: {
        agents: reports.map(({ accepted, rejected }) => ({
          accepted: accepted.map(({ text }) => text),
          rejected,
        })),
        world: [...world.scan()]
          .filter(({ block }) => !isAir(block))
          .map(({ x, y, z, block }) => [x, y, z, block]),
      },
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
    };
  }

  #read(item: StrBuildItem, response: string, agent: number): CommandReport<SetBlock> {
    const allowed = this.#allowed[agent] as ReadonlySet<string>;
    const readers = new Map([['setblock', setBlockReader(allowed, item.box)]]);
    return readCommands(response, readers, this.#budgets[agent] as number);
  }

  #endedBy(turn: number, processedReward: number): 'last_turn' | 'threshold' | null {
    if (turn >= this.numTurns) return 'last_turn';
    const threshold = this.earlyTerminationThreshold;
    return threshold !== null && processedReward > threshold ? 'threshold' : null;
  }
}

function loadItems(options: StrBuildOptions, settings: StrBuildSettings): StrBuildItem[] {
  const { csvPath, words } = options;
  if (csvPath !== undefined && words !== undefined) {
    throw new EnvError('bad_option', '`csvPath` and `words` are both set; give the data set in one of them.');
  }
  const items =
    csvPath === undefined
      ? strBuildItems(words ?? defaultStrBuildWords, settings)
      : loadStrBuildCsv(csvPath, settings);
  if (items.length === 0) {
    throw new EnvError(
      'bad_dataset',
      `${csvPath === undefined ? '`words`' : `\`${csvPath}\``} holds no words. A CSV file needs a column \`string\`.`,
    );
  }
  return items;
}

function metricsOf(
  score: StrBuildScore,
  reports: readonly CommandReport<SetBlock>[],
): Record<string, number> {
  const metrics: Record<string, number> = {
    iou: score.iou,
    coverage: score.coverage,
    extra_ratio: score.extraRatio,
    adj_ratio: score.adjRatio,
    missing_palettes: score.missingPalettes,
    covered: score.covered,
    extra: score.extra,
  };
  reports.forEach(({ accepted, rejected }, agent) => {
    metrics[`agent_${agent + 1}_accepted`] = accepted.length;
    metrics[`agent_${agent + 1}_rejected`] = rejected.length;
  });
  return metrics;
}
