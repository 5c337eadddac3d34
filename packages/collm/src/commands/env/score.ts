/** `collm score`: scores recorded answers, one case per line, to debug a reward or to compare with another program. */
import { createReadStream } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { type Environment, lineText, splitLines } from '@collm/envs';
import { exitCodes, UsageError } from '../../errors.js';
import type { Io } from '../../io.js';
import { openNamed } from './open.js';
import { CaseScorer, type ScoredCase } from './score-case.js';

export interface ScoreArguments {
  /** A task, or the file of an environment. */
  readonly env: string;
  /** File of cases; `-` is standard input. */
  readonly input: string;
  readonly set: readonly string[];
  /** Of the rewards of later turns, in the return. */
  readonly discount: number;
}

/** Cases that are scored side by side where an environment works outside of this thread. */
const concurrency = 2 * availableParallelism();

/** Prints one JSON object per case, in their order; returns the exit code. */
export async function scoreCases(given: ScoreArguments, io: Io): Promise<number> {
  const { environment } = await openNamed(given.env, given.set, io);
  try {
    const { cases, bad } = await scoreAll(environment, given, io);
    if (cases === 0) io.stderr.write(`${given.input} holds no cases.\n`);
    if (bad > 0) io.stderr.write(`${bad} of ${cases} cases could not be scored: see their \`error\`.\n`);
    return bad === 0 ? exitCodes.ok : exitCodes.error;
  } finally {
    await environment.dispose?.();
  }
}

async function scoreAll(
  environment: Environment,
  { input, discount }: ScoreArguments,
  io: Io,
): Promise<{ cases: number; bad: number }> {
  const name = input === '-' ? 'stdin' : input;
  const scorer = new CaseScorer(environment, discount);
  const count = { cases: 0, bad: 0 };
  const write = ({ output, failed }: ScoredCase): void => {
    if (failed) count.bad++;
    io.stdout.write(`${JSON.stringify(output)}\n`);
  };
  const underWay: Promise<ScoredCase>[] = [];
  for await (const line of splitLines(chunksOf(input, io), name)) {
    if (isBlank(line.bytes)) continue;
    count.cases++;
    underWay.push(scorer.score(() => lineText(line, name).text, `${name}:${line.number}`));
    if (underWay.length >= concurrency) write(await (underWay.shift() as Promise<ScoredCase>));
  }
  for (const scored of underWay) write(await scored);
  return count;
}

async function* chunksOf(input: string, io: Io): AsyncGenerator<Uint8Array> {
  if (input === '-') {
    yield* io.input();
    return;
  }
  try {
    yield* createReadStream(resolve(io.cwd, input)) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    throw new UsageError(`\`--input ${input}\` cannot be read (${(cause as Error).message}).`);
  }
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}
