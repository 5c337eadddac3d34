/** The rows of one call of `generate` between two steps: their cache, what is fed next, what was sampled. */
import { cat, noGrad, own, type Tensor, TensorScope, tensor } from '@collm/torch';
import type { Decoder } from '../model/decoder.js';
import { KvCache } from '../model/kv-cache.js';
import { StopStrings } from '../tokenizer/stop-strings.js';
import { TextStream } from '../tokenizer/text-stream.js';
import { notFinite } from './check.js';
import type { Generation, GenerationOptions, GenerationRequest } from './generate.js';
import { GraphedSteps, type Recorder, recorderOf } from './graphed-steps.js';
import { orderOfRest } from './order.js';
import { paddingMask } from './padding-mask.js';
import { type PromptGroup, prefillChunk } from './prefill.js';
import type { PrefixCache } from './prefix-cache.js';
import { uniform } from './random.js';
import { type SampledRow, toHost } from './sampled-row.js';
import { sampleTokens } from './sampler.js';

interface Row {
  request: number;
  tokens: number[];
  logProbs: number[];
  behaviour: number[];
  /** Where stop strings are looked for. */
  stream: TextStream | undefined;
  /** What the stream has given out. */
  text: string;
  /** Undefined while it runs. */
  finish: Generation['finish'] | undefined;
}

/** What the next step is fed, on the device. */
export interface NextStep {
  /** Newest tokens, i64 [B]. */
  tokens: Tensor;
  /** Their positions, i64 [B]. */
  positions: Tensor;
  /** Hides the padding: additive [B · K, 1, places]; undefined when there is none. */
  mask: Tensor | undefined;
}

export class DecodingBatch {
  private readonly cache: KvCache;
  private readonly graphs: GraphedSteps;
  private readonly all: Row[];
  /** Rows that run, in the order of the cache. */
  private rows: Row[];
  private next: NextStep | undefined;
  /** Hidden states [prompts, C] of the chunks so far. */
  private chunks: Tensor[] = [];
  private readonly longest: number;
  private readonly stopTokens: ReadonlySet<number>;

  /**
   * @param groups all requests by prompt, rows numbered
   * @param recorder makes graphs of the steps where there is one
   */
  constructor(
    private readonly decoder: Decoder,
    private readonly requests: readonly GenerationRequest[],
    private readonly groups: readonly PromptGroup[],
    private readonly options: GenerationOptions,
    private readonly prefixes: PrefixCache | undefined,
    recorder: Recorder | undefined = recorderOf(decoder.device),
  ) {
    const { stop } = options;
    this.stopTokens = new Set(options.stopTokens);
    const stops = new StopStrings(stop?.strings ?? []);
    this.all = requests.map((_, request) => ({
      request,
      tokens: [],
      logProbs: [],
      behaviour: [],
      stream: stop === undefined ? undefined : new TextStream(stop.tokenizer, stops),
      text: '',
      finish: undefined,
    }));
    this.rows = groups.flatMap((group) => group.requests.map((request) => this.all[request] as Row));
    this.longest = Math.max(...groups.map(({ tokens }) => tokens.length));
    // The last sampled token is never fed.
    const capacity = this.longest + options.maxNewTokens - 1;
    this.cache = new KvCache(decoder.config, requests.length, capacity, decoder.dtype, decoder.device);
    this.graphs = new GraphedSteps(decoder, this.cache, recorder);
  }

  /** Rows that have not ended. */
  get running(): number {
    return this.rows.length;
  }

  /** In the order of the requests. */
  results(): Generation[] {
    return this.all.map(({ tokens, logProbs, behaviour, finish, stream, text }) => ({
      tokens,
      logProbs: Float32Array.from(logProbs),
      behaviourLogProbs: Float32Array.from(behaviour),
      finish: finish ?? 'length',
      ...(stream === undefined ? {} : { text: text + stream.flush() }),
    }));
  }

  /** Computes the prompts of a chunk; the chunks come in the order of the groups. */
  prefill(chunk: readonly PromptGroup[], budget: number): void {
    const { decoder, cache, longest, prefixes } = this;
    this.chunks.push(noGrad(() => prefillChunk(decoder, chunk, cache, longest, budget, prefixes)));
  }

  /** Samples the first tokens, once all prompts are computed. */
  begin(): void {
    using _scope = new TensorScope();
    noGrad(() => {
      this.cache.grow(this.longest);
      const logits = this.decoder.nextLogits(cat(this.chunks));
      const sources = this.groups.flatMap(({ requests }, prompt) => requests.map(() => prompt));
      const spread =
        sources.length === this.groups.length ? logits : logits.indexSelect(0, this.ints(sources));
      this.record(spread);
    });
  }

  /** Feeds the newest tokens and samples the next ones. */
  step(): void {
    using _scope = new TensorScope();
    noGrad(() => {
      const next = this.next as NextStep;
      const left = this.options.maxNewTokens - (this.rows[0] as Row).tokens.length;
      this.record(this.graphs.step(next, left) ?? this.plainStep(next));
    });
  }

  dispose(): void {
    for (const chunk of this.chunks) chunk.dispose();
    this.setNext(undefined);
    this.graphs.dispose();
    this.cache.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Logits [B, V]. */
  private plainStep({ tokens, positions, mask }: NextStep): Tensor {
    const seen = mask?.narrow(2, 0, this.cache.length + 1);
    return this.decoder.nextLogits(this.decoder.step(tokens, positions, this.cache, seen));
  }

  private record(logits: Tensor): void {
    const { options, requests } = this;
    const uniforms = options.greedy
      ? []
      : this.rows.map(({ request, tokens }) =>
          uniform((requests[request] as GenerationRequest).key, tokens.length),
        );
    const sampled = sampleTokens(logits, uniforms, options);
    const [told] = toHost([sampled]);
    for (const [i, row] of this.rows.entries()) this.append(row, (told as SampledRow[])[i] as SampledRow);
    if (this.next !== undefined && this.rows.every(({ finish }) => finish === undefined)) {
      this.next.tokens.dispose();
      this.next.tokens = own(sampled.tokens);
      this.next.positions.add_(1);
    } else this.dropFinished();
  }

  private append(row: Row, { token, logProb, behaviourLogProb }: SampledRow): void {
    if (!Number.isFinite(logProb)) throw notFinite(row.tokens.length, `request ${row.request}`);
    row.tokens.push(token);
    row.logProbs.push(logProb);
    row.behaviour.push(behaviourLogProb);
    this.options.onToken?.(row.request, token, logProb);
    row.text += row.stream?.push(token) ?? '';
    if (this.stopTokens.has(token) || row.stream?.ended === true) row.finish = 'stop';
    else if (row.tokens.length >= this.options.maxNewTokens) row.finish = 'length';
  }

  /** Rows that have ended leave at once. Places that now are padding in all rows go, too. */
  private dropFinished(): void {
    const { cache, rows } = this;
    for (const [i, row] of rows.entries()) if (row.finish !== undefined) this.remember(i, row);
    const chosen = orderOfRest(rows, ({ finish }) => finish === undefined);
    const count = chosen.length;
    this.rows = chosen.map((i) => rows[i] as Row);
    this.setNext(undefined);
    this.graphs.changed();
    if (count === 0) return;
    const fed = this.rows.map((row) => this.fed(row));
    const spare = cache.length - Math.max(...fed);
    if (count < rows.length || spare > 0) cache.keep(chosen, spare);
    this.setNext({
      tokens: own(this.ints(this.rows.map(({ tokens }) => tokens[tokens.length - 1] as number))),
      positions: own(this.ints(fed)),
      mask: paddingMask(
        this.decoder,
        fed.map((length) => cache.length - length),
        cache.length + this.options.maxNewTokens,
      ),
    });
  }

  /** Tokens of a row that are in the cache: all but the newest. */
  private fed({ request, tokens }: Row): number {
    return (this.requests[request] as GenerationRequest).prompt.length + tokens.length - 1;
  }

  private remember(index: number, row: Row): void {
    if (this.prefixes === undefined) return;
    const { prompt } = this.requests[row.request] as GenerationRequest;
    const length = this.fed(row);
    const padding = this.cache.length - length;
    this.prefixes.put([...prompt, ...row.tokens.slice(0, -1)], (from, count) =>
      this.cache.read(index, padding + from, count),
    );
  }

  private setNext(next: NextStep | undefined): void {
    this.next?.tokens.dispose();
    this.next?.positions.dispose();
    this.next?.mask?.dispose();
    this.next = next;
  }

  private ints(values: readonly number[]): Tensor {
    return tensor(Int32Array.from(values), [values.length], { device: this.decoder.device });
  }
}
