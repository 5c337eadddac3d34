import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { endTokens, type GenerationConfig, readGenerationConfig, Tokenizer } from '@collm/lm';
import { ApiError, serverError, unavailable } from './api-error.js';
import type { Engine } from './engine/engine.js';
import type { OpenedModel } from './engine/messages.js';
import type { Limits } from './limits.js';
import type { ServedModel } from './served-model.js';

/** A model that is served: its engine, and what the HTTP thread needs to make prompts for it and read its tokens. */
export class LiveModel {
  readonly tokenizer: Tokenizer;
  readonly generation: GenerationConfig;
  /** Tokens that end a response; empty where the model's files name none. */
  readonly stopTokens: readonly number[];
  /** Longest prompt with its response, in tokens. */
  readonly context: number;
  readonly vocabSize: number;
  /** Changes when the weights or the number format do. */
  readonly fingerprint: string;
  /** Unix time in seconds. */
  readonly created: number;
  /** Rows that requests hold, running or waiting. */
  private held = 0;

  /**
   * @param index place among the engine's models
   * @throws ModelError naming the file that cannot be used
   */
  constructor(
    readonly served: ServedModel,
    readonly engine: Engine,
    readonly index: number,
    private readonly limits: Limits,
  ) {
    const { context, vocabSize, dtype } = engine.models[index] as OpenedModel;
    this.tokenizer = Tokenizer.load(served.model);
    this.tokenizer.checkVocabulary(vocabSize, join(served.model, 'config.json'));
    this.generation = readGenerationConfig(served.model);
    this.stopTokens = endTokens(this.generation, this.tokenizer);
    this.context = context;
    this.vocabSize = vocabSize;
    this.fingerprint = fingerprintOf(served, dtype);
    this.created = Math.floor(Date.now() / 1000);
  }

  get id(): string {
    return this.served.id;
  }

  /** Longest prompt after which at least one token can follow. */
  get maxPromptTokens(): number {
    return Math.min(this.served.maxPromptTokens ?? this.context, this.context - 1);
  }

  /**
   * Takes places for rows, which `release` gives back.
   *
   * @throws ApiError 429 when too many wait already; 503 or 500 when the engine is down, for a moment or for good
   */
  hold(rows: number): void {
    if (this.engine.state !== 'ready') throw this.engineDown();
    const { maxBatch, maxQueue } = this.limits;
    if (this.held + rows > maxBatch + maxQueue)
      throw new ApiError(
        429,
        'rate_limit_error',
        `${this.id} has ${this.held} responses under way or waiting, and takes at most ${maxBatch + maxQueue}. Try again in a moment.`,
        { code: 'queue_full', retryAfter: 1 },
      );
    this.held += rows;
  }

  release(rows: number): void {
    this.held -= rows;
  }

  private engineDown(): ApiError {
    return this.engine.state === 'starting'
      ? unavailable(
          `The engine of ${this.id} is being started again. Try again in a moment.`,
          'engine_down',
          5,
        )
      : serverError(`The engine of ${this.id} has died; the server says why, and has to be started again.`);
  }
}

/** From names, sizes and times of the files: reading all weights would take too long. */
function fingerprintOf({ model, adapter, device }: ServedModel, dtype: string): string {
  const files = [model, adapter].flatMap((dir) =>
    dir === null
      ? []
      : readdirSync(dir)
          .sort()
          .map((name) => {
            const { size, mtimeMs } = statSync(join(dir, name));
            return [name, size, mtimeMs];
          }),
  );
  const hash = createHash('sha256').update(JSON.stringify([files, device, dtype]));
  return `fp_${hash.digest('hex').slice(0, 12)}`;
}
