/** `collm model generate`: what a model writes after a prompt. */
import { resolve } from 'node:path';
import type { Decoder, Tokenizer } from '@collm/lm';
import type { Device, DType } from '@collm/torch';
import { exitCodes, UsageError } from '../../errors.js';
import { formatNumber } from '../../format.js';
import type { Io } from '../../io.js';
import { Progress } from '../../sinks/progress.js';
import { stopOnInterrupt } from '../interrupt.js';
import type { Continuation } from './continue-prompt.js';
import { modelFolder } from './model-folder.js';

export interface GenerateArguments {
  readonly model: string;
  /** `-` reads standard input. */
  readonly prompt: string;
  readonly chat: boolean;
  readonly system: string | null;
  /** null: 256, or what the context leaves. */
  readonly maxNewTokens: number | null;
  /** null in these four: as generation_config.json says. */
  readonly temperature: number | null;
  readonly topK: number | null;
  readonly topP: number | null;
  readonly greedy: boolean;
  readonly seed: number;
  readonly samples: number;
  readonly stop: readonly string[];
  /** Folder of an adapter in PEFT's layout that the model is seen through. */
  readonly adapter: string | null;
  readonly device: Device;
  /** null: as stored. */
  readonly dtype: DType | null;
  readonly json: boolean;
}

const usualTokens = 256;

/** Prints the continuations; returns the exit code. */
export async function generateText(given: GenerateArguments, io: Io): Promise<number> {
  checkOptions(given);
  const dir = await modelFolder(given.model, io);
  const [
    { chooseSampling, endTokens, loadAdapter, loadDecoder, readGenerationConfig, Tokenizer },
    { continuePrompt },
  ] = await Promise.all([import('@collm/lm'), import('./continue-prompt.js')]);
  const tokenizer = Tokenizer.load(dir);
  const generation = readGenerationConfig(dir);
  const prompt = await promptTokens(given, tokenizer, io);
  const { device, dtype } = given;
  using base = loadDecoder(dir, { device, ...(dtype === null ? {} : { dtype }) });
  using adapter = given.adapter === null ? null : loadAdapter(resolve(io.cwd, given.adapter), base);
  const decoder = base.withAdapter(adapter);
  tokenizer.checkVocabulary(decoder.config.vocabSize, given.model);
  const maxNewTokens = tokensToMake(given.maxNewTokens, prompt.length, decoder);
  const progress = new Progress(io.stderr);
  const stop = stopOnInterrupt(() => progress.line('\nStopping. Press Ctrl+C again to exit at once.'));
  // One sample is shown as it comes; several would run into each other.
  const streams = given.samples === 1 && !given.json;
  let pieces = 0;
  const started = performance.now();
  try {
    const made = await continuePrompt(decoder, prompt, {
      ...chooseSampling(given.greedy ? { ...given, temperature: 0 } : given, generation),
      tokenizer,
      samples: given.samples,
      maxNewTokens,
      stopTokens: endTokens(generation, tokenizer),
      stops: given.stop,
      seed: given.seed,
      signal: stop.signal,
      onText: (piece) => {
        pieces += 1;
        if (streams) io.stdout.write(piece);
        else progress.status(`${pieces} pieces of text`);
      },
    });
    const seconds = (performance.now() - started) / 1000;
    if (given.json) io.stdout.write(`${JSON.stringify({ promptTokens: prompt, samples: made, seconds })}\n`);
    else io.stdout.write(streams ? '\n' : samplesText(made));
    progress.line(speedText(made, seconds));
    return stop.signal.aborted ? exitCodes.interrupted : exitCodes.ok;
  } finally {
    stop.release();
  }
}

function checkOptions({ chat, system, stop, greedy, temperature, topK, topP }: GenerateArguments): void {
  if (system !== null && !chat)
    throw new UsageError('`--system` is a message of a conversation and goes with `--chat`.');
  if (stop.includes(''))
    throw new UsageError('`--stop ""` would end every response at its start. Give a text, or leave it out.');
  if (greedy && (temperature ?? topK ?? topP) !== null) {
    throw new UsageError(
      '`--greedy` takes the most probable token, so `--temperature`, `--top-k` and `--top-p` do nothing. Leave one or the other out.',
    );
  }
}

async function promptTokens(
  { prompt, chat, system }: GenerateArguments,
  tokenizer: Tokenizer,
  io: Io,
): Promise<number[]> {
  // The newline that `echo` adds is none of the prompt.
  const text = prompt === '-' ? (await io.readInput()).replace(/\r?\n$/, '') : prompt;
  if (!chat) return tokenizer.encode(text, { addSpecialTokens: true });
  return tokenizer.encodeChat([
    ...(system === null ? [] : [{ role: 'system' as const, content: system }]),
    { role: 'user', content: text },
  ]);
}

function tokensToMake(wanted: number | null, promptLength: number, decoder: Decoder): number {
  const { maxPositions } = decoder.config;
  const room = maxPositions - promptLength;
  if (promptLength === 0)
    throw new UsageError('The prompt has no tokens. Give a text that the model can continue, or `--chat`.');
  if (room < 1 || (wanted ?? 1) > room) {
    throw new UsageError(
      `A prompt of ${promptLength} tokens leaves room for ${Math.max(room, 0)} in the model's context of ${maxPositions}, and ` +
        `${wanted ?? 1} more are asked for. Shorten the prompt or lower \`--max-new-tokens\`.`,
    );
  }
  return wanted ?? Math.min(usualTokens, room);
}

function samplesText(samples: readonly Continuation[]): string {
  return samples.map(({ text }, index) => `--- sample ${index + 1}\n${text}\n`).join('');
}

function speedText(samples: readonly Continuation[], seconds: number): string {
  const tokens = samples.reduce((sum, { tokens }) => sum + tokens.length, 0);
  return `${tokens} tokens, ${formatNumber(tokens / seconds)} tokens/s, prompt included`;
}
