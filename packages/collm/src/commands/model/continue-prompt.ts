/** Continuations of one prompt that come piece by piece. */
import { type Decoder, generate, type SamplingParameters, TextStream, type Tokenizer } from '@collm/lm';

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
}

/** Generates `samples` continuations; the same seed gives the same ones. */
export async function continuePrompt(
  decoder: Decoder,
  prompt: readonly number[],
  options: ContinueOptions,
): Promise<Continuation[]> {
  const { tokenizer, stops, seed, signal } = options;
  const rows = Array.from(
    { length: options.samples },
    (_, index): Row => ({
      index,
      stream: new TextStream(tokenizer, stops),
      made: { text: '', tokens: [], logprobs: [], finish: 'interrupted' },
    }),
  );
  const say = ({ index, made }: Row, piece: string) => {
    made.text += piece;
    if (piece !== '') options.onText(piece, index);
  };
  const requests = rows.map(({ index }) => ({ prompt, key: { seed, words: [index, 0, 0] as const } }));
  try {
    const finished = await generate(decoder, requests, {
      temperature: options.temperature,
      topK: options.topK,
      topP: options.topP,
      greedy: options.greedy,
      maxNewTokens: options.maxNewTokens,
      stopTokens: options.stopTokens,
      stop: { tokenizer, strings: stops },
      signal,
      onToken: (request, token, logprob) => {
        const row = rows[request] as Row;
        row.made.tokens.push(token);
        row.made.logprobs.push(logprob);
        say(row, row.stream.push(token));
      },
    });
    for (const [index, { finish }] of finished.entries()) (rows[index] as Row).made.finish = finish;
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
  }
  for (const row of rows) say(row, row.stream.flush());
  return rows.map(({ made }) => made);
}
