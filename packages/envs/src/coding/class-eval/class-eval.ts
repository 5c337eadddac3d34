/** ClassEval: agents share out the methods of a class without talking (coding spec, 15, reward of version 1). */
import type { DataSource } from '../../dataset/source.js';
import type { DataReport, Environment, Observation, StepResult } from '../../env.js';
import { checkResponses, endOfTurn, parseSettings, processReward } from '../../settings.js';
import type { Task } from '../../task.js';
import { builtinClasses } from './builtin.js';
import { type ClassEvalItem, loadClasses, readClassEvalItem } from './item.js';
import { jobPrompt, revisionPrompt } from './prompts.js';
import { classEvalComponents, classEvalRewardRange } from './reward.js';
import { chosenMethods } from './selection.js';
import { type ClassEvalOptions, type ClassEvalSettings, classEvalSettings } from './settings.js';

/** Immutable: a step returns a new state, so that episodes can branch. */
export interface ClassEvalState {
  readonly item: ClassEvalItem;
  /** The turn to be played next, from 1. */
  readonly turn: number;
  /** What each agent wrote in the last turn: methods and their code; null at the first. */
  readonly last: readonly ReadonlyMap<string, string>[] | null;
}

/**
 * All agents get the same prompt and choose methods of a class to write. The reward is for covering all methods once and in
 * equal shares; the code itself is not run.
 */
export class ClassEval implements Environment<ClassEvalItem, ClassEvalState> {
  readonly name = 'classeval';
  readonly numAgents: number;
  readonly numTurns: number;
  readonly earlyTerminationThreshold: number | null;
  readonly rewardRange = classEvalRewardRange;
  readonly trainItems: readonly ClassEvalItem[];
  readonly evalItems: readonly ClassEvalItem[];
  readonly dataReport: DataReport;
  readonly roles: readonly string[];
  readonly settings: ClassEvalSettings;
  readonly #data: DataSource;

  /**
   * @param data classes that take the place of the builtin ones
   * @throws {EnvError} `bad_option` or `bad_dataset`
   */
  constructor(options: ClassEvalOptions = {}, data?: DataSource) {
    const settings = parseSettings(classEvalSettings, options);
    this.#data = data ?? builtinClasses();
    this.settings = settings;
    this.numAgents = settings.numAgents;
    this.numTurns = settings.numTurns;
    this.earlyTerminationThreshold = settings.earlyTerminationThreshold;
    this.roles = Array.from({ length: settings.numAgents }, () =>
      settings.numAgents === 1 ? 'writes all methods' : 'writes some of the methods',
    );
    const train = loadClasses(this.#data, settings.trainSplit);
    const evaluation = loadClasses(this.#data, settings.evalSplit);
    this.trainItems = train.items;
    this.evalItems = evaluation.items;
    this.dataReport = { source: this.#data.name, train: train.report, eval: evaluation.report };
  }

  readItem(record: Readonly<Record<string, unknown>>): ClassEvalItem {
    return readClassEvalItem({ value: record, where: 'item' });
  }

  /** Starts an episode. Nothing in this task is random. */
  reset(item: ClassEvalItem, _seed = 0): ClassEvalState {
    return { item, turn: 1, last: null };
  }

  observe({ item, last }: ClassEvalState): Observation[] {
    return Array.from({ length: this.numAgents }, (_, agent) => {
      const chosen = last?.[agent];
      const content =
        chosen === undefined
          ? jobPrompt(item, this.numAgents)
          : revisionPrompt(item, [...chosen.keys()], [...chosen.values()].join('\n\n'));
      return {
        messages: [{ role: 'user', content }],
        startsAfresh: true,
        format: this.settings.promptFormat,
      };
    });
  }

  step({ item, turn }: ClassEvalState, responses: readonly string[]): StepResult<ClassEvalState> {
    checkResponses(this.name, this.numAgents, responses);
    const targets = new Set(item.methods);
    const chosen = responses.map((response) => chosenMethods(response, targets));
    const counts = chosen.map(({ size }) => size);
    const covered = new Set(chosen.flatMap((methods) => [...methods.keys()])).size;
    const components = classEvalComponents(counts, covered, targets.size);
    const { coverage, duplication, balance, penalty } = components;
    const reward = coverage + duplication + balance + penalty;
    const processedReward = processReward(reward, this.settings);
    const endedBy = endOfTurn(turn, processedReward, this.settings);
    const written = counts.reduce((sum, count) => sum + count, 0);
    return {
      state: { item, turn: turn + 1, last: chosen },
      reward,
      processedReward,
      components,
      metrics: {
        methods: targets.size,
        covered_methods: covered,
        written_methods: written,
        coverage_rate: targets.size === 0 ? 0 : covered / targets.size,
        normalised_return: (100 * reward) / classEvalRewardRange[1],
        ...Object.fromEntries(counts.map((count, agent) => [`agent_${agent + 1}_methods`, count])),
      },
      terminated: endedBy !== null,
      endedBy,
      info: { chosen: chosen.map((methods) => [...methods.keys()]) },
    };
  }

  singleModel(): ClassEval {
    return new ClassEval({ ...this.settings, numAgents: 1 }, this.#data);
  }
}

/** ClassEval for the command line. */
export const classEvalTask: Task = {
  name: 'classeval',
  domain: 'coding',
  summary: 'Share out the methods of a class without talking.',
  settings: classEvalSettings,
  hubDataset: 'FudanSELab/ClassEval',
  open: (options, data) => new ClassEval(options, data),
};
