/**
 * Batched generation: equal prompts are computed once, all rows share one preallocated cache, rows
 * stop on their own, and finished rows leave the batch when half of it is done.
 */
import { noGrad, type Tensor, TensorScope, tensor } from '@collm/torch';
import { ModelError } from '../errors.js';
import type { Decoder } from '../model/decoder.js';
import { KvCache } from '../model/kv-cache.js';
import { type StreamKey, uniform } from './random.js';
import { type SamplingParameters, sampleTokens } from './sampler.js';

export interface GenerationRequest {
  /** Token ids, at least one. */
  prompt: readonly number[];
  /** Stream of the uniforms; draw k decides token k. */
  key: StreamKey;
}

export interface GenerationOptions extends SamplingParameters {
  /** >= 1 */
  maxNewTokens: number;
  /** Sampling one of these ends the row. */
  stopTokens: readonly number[];
  /** Called after every step with the number of rows still running. */
  onStep?: (running: number) => void;
}

export interface Generation {
  /** Sampled tokens, the stop token included. */
  tokens: number[];
  logProbs: Float32Array;
  behaviourLogProbs: Float32Array;
  finish: 'stop' | 'length';
}

interface Row {
  request: number;
  tokens: number[];
  logProbs: number[];
  behaviour: number[];
  done: boolean;
  stopped: boolean;
}

/**
 * Samples one continuation per request.
 *
 * @throws ModelError when a prompt is empty or does not leave room for `maxNewTokens`.
 */
export async function generate(
  decoder: Decoder,
  requests: readonly GenerationRequest[],
  options: GenerationOptions,
): Promise<Generation[]> {
  if (requests.length === 0) return [];
  for (const { prompt } of requests) checkPrompt(decoder, prompt, options.maxNewTokens);
  const rows: Row[] = requests.map((_, request) => ({
    request,
    tokens: [],
    logProbs: [],
    behaviour: [],
    done: false,
    stopped: false,
  }));
  const session = new Session(decoder, requests, options);
  try {
    session.prefill(rows);
    while (session.running > 0) {
      options.onStep?.(session.running);
      // Between two tokens the event loop gets its turn: progress, Ctrl+C, other agents.
      await new Promise((resume) => setImmediate(resume));
      session.step();
    }
  } finally {
    session.dispose();
  }
  return rows.map((row) => ({
    tokens: row.tokens,
    logProbs: Float32Array.from(row.logProbs),
    behaviourLogProbs: Float32Array.from(row.behaviour),
    finish: row.stopped ? 'stop' : 'length',
  }));
}

function checkPrompt(decoder: Decoder, prompt: readonly number[], maxNewTokens: number): void {
  const { maxPositions, vocabSize } = decoder.config;
  if (prompt.length === 0) throw new ModelError('a prompt has no tokens; give at least one.');
  const bad = prompt.find((id) => !(id >= 0 && id < vocabSize));
  if (bad !== undefined)
    throw new ModelError(
      `token id ${bad} is outside the model's vocabulary of ${vocabSize}: tokenizer and model do not belong together.`,
    );
  if (prompt.length + maxNewTokens > maxPositions) {
    throw new ModelError(
      `a prompt of ${prompt.length} tokens with up to ${maxNewTokens} new ones does not fit the model's context of ${maxPositions}; shorten the prompt or lower max_new_tokens.`,
    );
  }
}

/** The state of one batched generation between two steps. */
class Session {
  private cache: KvCache | undefined;
  private rows: Row[] = [];
  /** Padding on the left per row of the cache. */
  private padding: number[] = [];
  private readonly stops: Set<number>;

  constructor(
    private readonly decoder: Decoder,
    private readonly requests: readonly GenerationRequest[],
    private readonly options: GenerationOptions,
  ) {
    this.stops = new Set(options.stopTokens);
  }

  get running(): number {
    return this.rows.filter((row) => !row.done).length;
  }

  /** Runs the distinct prompts, spreads their cache over the rows and samples the first tokens. */
  prefill(rows: Row[]): void {
    const distinct = new Map<string, { prompt: readonly number[]; index: number }>();
    const sources = rows.map((row) => {
      const prompt = (this.requests[row.request] as GenerationRequest).prompt;
      const name = prompt.join();
      const known = distinct.get(name) ?? { prompt, index: distinct.size };
      distinct.set(name, known);
      return known.index;
    });
    const prompts = [...distinct.values()].map(({ prompt }) => prompt);
    const longest = Math.max(...prompts.map((prompt) => prompt.length));
    const pads = prompts.map((prompt) => longest - prompt.length);
    const { decoder } = this;
    this.cache = new KvCache(
      decoder.config,
      prompts.length,
      longest + this.options.maxNewTokens,
      decoder.dtype,
      decoder.device,
    );
    this.rows = rows;
    this.padding = sources.map((source) => pads[source] as number);
    this.inScope((cache) => {
      const ids = Int32Array.from(
        prompts.flatMap((prompt, i) => [...new Array<number>(pads[i] as number).fill(0), ...prompt]),
      );
      const padding = pads.some((pad) => pad > 0) ? this.ints(pads) : undefined;
      const hidden = decoder.forward(tensor(ids, [prompts.length, longest], { device: decoder.device }), {
        cache,
        ...(padding === undefined ? {} : { padding }),
      });
      const last = hidden.narrow(1, longest - 1, 1).squeeze(1); // [prompts, C]
      const index = this.ints(sources);
      if (sources.length !== prompts.length) cache.selectRows(index, sources.length);
      this.record(decoder.logits(last.indexSelect(0, index)));
    });
  }

  /** Feeds the newest tokens and samples the next ones. */
  step(): void {
    this.inScope((cache) => {
      this.compact(cache);
      const newest = this.rows.map((row) => row.tokens[row.tokens.length - 1] as number);
      const positions = this.padding.map((pad) => cache.length - pad);
      const hidden = this.decoder.step(this.ints(newest), this.ints(positions), cache, this.mask(cache));
      this.record(this.decoder.logits(hidden));
    });
  }

  dispose(): void {
    this.cache?.dispose();
  }

  private inScope(fn: (cache: KvCache) => void): void {
    using _scope = new TensorScope();
    noGrad(() => fn(this.cache as KvCache));
  }

  private ints(values: readonly number[]): Tensor {
    return tensor(Int32Array.from(values), [values.length], { device: this.decoder.device });
  }

  /** Drops finished rows once they are half of the batch: copying the cache costs about one step. */
  private compact(cache: KvCache): void {
    const live = [...this.rows.keys()].filter((i) => !(this.rows[i] as Row).done);
    if (live.length > this.rows.length / 2) return;
    cache.selectRows(this.ints(live), live.length);
    this.rows = live.map((i) => this.rows[i] as Row);
    this.padding = live.map((i) => this.padding[i] as number);
  }

  /** Hides the left padding from the next step; undefined when there is none. */
  private mask(cache: KvCache): Tensor | undefined {
    if (this.padding.every((pad) => pad === 0)) return undefined;
    const length = cache.length + 1;
    const K = this.decoder.config.numKvHeads;
    const values = new Float32Array(this.rows.length * K * length);
    for (const [i, pad] of this.padding.entries()) {
      for (let k = 0; k < K; k++)
        values.fill(Number.NEGATIVE_INFINITY, (i * K + k) * length, (i * K + k) * length + pad);
    }
    return tensor(values, [this.rows.length * K, 1, length], {
      dtype: this.decoder.dtype,
      device: this.decoder.device,
    });
  }

  private record(logits: Tensor): void {
    const uniforms = this.options.greedy
      ? []
      : this.rows.map((row) =>
          uniform((this.requests[row.request] as GenerationRequest).key, row.tokens.length),
        );
    const sampled = sampleTokens(logits, uniforms, this.options);
    const tokens = sampled.tokens.toArray();
    const logProbs = sampled.logProbs.toFloat32Array();
    const behaviour = sampled.behaviourLogProbs.toFloat32Array();
    for (const [i, row] of this.rows.entries()) {
      if (row.done) continue;
      row.tokens.push(tokens[i] as number);
      row.logProbs.push(logProbs[i] as number);
      row.behaviour.push(behaviour[i] as number);
      row.stopped = this.stops.has(tokens[i] as number);
      row.done = row.stopped || row.tokens.length >= this.options.maxNewTokens;
    }
  }
}
