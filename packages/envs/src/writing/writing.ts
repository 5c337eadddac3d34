/** The writing tasks: two agents write one text each, in one turn (writing spec). */
import type { DataSource } from '../dataset/source.js';
import type {
  DataReport,
  Environment,
  Message,
  Observation,
  ProtocolPrompts,
  ProtocolSampling,
  StepResult,
} from '../env.js';
import { hashText, seededRandom } from '../seeded-random.js';
import { checkResponses, endOfTurn, parseSettings, processReward } from '../settings.js';
import type { Task } from '../task.js';
import { evalReport, itemOf, loadSplit, type WritingItem } from './items.js';
import { writingMetrics } from './metrics.js';
import type { WritingPrompts } from './prompts.js';
import { PairMeasures, rewardOf } from './reward.js';
import type { WritingRules } from './rules.js';
import { lengthBandOf, type WritingOptions, type WritingSettings, writingSettings } from './settings.js';
import { splitAnswer } from './split-answer.js';
import { arxiv, tldr, type WritingTask } from './task.js';

export interface WritingState {
  readonly item: WritingItem;
  readonly seed: number;
  /** The turn to be played: 1, or 2 when the episode is over. */
  readonly turn: number;
}

/** What both tasks have in common; they differ in their {@link WritingTask} only. */
export class Writing implements Environment<WritingItem, WritingState> {
  readonly name: string;
  readonly numAgents: number;
  readonly numTurns: number;
  readonly earlyTerminationThreshold: number | null;
  /** Scores are rewards over 3, as in the reference, although 2.98 is the most that can be reached. */
  readonly rewardRange = [0, 3] as const;
  readonly trainItems: readonly WritingItem[];
  readonly evalItems: readonly WritingItem[];
  readonly dataReport: DataReport;
  readonly roles: readonly string[];
  /** Of teams; a single model has nobody to talk to. */
  readonly protocols?: ProtocolPrompts<WritingState>;
  readonly settings: WritingSettings;
  readonly #task: WritingTask;
  readonly #rules: WritingRules;
  readonly #prompts: WritingPrompts;
  readonly #data: DataSource;

  constructor(task: WritingTask, options: WritingOptions, given?: DataSource) {
    const settings = parseSettings(writingSettings[task.name], options);
    const data = given ?? (settings.dataset === 'tiny' ? task.tiny?.() : undefined) ?? task.builtin();
    this.#task = task;
    this.#prompts = settings.promptStyle === 'compact' ? task.compactPrompts : task.prompts;
    this.#rules = { ...task.rules, lengthBand: lengthBandOf(task, settings) };
    this.#data = data;
    this.settings = settings;
    this.name = task.name;
    this.numAgents = settings.numAgents;
    this.numTurns = settings.numTurns;
    this.earlyTerminationThreshold = settings.earlyTerminationThreshold;
    this.roles = settings.numAgents === 1 ? ['writes both texts'] : task.roles;
    const train = loadSplit(task, data, settings.trainSplit);
    const evaluation = loadSplit(task, data, settings.evalSplit);
    this.trainItems = train.items;
    this.evalItems = evaluation.items;
    this.dataReport = { source: data.name, train: train.report, eval: evalReport(evaluation, train) };
    if (settings.numAgents === 2) this.protocols = this.#teamProtocols();
  }

  singleModel(): Writing {
    return new Writing(this.#task, { ...this.settings, numAgents: 1 }, this.#data);
  }

  /** A record of the task's data; without a source text its answers can be scored all the same. */
  readItem(record: Readonly<Record<string, unknown>>): WritingItem {
    return itemOf(this.#task, record);
  }

  /** @param seed decides where an answer of a single model without a delimiter is split; otherwise nothing is random */
  reset(item: WritingItem, seed = 0): WritingState {
    return { item, seed, turn: 1 };
  }

  observe({ item }: WritingState): Observation[] {
    const { single, training } = this.#prompts;
    const prompts =
      this.numAgents === 1 ? [single(item.source)] : training.map((prompt) => prompt(item.source));
    return prompts.map((prompt) => this.#observation(prompt));
  }

  step({ item, seed, turn }: WritingState, responses: readonly string[]): StepResult<WritingState> {
    checkResponses(this.name, this.numAgents, responses);
    const split = this.numAgents === 1 ? this.#split(responses[0] as string, item, seed) : undefined;
    const [first, second] = split === undefined ? responses : [split.first, split.second];
    const pair = new PairMeasures(this.#rules, first as string, second as string);
    const reward = rewardOf(this.#rules, pair);
    const processedReward = processReward(reward.total, this.settings);
    const { total, ...components } = reward;
    const endedBy = endOfTurn(turn, processedReward, this.settings);
    return {
      state: { item, seed, turn: turn + 1 },
      reward: total,
      processedReward,
      components,
      metrics: writingMetrics(this.#task.texts, this.#rules, pair, reward),
      terminated: endedBy !== null,
      endedBy,
      info: split === undefined ? {} : { ...split },
    };
  }

  /** The text that the agents write about, for critics that see states. */
  describeState({ item, turn }: WritingState): string {
    return `turn ${turn} of ${this.numTurns}\n${item.source}`;
  }

  #split(answer: string, { id }: WritingItem, seed: number) {
    return splitAnswer(answer, this.#task.split, seededRandom(hashText(`${seed} ${id}`)));
  }

  #observation(prompt: string): Observation {
    const messages: Message[] = [{ role: 'user', content: prompt }];
    return { messages, startsAfresh: true, format: this.settings.promptFormat };
  }

  #teamProtocols(): ProtocolPrompts<WritingState> {
    const { singleNewTokens } = this.#task;
    const prompts = this.#prompts;
    const sampling = (maxNewTokens: number): ProtocolSampling => ({
      temperature: 0.7,
      topP: 0.9,
      maxNewTokens,
    });
    return {
      pipeline: ({ item }, _agent, earlier) =>
        this.#observation(prompts.pipeline(item.source, earlier[0] as string)),
      discussion: ({ item }, agent, first) =>
        this.#observation(
          (prompts.discussion[agent] as (typeof prompts.discussion)[0])(
            item.source,
            first[agent] as string,
            first[1 - agent] as string,
          ),
        ),
      sampling: { single: sampling(singleNewTokens), team: sampling(256) },
    };
  }
}

/**
 * TLDR: agent 0 summarises a Reddit post briefly, agent 1 in detail.
 *
 * @example
 * const env = new Tldr();
 * const state = env.reset(env.trainItems[0], 1);
 * const prompts = env.observe(state);
 * const { reward, components } = env.step(state, [summary, elaboration]);
 */
export class Tldr extends Writing {
  /**
   * @param data posts that take the place of the builtin ones
   * @throws {EnvError} `bad_option` or `bad_dataset`
   */
  constructor(options: WritingOptions = {}, data?: DataSource) {
    super(tldr, options, data);
  }
}

/** arXiv: from a paper's abstract, agent 0 writes background and motivation, agent 1 methodology and implications. */
export class Arxiv extends Writing {
  /**
   * @param data abstracts that take the place of the builtin ones
   * @throws {EnvError} `bad_option` or `bad_dataset`
   */
  constructor(options: WritingOptions = {}, data?: DataSource) {
    super(arxiv, options, data);
  }
}

/** TLDR for the command line. */
export const tldrTask: Task = {
  name: tldr.name,
  domain: 'writing',
  summary: tldr.summary,
  settings: writingSettings.tldr,
  hubDataset: tldr.hubDataset,
  readsSlicesOnly: true,
  open: (options, data) => new Tldr(options, data),
};

/** arXiv for the command line. */
export const arxivTask: Task = {
  name: arxiv.name,
  domain: 'writing',
  summary: arxiv.summary,
  settings: writingSettings.arxiv,
  hubDataset: arxiv.hubDataset,
  readsSlicesOnly: true,
  open: (options, data) => new Arxiv(options, data),
};
