/** HumanEval, CoopHumanEval and MBPP as tasks for a helper and a main programmer (coding spec, 1 to 14). */
import type { PythonRunner } from '@collm/sandbox';
import type { DataSource } from '../dataset/source.js';
import type { DataReport, Environment, Observation, ProtocolPrompts, StepResult } from '../env.js';
import { EnvError } from '../env-error.js';
import { checkResponses, endOfTurn, processReward } from '../settings.js';
import { compactFeedback, compactObservation, compactProtocolPrompts } from './compact-prompts.js';
import { feedbackBlock, type Reader } from './diagnosis.js';
import { type Expert, expertEdits } from './expert.js';
import { feedbackText, type OwnTurn } from './feedback.js';
import { type CodingItem, loadSplit, readCodingItem } from './item.js';
import { type Judgement, judgeTurn, type Responses } from './judge.js';
import * as prompts from './prompts.js';
import { protocolPrompts, textFor, userPrompt } from './protocols.js';
import { RememberingRunner } from './remember.js';
import { codingComponents, codingRewardRange, totalReward, turnMetrics } from './reward.js';
import { LazySandbox } from './runner.js';
import {
  type CodingOptions,
  type CodingSettings,
  type CodingSettingsSchema,
  resolveCodingSettings,
} from './settings.js';
import type { CodingState } from './state.js';
import { turnInfo } from './turn-info.js';

/** What the coding tasks differ in. */
export interface CodingVariant {
  readonly name: string;
  readonly schema: CodingSettingsSchema;
  /** The task's own problems. */
  readonly builtin: () => DataSource;
  /** Problems for models of some hundred thousand weights, where the task has them. */
  readonly tiny?: () => DataSource;
}

/** Settings, and what cannot stand in a configuration. */
export type CodeGenerationOptions = CodingOptions & {
  /** Proposes edits for the feedback mode `expert_edits`. */
  readonly expert?: Expert;
};

/**
 * One agent writes a helper `aux`, the other the function that the problem names, unseen by each other. Both get one reward:
 * for functions that are there, a program that parses, tests that pass, and a main function that builds on the helper.
 * Responses are run in a sandbox.
 */
export class CodeGeneration implements Environment<CodingItem, CodingState> {
  readonly name: string;
  readonly numAgents: number;
  readonly numTurns: number;
  readonly earlyTerminationThreshold: number | null;
  readonly rewardRange = codingRewardRange;
  readonly trainItems: readonly CodingItem[];
  readonly evalItems: readonly CodingItem[];
  readonly dataReport: DataReport;
  readonly roles: readonly string[];
  readonly protocols?: ProtocolPrompts<CodingState>;
  readonly settings: CodingSettings;
  readonly #variant: CodingVariant;
  readonly #options: CodeGenerationOptions;
  readonly #data: DataSource;
  readonly #expert: Expert | undefined;
  readonly #runner: PythonRunner;
  /** The sandbox that this environment has to end; null where the caller gave one. */
  readonly #ownRunner: PythonRunner | null;

  /**
   * @param data problems that take the place of the builtin ones
   * @param runner where Python runs; a sandbox of its own is started when it is left out
   * @throws {EnvError} `bad_option` or `bad_dataset`
   */
  constructor(
    variant: CodingVariant,
    options: CodeGenerationOptions = {},
    data?: DataSource,
    runner?: PythonRunner,
  ) {
    const { expert, ...given } = options;
    const settings = resolveCodingSettings(variant.schema, given);
    if (settings.feedback === 'expert_edits' && expert === undefined) {
      throw new EnvError(
        'bad_option',
        '`feedback` is "expert_edits", but there is no expert to ask. Give the environment a function `expert` in code, or choose another mode.',
      );
    }
    this.#variant = variant;
    this.#options = options;
    this.#data = data ?? (settings.dataset === 'tiny' ? variant.tiny : undefined)?.() ?? variant.builtin();
    this.#expert = expert;
    this.#ownRunner = runner === undefined ? new RememberingRunner(new LazySandbox()) : null;
    this.#runner = runner ?? (this.#ownRunner as PythonRunner);
    this.name = variant.name;
    this.settings = settings;
    this.numAgents = settings.numAgents;
    this.numTurns = settings.numTurns;
    this.earlyTerminationThreshold = settings.earlyTerminationThreshold;
    this.roles =
      settings.numAgents === 1
        ? ['writes the whole function']
        : ['writes the helper function aux', 'writes the main function, which may call aux'];
    if (settings.numAgents === 2) {
      const make = settings.promptStyle === 'compact' ? compactProtocolPrompts : protocolPrompts;
      this.protocols = make(settings.promptFormat);
    }
    const train = loadSplit(this.#data, settings.trainSplit);
    const evaluation = loadSplit(this.#data, settings.evalSplit);
    this.trainItems = train.items;
    this.evalItems = evaluation.items;
    this.dataReport = { source: this.#data.name, train: train.report, eval: evaluation.report };
  }

  /** A problem from elsewhere. It is scored even where its prompt would be of no use. */
  readItem(record: Readonly<Record<string, unknown>>): CodingItem {
    return readCodingItem({ value: record, where: 'item' });
  }

  /** Starts an episode. Nothing in these tasks is random. */
  reset(item: CodingItem, _seed = 0): CodingState {
    return { item, turn: 1, histories: Array.from({ length: this.numAgents }, () => []), feedback: null };
  }

  observe(state: CodingState): Observation[] {
    const { promptFormat, promptStyle } = this.settings;
    if (promptStyle === 'compact') {
      return this.#readers().map((reader, agent) => compactObservation(state, agent, reader, promptFormat));
    }
    return this.#prompts(state).map((content) => userPrompt(content, this.settings.promptFormat));
  }

  async step(state: CodingState, responses: readonly string[]): Promise<StepResult<CodingState>> {
    checkResponses(this.name, this.numAgents, responses);
    const { item, turn } = state;
    const goesOn = turn < this.numTurns;
    const judged = await this.#judge(item, responses, goesOn);
    const components = codingComponents(judged.facts);
    const reward = totalReward(components);
    const processedReward = processReward(reward, this.settings);
    const endedBy = endOfTurn(turn, processedReward, this.settings);
    const correct = judged.baselineCorrect === null ? {} : { correct: judged.baselineCorrect ? 1 : 0 };
    return {
      state: await this.#nextState(state, responses, judged),
      reward,
      processedReward,
      components,
      metrics: { ...turnMetrics(judged.facts, components), ...correct },
      terminated: endedBy !== null,
      endedBy,
      info: turnInfo(this.settings, item, judged),
    };
  }

  /**
   * The state after a turn that is not judged: what `step` leads to with `feedback: plain`, which tells nothing of how it
   * went, but without running anything. For demonstrations, of which many are made.
   *
   * @throws {EnvError} `bad_option` with any other feedback
   */
  unjudged(state: CodingState, responses: readonly string[]): CodingState {
    const { feedback } = this.settings;
    if (feedback !== 'plain') {
      throw new EnvError(
        'bad_option',
        `\`feedback\` is "${feedback}", which tells how a turn went, so that turns have to be judged. Use "plain".`,
      );
    }
    checkResponses(this.name, this.numAgents, responses);
    const nothing = this.#readers().map(() => '');
    return this.#toldState(state, responses, nothing);
  }

  singleModel(): CodeGeneration {
    return new CodeGeneration(this.#variant, { ...this.#options, numAgents: 1 }, this.#data, this.#runner);
  }

  /** Ends the sandbox, if this environment has started one. */
  async dispose(): Promise<void> {
    await this.#ownRunner?.dispose();
  }

  /** One prompt per agent. In later turns feedback takes the problem's place, or is the whole prompt. */
  #prompts(state: CodingState): string[] {
    return this.#readers().map((reader, agent) => {
      const text = textFor(state, agent);
      if (state.feedback !== null && this.settings.externalPromptPassthrough) return text;
      const problem = { item: state.item, text };
      if (reader === 'single') return prompts.singlePrompt(problem);
      return reader === 'aux' ? prompts.auxPrompt(problem) : prompts.mainPrompt(problem);
    });
  }

  #readers(): readonly Reader[] {
    return this.numAgents === 1 ? ['single'] : ['aux', 'main'];
  }

  #responses(responses: readonly string[]): Responses {
    const [first, second] = responses as readonly [string, string];
    return this.numAgents === 1 ? { aux: '', main: first } : { aux: first, main: second };
  }

  #judge(item: CodingItem, responses: readonly string[], goesOn: boolean): Promise<Judgement> {
    const { feedback } = this.settings;
    const diagnose = goesOn && feedback !== 'plain' && feedback !== 'expert_edits';
    return judgeTurn(this.#runner, this.settings, item, this.#responses(responses), diagnose);
  }

  async #nextState(
    state: CodingState,
    responses: readonly string[],
    judged: Judgement,
  ): Promise<CodingState> {
    const { item, turn } = state;
    if (turn >= this.numTurns) return { ...state, turn: turn + 1, feedback: null };
    return this.#toldState(state, responses, await this.#feedbackBlocks(item, judged));
  }

  /** The state after a turn, with what each agent is told of it. */
  #toldState(state: CodingState, responses: readonly string[], blocks: readonly string[]): CodingState {
    const { item, turn } = state;
    const names = this.#readers().map((reader) => (reader === 'aux' ? 'aux' : item.entryPoint));
    if (this.settings.promptStyle === 'compact') {
      const feedback = names.map((name, agent) => compactFeedback(blocks[agent] as string, name));
      return { ...state, turn: turn + 1, feedback };
    }
    const seen = this.#prompts(state);
    const histories = state.histories.map((turns, agent) => [
      ...turns,
      { prompt: seen[agent] as string, response: responses[agent] as string },
    ]);
    const feedback = names.map((name, agent) =>
      feedbackText(histories[agent] as OwnTurn[], blocks[agent] as string, name),
    );
    return { item, turn: turn + 1, histories, feedback };
  }

  async #feedbackBlocks(item: CodingItem, { code, diagnosis }: Judgement): Promise<string[]> {
    const { feedback } = this.settings;
    if (feedback === 'expert_edits') {
      const edits = await expertEdits(this.#expert as Expert, item, code.program);
      return this.#readers().map(
        (reader) => `Edits that an expert proposes:\n${reader === 'aux' ? edits.aux : edits.main}`,
      );
    }
    return this.#readers().map((reader) =>
      diagnosis === null ? '' : feedbackBlock(feedback, diagnosis, reader),
    );
  }
}
