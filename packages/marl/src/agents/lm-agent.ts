import { join } from 'node:path';
import {
  type Decoder,
  endTokens,
  generate,
  ModelError,
  PrefixCache,
  readGenerationConfig,
  Tokenizer,
} from '@collm/lm';
import { TeamError } from '../errors.js';
import type {
  ActRequest,
  Agent,
  GradientSpread,
  PlayPhase,
  PolicySample,
  PolicyUpdate,
  Response,
  SampleKey,
  Sampling,
  TokenSequence,
  UpdateStats,
} from '../messages.js';
import { policyShare } from './policy-batch.js';
import { minibatchSize } from './policy-loss.js';
import { promptTokens } from './prompt.js';
import { planResponses, readLogProbs } from './response-batch.js';
import type { SharedSequence } from './shared-prefix.js';
import { type Minibatch, type ModelOptions, Trainable } from './trainable.js';
import { openModel } from './trained-model.js';

/** Memory of keys and values that turns leave to the next: some thousand tokens of a model of 1B weights in bf16. */
const prefixCacheBytes = 512 * 2 ** 20;

/** An agent that is a language model of its own: nothing but its own history reaches it. */
export class LmAgent implements Agent {
  /** What the turns of this rollout have computed, for the next ones to continue. */
  private prefixes: PrefixCache | undefined;
  /** An environment whose observations all stand alone never continues a prompt, and pays for nothing. */
  private standsAlone = false;

  private constructor(
    private readonly trainable: Trainable,
    private readonly tokenizer: Tokenizer,
    private readonly stopTokens: readonly number[],
    private readonly options: ModelOptions,
  ) {}

  static async open(options: ModelOptions): Promise<LmAgent> {
    const tokenizer = Tokenizer.load(options.model);
    const model = openModel(options);
    try {
      tokenizer.checkVocabulary(model.decoder.config.vocabSize, join(options.model, 'config.json'));
      const stops = stopTokensOf(options.model, tokenizer);
      return new LmAgent(new Trainable(model, {}, options), tokenizer, stops, options);
    } catch (error) {
      model.dispose();
      throw error;
    }
  }

  async act(requests: readonly ActRequest[], sampling: Sampling): Promise<Response[][]> {
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
    const { loss, gradNorm, sums } = await this.trainable.step(
      microBatches,
      share,
      settings.learningRateFactor,
    );
    const { tokens } = minibatchSize(samples);
    const metrics = Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / tokens]));
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

  async gradientSpread(
    batches: readonly (readonly PolicySample[])[],
    settings: PolicyUpdate,
  ): Promise<GradientSpread> {
    return this.trainable.gradientSpread(batches.map((samples) => this.minibatch(samples, settings)));
  }

  async save(dir: string): Promise<void> {
    this.trainable.save(dir);
    this.tokenizer.save(dir);
  }

  async load(dir: string): Promise<void> {
    this.prefixes?.clear();
    this.trainable.load(dir);
  }

  /** The policy before any update, or null where nobody keeps it (`ModelSource.reference`). The agent owns it. */
  get reference(): Decoder | null {
    return this.trainable.reference;
  }

  dispose(): void {
    this.prefixes?.dispose();
    this.trainable.dispose();
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

  private minibatch(
    samples: readonly PolicySample[],
    settings: PolicyUpdate,
  ): Minibatch<readonly SharedSequence[]> {
    const { tokensPerMicroBatch, gradientCheckpointing = false } = this.options;
    const reference = settings.kl?.estimator === 'exact' ? this.requireReference() : null;
    const minibatch = { samples, size: minibatchSize(samples), settings };
    return {
      microBatches: planResponses(samples, tokensPerMicroBatch),
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

/** Phases keep their streams apart by the two highest bits, so turns stay below 2^14. */
const phaseBits: Record<PlayPhase, number> = {
  train: 0,
  evaluation: 2 ** 31,
  diagnostics: 2 ** 30,
  baseline: 2 ** 31 + 2 ** 30,
};

/** Episode, turn with agent and phase, sample: three words that no two responses share. */
function streamOf(key: SampleKey): { seed: number; words: readonly [number, number, number] } {
  const place = phaseBits[key.phase] + key.turn * 2 ** 16 + key.agent;
  return { seed: key.seed, words: [key.episode, place, key.sample] };
}
