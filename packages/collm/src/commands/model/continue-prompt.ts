/** Continuations of one prompt that come piece by piece. */
import { type Decoder, generate, type SamplingParameters, type Tokenizer } from '@collm/lm';
import { TextStream } from './text-stream.js';

export interface Continuation {
  text: string;
  readonly tokens: number[];
  /** Of each token under the model at the temperature; natural logarithms. */
  readonly logprobs: number[];
  /** `stop`: an end token or a stop string. `length`: enough tokens. `interrupted`: Ctrl+C. */
  finish: 'stop' | 'length' | 'interrupted';
}

export interface ContinueOptions extends SamplingParameters {
  readonly tokenizer: Tokenizer;
  readonly samples: number;
  readonly maxNewTokens: number;
  readonly stopTokens: readonly number[];
  /** Strings that end a row. */
  readonly stops: readonly string[];
  readonly seed: number;
  /** Ends all rows with what they have. */
  readonly signal: AbortSignal;
  /** Called with the text of a sample as it becomes certain. */
  readonly onText: (piece: string, sample: number) => void;
}

interface Row {
  readonly index: number;
  readonly stream: TextStream;
  readonly made: Continuation;
  running: boolean;
}

/** Tokens between two looks at the text. `generate` gives out tokens at its end only, so it is called in turns. */
const burst = 8;

/** Generates `samples` continuations; the same seed gives the same ones. */
export async function continuePrompt(
  decoder: Decoder,
  prompt: readonly number[],
  options: ContinueOptions,
): Promise<Continuation[]> {
  const { maxNewTokens, seed, signal } = options;
  const rows = Array.from(
    { length: options.samples },
    (_, index): Row => ({
      index,
      stream: new TextStream(options.tokenizer, options.stops),
      made: { text: '', tokens: [], logprobs: [], finish: 'interrupted' },
      running: true,
    }),
  );
  for (let turn = 0; turn * burst < maxNewTokens && !signal.aborted; turn++) {
    const running = rows.filter((row) => row.running);
    if (running.length === 0) break;
    const requests = running.map(({ index, made }) => ({
      prompt: [...prompt, ...made.tokens],
      key: { seed, words: [index, turn, 0] as const },
    }));
    const made = await generate(decoder, requests, {
      temperature: options.temperature,
      topK: options.topK,
      topP: options.topP,
      greedy: options.greedy,
      stopTokens: options.stopTokens,
      maxNewTokens: Math.min(burst, maxNewTokens - turn * burst),
    });
    for (const [i, row] of running.entries()) take(row, made[i] as (typeof made)[number], options);
  }
  for (const row of rows) say(row, row.stream.flush(), options);
  return rows.map(({ made }) => made);
}

function take(row: Row, more: Awaited<ReturnType<typeof generate>>[number], options: ContinueOptions): void {
  const { made, stream } = row;
  for (const [i, token] of more.tokens.entries()) {
    made.tokens.push(token);
    made.logprobs.push(more.logProbs[i] as number);
    say(row, stream.push(token), options);
    if (stream.ended) break;
  }
  const stopped = stream.ended || more.finish === 'stop';
  row.running = !stopped && made.tokens.length < options.maxNewTokens;
  if (!row.running) made.finish = stopped ? 'stop' : 'length';
}

function say({ index, made }: Row, piece: string, { onText }: ContinueOptions): void {
  made.text += piece;
  if (piece !== '') onText(piece, index);
}
