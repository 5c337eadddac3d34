import { join } from 'node:path';
import { ModelError, Tokenizer, trainingForward } from '@collm/lm';
import { currentPromptAlone } from '../learner/reference-faults.js';
import type { Critic, UpdateStats, ValueQuery, ValueRead, ValueSample, ValueUpdate } from '../messages.js';
import { type CriticInput, JointInput } from './joint-input.js';
import { type ModelOptions, Trainable, trainingFolder } from './trainable.js';
import { openModel } from './trained-model.js';
import { placeTargets, ValueHeads } from './value-heads.js';
import type { ValueNorm } from './value-normaliser.js';
import { batchOf, planRows, readValues, type ValueRow } from './value-rows.js';

export interface LmCriticOptions extends ModelOptions {
  /** Width of the value heads' tanh layer; null for linear heads. */
  readonly valueHeadHiddenDim: number | null;
  /** Initialises the value heads. */
  readonly seed: number;
  /** What the critic will be asked for, which decides its heads and its input; default `state` alone. */
  readonly reads?: readonly ValueRead[];
  /**
   * Normalises targets (see `ValueNormaliser`); `popart` also keeps the values when the statistics move. Losses and
   * clip ranges are then in standard deviations of the targets. Default: none.
   */
  readonly valueNorm?: ValueNorm;
  /** Model folders of the agents whose tokens are read by `tokens`; they must have the critic's vocabulary. */
  readonly agentModels?: readonly string[];
  /** Of every agent's history it sees the newest observation alone, as in CoMLRL (D8). Default: all of it. */
  readonly currentPromptsOnly?: boolean;
}

/**
 * A critic that is a language model with value heads: V at the marker that ends the joint history, Q at the one that
 * ends the joint action, or V before each token of one agent's response. One agent's history alone makes it a
 * decentralised critic. A query with the environment's state is valued by that instead of a history.
 */
export class LmCritic implements Critic {
  private constructor(
    private readonly trainable: Trainable,
    private readonly heads: ValueHeads,
    private readonly input: JointInput,
    private readonly options: LmCriticOptions,
  ) {}

  /** @throws ModelError when the model cannot be a critic, or not one of these agents' tokens */
  static async open(options: LmCriticOptions): Promise<LmCritic> {
    const { device, seed, valueHeadHiddenDim: hiddenDim, reads = ['state'], valueNorm = 'none' } = options;
    const tokenizer = Tokenizer.load(options.model);
    const marker = tokenizer.eosTokenId;
    if (marker === undefined)
      throw new ModelError(
        `${options.model}: the tokenizer names no end token, which the critic reads its value at.`,
      );
    if (reads.includes('tokens')) checkAgents(tokenizer, options);
    const model = openModel(options);
    const { hiddenSize, vocabSize, maxPositions } = model.decoder.config;
    let heads: ValueHeads | null = null;
    try {
      tokenizer.checkVocabulary(vocabSize, join(options.model, 'config.json'));
      heads = new ValueHeads({ hiddenSize, hiddenDim, seed, reads, valueNorm, device });
      const input = new JointInput(tokenizer, {
        marker,
        maxTokens: Math.min(options.maxPromptTokens ?? maxPositions, maxPositions),
        marksActions: reads.includes('action'),
      });
      return new LmCritic(new Trainable(model, heads.weights, options), heads, input, options);
    } catch (error) {
      heads?.dispose();
      model.dispose();
      throw error;
    }
  }

  async values(queries: readonly ValueQuery[]): Promise<number[][]> {
    const rows = queries.map((query) => this.row(query));
    return readValues(this.trainable.decoder, this.heads, rows, this.options.tokensPerMicroBatch);
  }

  /** Squared error to the targets, clipped around the old values if asked (P12); one step. */
  async fit(samples: readonly ValueSample[], settings: ValueUpdate): Promise<UpdateStats> {
    const { device, gradientCheckpointing = false, tokensPerMicroBatch } = this.options;
    const rows = samples.map(({ query }) => this.row(query));
    const count = rows.reduce((sum, { positions }) => sum + positions.length, 0);
    const targets = samples.map(({ query: { read }, targets }) => ({ read, targets }));
    const { loss, gradNorm } = await this.heads.learning(targets, () =>
      this.trainable.step(
        planRows(rows, tokensPerMicroBatch),
        (group, pass) => {
          const { ids, placed } = batchOf(group, rows, device);
          const hidden = trainingForward(this.trainable.decoder, ids, pass, { gradientCheckpointing });
          const values = placed.flatMap(({ row, places }) => {
            const { query, targets, oldValues, itemId } = samples[row] as ValueSample;
            return placeTargets({ read: query.read, targets, oldValues }, places, itemId);
          });
          return { loss: this.heads.loss(hidden, values, count, settings), sums: {} };
        },
        { model: settings.learningRateFactor, head: settings.learningRateFactor },
      ),
    );
    const tokens = rows.reduce((sum, row) => sum + row.tokens.length, 0);
    const truncated = rows.filter((row) => row.truncated).length;
    return {
      loss,
      gradNorm,
      metrics: { input_tokens: tokens / samples.length, truncated: truncated / samples.length },
    };
  }

  async save(dir: string): Promise<void> {
    this.trainable.save(dir);
    this.heads.save(join(dir, trainingFolder));
  }

  async load(dir: string): Promise<void> {
    this.trainable.load(dir);
    this.heads.load(join(dir, trainingFolder));
  }

  dispose(): void {
    this.trainable.dispose();
    this.heads.dispose();
  }

  private row(query: ValueQuery): ValueRow & CriticInput {
    this.heads.check(query.read);
    const shown = this.options.currentPromptsOnly ? currentPrompts(query) : query;
    return { ...this.input.of(shown), read: query.read };
  }
}

/** Token ids of an agent mean something to the critic only if both have one vocabulary. */
function checkAgents(tokenizer: Tokenizer, { model, agentModels = [] }: LmCriticOptions): void {
  for (const folder of new Set(agentModels)) {
    if (folder === model || tokenizer.sameVocabulary(Tokenizer.load(folder))) continue;
    throw new ModelError(
      `the critic ${model} has another vocabulary than the agent ${folder}, so it cannot value the agent's tokens one by one. Give the critic a model of the same family, or take one value a turn (value_level: turn).`,
    );
  }
}

/** D8: what every agent sees now, whatever the query asks of it. */
const currentPrompts = (query: ValueQuery): ValueQuery => ({
  ...query,
  history: { ...query.history, agents: query.history.agents.map(currentPromptAlone) },
});
