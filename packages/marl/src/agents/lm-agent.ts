import { join } from 'node:path';
import {
  type BackwardPass,
  type Decoder,
  endTokens,
  generate,
  ModelError,
  PrefixCache,
  readGenerationConfig,
  responseLogProbs,
  Tokenizer,
  trainingForward,
} from '@collm/lm';
import { tensor } from '@collm/torch';
import { planMicroBatches } from '../learner/micro-batches.js';
import type {
  ActRequest,
  Agent,
  PolicySample,
  PolicyUpdate,
  Response,
  SampleKey,
  Sampling,
  UpdateStats,
} from '../messages.js';
import { type MinibatchSize, policyLoss } from './policy-loss.js';
import { promptTokens } from './prompt.js';
import { padRight, type SharedSequence, sharePrefixes } from './shared-prefix.js';
import { type LossShare, type ModelOptions, Trainable } from './trainable.js';
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
    const size = {
      samples: samples.length,
      tokens: samples.reduce((sum, sample) => sum + sample.tokens.length, 0),
    };
    const sequences = sharePrefixes(samples.map((sample) => [...sample.promptTokens, ...sample.tokens]));
    const lengths = sequences.map(({ tokens }) => tokens.length);
    const groups = planMicroBatches(lengths, this.options.tokensPerMicroBatch);
    const { loss, gradNorm, sums } = await this.trainable.step(
      groups,
      (group, pass) =>
        this.share(
          pass,
          group.map((i) => sequences[i] as SharedSequence),
          samples,
          size,
          settings,
        ),
      settings.learningRateFactor,
    );
    const metrics = Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / size.tokens]));
    return { loss, gradNorm, metrics };
  }

  async save(dir: string): Promise<void> {
    this.trainable.save(dir);
    this.tokenizer.save(dir);
  }

  async load(dir: string): Promise<void> {
    this.prefixes?.clear();
    this.trainable.load(dir);
  }

  /**
   * The policy before any update, from the same weights with the adapter off: for a divergence to it. null
   * where all weights are trained, since then there is no copy of it. The agent owns it.
   */
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

  /** Forward of one micro-batch: the LM head runs on response positions only. */
  private share(
    pass: BackwardPass,
    group: readonly SharedSequence[],
    all: readonly PolicySample[],
    size: MinibatchSize,
    settings: PolicyUpdate,
  ): LossShare {
    const { device, gradientCheckpointing = false } = this.options;
    const { ids, length } = padRight(group.map(({ tokens }) => tokens));
    const samples: PolicySample[] = [];
    const places: number[] = [];
    for (const [row, { members }] of group.entries()) {
      for (const i of members) {
        const sample = all[i] as PolicySample;
        samples.push(sample);
        for (let k = 0; k < sample.tokens.length; k++)
          places.push(row * length + sample.promptTokens.length - 1 + k);
      }
    }
    const ints = (values: readonly number[]) => tensor(Int32Array.from(values), [values.length], { device });
    const floats = (values: Iterable<number>) => {
      const data = Float32Array.from(values);
      return tensor(data, [data.length], { device });
    };
    const perToken = <T>(value: (sample: PolicySample, row: number) => Iterable<T>) =>
      samples.flatMap((sample, row) => [...value(sample, row)]);
    const rows = tensor(ids, [group.length, length], { device });
    const hidden = trainingForward(this.decoder, rows, pass, { gradientCheckpointing });
    const targets = ints(perToken((sample) => sample.tokens));
    const { logProbs, entropy } = responseLogProbs(
      this.decoder,
      hidden,
      { places: ints(places), targets },
      settings.temperature,
      pass,
    );
    const batch = {
      logProbs,
      oldLogProbs: floats(perToken((sample) => sample.oldLogProbs)),
      advantages: floats(perToken((sample) => sample.tokens.map(() => sample.advantage))),
      rows: ints(perToken((sample, row) => sample.tokens.map(() => row))),
      rowAdvantages: floats(samples.map((sample) => sample.advantage)),
      lengths: floats(samples.map((sample) => sample.tokens.length)),
    };
    const { loss, sums } = policyLoss(batch, size, settings);
    return { loss, sums: { ...sums, entropy: entropy.sum() } };
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

/** Episode, turn with agent and phase, sample: three words that no two responses share. */
function streamOf(key: SampleKey): { seed: number; words: readonly [number, number, number] } {
  const place = (key.phase === 'train' ? 0 : 1) * 2 ** 31 + key.turn * 2 ** 16 + key.agent;
  return { seed: key.seed, words: [key.episode, place, key.sample] };
}
