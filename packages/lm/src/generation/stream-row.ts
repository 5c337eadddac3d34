/** One row of a `ContinuousBatch`: what is asked of it, what it has made, and whom it tells. */
import { ModelError } from '../errors.js';
import type { Decoder } from '../model/decoder.js';
import { checkCount, checkPrompt, notFinite } from './check.js';
import type { StreamKey } from './random.js';
import type { SampledRow } from './sampled-row.js';
import { checkSampling, type SamplingParameters } from './sampler.js';

/** Most log-probs of other tokens per token, as OpenAI's API has it. */
export const mostTopLogProbs = 20;

/** What a row is told of each of its tokens: log-probs are those at its temperature, over the full vocabulary. */
export type StreamToken = SampledRow;

export interface StreamRequest {
  /** Token ids, at least one. */
  prompt: readonly number[];
  /** Stream of the uniforms; draw k decides token k. */
  key: StreamKey;
  /** >= 1 */
  maxNewTokens: number;
  sampling: SamplingParameters;
  /** Sampling one of these ends the row. */
  stopTokens: readonly number[];
  /** How many of the most probable tokens to tell with each token, 0 to 20; default 0. */
  topLogProbs?: number;
  /** Called with every token as it is sampled; 'stop' ends the row. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a callback may return nothing, or what another call returns
  onToken: (token: StreamToken) => 'stop' | void;
  /** Called once when the row has ended by itself. `length`: `maxNewTokens`. */
  onEnd: (finish: 'stop' | 'length') => void;
  /** Called instead of `onEnd` when the row could not go on, or when one of the other two threw. */
  onError: (error: unknown) => void;
}

/** A request in a batch. `cancel` takes it; all else is the batch's business. */
export class StreamRow {
  /** Sampled so far. */
  readonly tokens: number[] = [];
  /** Rows with the same name are sampled together. */
  readonly samplingName: string;
  private readonly stopTokens: ReadonlySet<number>;
  private over = false;
  private ending: 'stop' | 'length' | undefined;

  /** @throws ModelError for a request that cannot be met. */
  constructor(
    readonly request: StreamRequest,
    decoder: Decoder,
  ) {
    const { prompt, maxNewTokens, sampling, stopTokens, key, topLogProbs = 0 } = request;
    checkSampling(sampling);
    checkCount('max_new_tokens', maxNewTokens);
    checkPrompt(decoder, prompt, maxNewTokens);
    checkDynamicRope(decoder, prompt.length + maxNewTokens);
    checkKey(key);
    if (!(Number.isInteger(topLogProbs) && topLogProbs >= 0 && topLogProbs <= mostTopLogProbs))
      throw new ModelError(
        `top log-probs of ${topLogProbs} tokens cannot be given; ask for 0 to ${mostTopLogProbs}.`,
      );
    this.stopTokens = new Set(stopTokens);
    const { greedy, temperature, topK, topP } = sampling;
    this.samplingName = `${greedy ? 'greedy' : `${temperature} ${topK} ${topP}`}${topLogProbs > 0 ? ' top' : ''}`;
  }

  /** Whether it has ended, by itself or by others. */
  get ended(): boolean {
    return this.over;
  }

  /** How it ended, if it did so by itself. */
  get finish(): 'stop' | 'length' | undefined {
    return this.ending;
  }

  /** Sampled last: what is fed next. */
  get newest(): number {
    return this.tokens[this.tokens.length - 1] as number;
  }

  /** Tokens whose keys and values a running row has: all but the newest. */
  get fed(): number {
    return this.request.prompt.length + this.tokens.length - 1;
  }

  /** Tokens that may still be fed. */
  get left(): number {
    return this.request.maxNewTokens - this.tokens.length;
  }

  /** Takes the next token, and tells it. Throws only what `onError` throws. */
  append(sampled: SampledRow): void {
    const { request, tokens } = this;
    if (!Number.isFinite(sampled.logProb)) {
      this.fail(notFinite(tokens.length, 'this request'));
      return;
    }
    const { token } = sampled;
    tokens.push(token);
    try {
      const stop = request.onToken(sampled) === 'stop' || this.stopTokens.has(token);
      if (this.over) return; // cancelled by what it told
      if (stop) this.end('stop');
      else if (tokens.length >= request.maxNewTokens) this.end('length');
    } catch (error) {
      this.over = true;
      request.onError(error);
    }
  }

  /** Ends it for a reason that is not its own. */
  fail(error: unknown): void {
    if (this.over) return;
    this.over = true;
    this.request.onError(error);
  }

  /** Ends it silently. */
  cancel(): void {
    this.over = true;
  }

  private end(finish: 'stop' | 'length'): void {
    this.over = true;
    this.ending = finish;
    this.request.onEnd(finish);
  }
}

/** Beyond the trained length its frequencies depend on a whole batch: rows that come and go cannot share one. */
function checkDynamicRope({ config: { rope } }: Decoder, tokens: number): void {
  if (rope.scaling.rope_type === 'dynamic' && tokens > rope.maxPositions)
    throw new ModelError(
      `a prompt with its new tokens may have up to ${tokens} tokens, but with "dynamic" rope scaling only the ${rope.maxPositions} ` +
        'that the model was trained for can be served; shorten the prompt or lower max_new_tokens.',
    );
}

function checkKey({ seed, words }: StreamKey): void {
  if (!(Number.isSafeInteger(seed) && seed >= 0))
    throw new ModelError(`seed ${seed} is no key of a stream; give an integer from 0 to 2^53 - 1.`);
  const bad = words.find((word) => !(Number.isInteger(word) && word >= 0 && word < 2 ** 32));
  if (bad !== undefined || words.length !== 3)
    throw new ModelError(
      `the words ${words.join(', ')} are no key of a stream; give three integers below 2^32.`,
    );
}
