import { join } from 'node:path';
import {
  type Decoder,
  endTokens,
  generate,
  ModelError,
  PrefixCache,
  readGenerationConfig,
  streamOf,
  Tokenizer,
} from '@collm/lm';
import { TeamError } from '../errors.js';
import { currentPromptAlone } from '../learner/reference-faults.js';
import type {
  ActRequest,
  Agent,
  GradientSpread,
  PolicySample,
  PolicyUpdate,
  Response,
  Sampling,
  TokenSequence,
  UpdateStats,
} from '../messages.js';
import { policyShare } from './policy-batch.js';
import { minibatchSize } from './policy-loss.js';
import { promptTokens } from './prompt.js';
import { planResponses, readLogProbs } from './response-batch.js';
import { SharedHead, type SharedHeadOptions } from './shared-head.js';
import type { SharedSequence } from './shared-prefix.js';
import { type Minibatch, type ModelOptions, Trainable } from './trainable.js';
import { openModel } from './trained-model.js';

/** Memory of keys and values that turns leave to the next: some thousand tokens of a model of 1B weights in bf16. */
const prefixCacheBytes = 512 * 2 ** 20;

export interface LmAgentOptions extends ModelOptions {
  /** A value head on the agent's own backbone (CoLLM-DC without critics of their own). Default: none. */
  readonly valueHead?: SharedHeadOptions | null;
  /** Of a history it sees the newest observation alone, as in CoMLRL (D8). Default: all of it. */
  readonly currentPromptOnly?: boolean;
}

/** An agent that is a language model of its own: nothing but its own history reaches it. */
export class LmAgent implements Agent {
  /** Values of the agent's own head, if it was opened with one. */
  readonly values?: NonNullable<Agent['values']>;
  /** What the turns of this rollout have computed, for the next ones to continue. */
  private prefixes: PrefixCache | undefined;
  /** An environment whose observations all stand alone never continues a prompt, and pays for nothing. */
  private standsAlone = false;

  private constructor(
    private readonly trainable: Trainable,
    private readonly tokenizer: Tokenizer,
    private readonly stopTokens: readonly number[],
    private readonly head: SharedHead | null,
    private readonly options: LmAgentOptions,
  ) {
    if (head !== null)
      this.values = (sequences, read) => head.values(sequences, read, options.tokensPerMicroBatch);
  }

  static async open(options: LmAgentOptions): Promise<LmAgent> {
    const { valueHead = null } = options;
    const tokenizer = Tokenizer.load(options.model);
    const model = openModel(options);
    let head: SharedHead | null = null;
    try {
      tokenizer.checkVocabulary(model.decoder.config.vocabSize, join(options.model, 'config.json'));
      const stops = stopTokensOf(options.model, tokenizer);
      head = valueHead && new SharedHead(model.decoder, valueHead, options.device);
      const rates = valueHead === null ? options : { ...options, headLearningRate: valueHead.learningRate };
      return new LmAgent(new Trainable(model, head?.weights ?? {}, rates), tokenizer, stops, head, options);
    } catch (error) {
      head?.dispose();
      model.dispose();
      throw error;
    }
  }

  async act(given: readonly ActRequest[], sampling: Sampling): Promise<Response[][]> {
    const requests = this.options.currentPromptOnly
      ? given.map((request) => ({ ...request, history: currentPromptAlone(request.history) }))
      : given;
    const { maxPositions } = this.decoder.config;
    const limit = Math.min(
      this.options.maxPromptTokens ?? maxPositions,
      maxPositions - sampling.maxNewTokens,
    );
    const prompts = requests.map((request) => promptTokens(this.tokenizer, request.history, limit));
    const rows = requests.flatMap((request, i) =>
      request.keys.map((key) => ({
        prompt: (prompts[i] as { tokens: number[] }).tokens,
        key: streamOf(key),
      })),
    );
    const prefixes = this.keptFor(requests);
    const made = await generate(this.decoder, rows, {
      ...sampling,
      stopTokens: this.stopTokens,
      ...(prefixes === undefined ? {} : { prefixes }),
    });
    let next = 0;
    return requests.map((request, i) => {
      const { tokens: prompt, truncated } = prompts[i] as { tokens: number[]; truncated: boolean };
      return request.keys.map(() => {
        const generation = made[next++] as (typeof made)[number];
        return {
          ...generation,
          text: this.tokenizer.decode(generation.tokens),
          promptTokens: prompt,
          promptTruncated: truncated,
        };
      });
    });
  }

  endRollout(): void {
    this.prefixes?.clear();
  }

  /**
   * What a turn may continue and leave to the next. It depends on the turns of this rollout alone: what is
   * continued is rounded differently from what is computed anew, and a resumed run has no earlier rollouts.
   */
  private keptFor(requests: readonly ActRequest[]): PrefixCache | undefined {
    const begins = requests.every(({ history }) => history.past.length === 0);
    const continues = requests.some(
      ({ history: { past, observation } }) => past.length > 0 && !observation.startsAfresh,
    );
    if (!continues) this.prefixes?.clear();
    if (!begins) this.standsAlone = !continues;
    if (begins ? this.standsAlone : !continues) return undefined;
    this.prefixes ??= new PrefixCache(prefixCacheBytes);
    return this.prefixes;
  }

  async update(samples: readonly PolicySample[], settings: PolicyUpdate): Promise<UpdateStats> {
    this.prefixes?.clear();
    const { microBatches, share } = this.minibatch(samples, settings);
    const { learningRateFactor: model, value } = settings;
    const factors = { model, head: value?.learningRateFactor ?? model };
    const step = () => this.trainable.step(microBatches, share, factors);
    const learned = value === null ? null : this.requireHead();
    const { loss, gradNorm, sums } = await (learned === null ? step() : learned.learning(samples, step));
    const { value_loss: valueLoss, ...perToken } = sums;
    const { tokens } = minibatchSize(samples);
    const means = Object.entries(perToken).map(([name, sum]) => [name, sum / tokens]);
    const metrics = {
      ...Object.fromEntries(means),
      ...(valueLoss === undefined ? {} : { value_loss: valueLoss }),
    };
    return { loss, gradNorm, metrics };
  }

  async logProbs(
    sequences: readonly TokenSequence[],
    policy: 'current' | 'reference',
    temperature: number,
  ): Promise<Float32Array[]> {
    const decoder = policy === 'current' ? this.decoder : this.requireReference();
    return readLogProbs(decoder, sequences, temperature, this.options.tokensPerMicroBatch);
  }

  /** That of the tokenizer, or an end token where it has none. */
  async padToken(): Promise<number> {
    return this.tokenizer.padTokenId ?? this.tokenizer.eosTokenId ?? (this.stopTokens[0] as number);
  }

  async gradientSpread(
    batches: readonly (readonly PolicySample[])[],
    settings: PolicyUpdate,
  ): Promise<GradientSpread> {
    // Of the policy: what a value head adds is no part of it.
    const policy = { ...settings, value: null };
    return this.trainable.gradientSpread(batches.map((samples) => this.minibatch(samples, policy)));
  }

  async save(dir: string): Promise<void> {
    this.trainable.save(dir);
    this.head?.save(dir);
    this.tokenizer.save(dir);
  }

  async load(dir: string): Promise<void> {
    this.prefixes?.clear();
    this.trainable.load(dir);
    this.head?.load(dir);
  }

  /** The policy before any update, or null where nobody keeps it (`ModelSource.reference`). The agent owns it. */
  get reference(): Decoder | null {
    return this.trainable.reference;
  }

  dispose(): void {
    this.prefixes?.dispose();
    this.trainable.dispose();
    this.head?.dispose();
  }

  private get decoder(): Decoder {
    return this.trainable.decoder;
  }

  private requireReference(): Decoder {
    if (this.reference !== null) return this.reference;
    throw new TeamError(
      `There is no reference policy: the agent of ${this.options.model} trains all weights and keeps no copy of the first ones. ` +
        'Set `reference: {}` in its options to keep one, or train an adapter (`lora`), whose base is the reference.',
    );
  }

  private requireHead(): SharedHead {
    if (this.head !== null) return this.head;
    throw new TeamError(
      `The agent of ${this.options.model} has no value head to update. Open it with \`valueHead\`, or give it a critic of its own.`,
    );
  }

  private minibatch(
    samples: readonly PolicySample[],
    settings: PolicyUpdate,
  ): Minibatch<readonly SharedSequence[]> {
    const { tokensPerMicroBatch, gradientCheckpointing = false } = this.options;
    const reference = settings.kl?.estimator === 'exact' ? this.requireReference() : null;
    const minibatch = {
      samples,
      size: minibatchSize(samples, settings.meanWeight),
      settings,
      head: this.head,
    };
    return {
      microBatches: planResponses(
        samples,
        tokensPerMicroBatch,
        // An empty response still has a value.
        ({ value }) => settings.value !== null && value !== undefined && value.targets.length > 0,
      ),
      share: (group, pass) =>
        policyShare(this.decoder, reference, group, minibatch, pass, { gradientCheckpointing }),
    };
  }
}

/** @throws ModelError when nothing in the folder names a token that ends a response */
function stopTokensOf(model: string, tokenizer: Tokenizer): number[] {
  const stops = endTokens(readGenerationConfig(model), tokenizer);
  if (stops.length > 0) return stops;
  throw new ModelError(
    `${model}: neither generation_config.json, config.json nor the tokenizer names an end token; responses could not end.`,
  );
}
