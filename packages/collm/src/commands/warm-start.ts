/** `collm warm-start`: makes a small model that answers well-formed, by supervised learning. */
import { resolve } from 'node:path';
import type { Environment } from '@collm/envs';
import { numThreads, setNumThreads } from '@collm/torch';
import { exitCodes, UsageError } from '../errors.js';
import type { Io } from '../io.js';
import type { Assessment } from '../warm-start/assess.js';
import { openEnvironments } from '../warm-start/open-environments.js';
import type { RecipeDefaults } from '../warm-start/recipe.js';
import { recipes } from '../warm-start/recipes/index.js';
import { type WarmStartOptions, type WarmStartReport, warmStart } from '../warm-start/warm-start.js';
import { stopOnInterrupt } from './interrupt.js';

/** What is not given is the recipe's default. */
export interface WarmStartArguments
  extends Partial<RecipeDefaults>,
    Pick<WarmStartOptions, 'out' | 'seed' | 'device' | 'set'> {
  readonly task: string;
  readonly threads?: number;
}

/** Steps between two lines of progress. */
const PROGRESS_STEPS = 20;

/** Trains and writes the folder. Returns the exit code. */
export async function makeWarmStart(given: WarmStartArguments, io: Io): Promise<number> {
  const recipe = recipes.find(({ name }) => name === given.task);
  if (recipe === undefined) {
    const known = recipes.map(({ name }) => name).join(', ');
    throw new UsageError(`There is no recipe for \`--task ${given.task}\`. There are ${known}.`);
  }
  const { task: _, threads, ...rest } = given;
  const sizes = { ...recipe.defaults, ...rest };
  checkSizes(sizes);
  const before = numThreads();
  if (threads !== undefined) setNumThreads(threads);
  const environments = await openEnvironments(recipe, sizes, io);
  const started = performance.now();
  const stop = stopOnInterrupt(() => io.stderr.write('Stopping. Nothing is written.\n'));
  try {
    const report = await warmStart({
      ...sizes,
      turns: sizes.turns ?? (environments[0] as Environment).numTurns,
      recipe,
      environments,
      out: resolve(io.cwd, given.out),
      signal: stop.signal,
      onStep: (step, loss) => {
        if (step % PROGRESS_STEPS !== 0 && step !== sizes.steps) return;
        const left = ((performance.now() - started) / 1000 / step) * (sizes.steps - step);
        io.stderr.write(
          `step ${step} of ${sizes.steps}   loss ${loss.toFixed(3)}   ${left.toFixed(0)} s left\n`,
        );
      },
    });
    if (report === null) return exitCodes.interrupted;
    for (const line of closingLines(report, recipe.unit)) io.stderr.write(`${line}\n`);
    io.stdout.write(`${given.out}\n`);
    return exitCodes.ok;
  } finally {
    stop.release();
    if (threads !== undefined) setNumThreads(before);
    await environments[0]?.dispose?.();
  }
}

/** The 256 bytes and the special tokens. */
const LEAST_VOCABULARY = 261;

function checkSizes({ hiddenSize, heads, vocabSize }: RecipeDefaults): void {
  if (hiddenSize % heads !== 0 || (hiddenSize / heads) % 2 !== 0) {
    throw new UsageError(
      `\`--hidden-size ${hiddenSize}\` and \`--heads ${heads}\` do not go together: every head needs an even number of dimensions. Take ${16 * heads} or ${32 * heads}, for example.`,
    );
  }
  if (vocabSize < LEAST_VOCABULARY) {
    throw new UsageError(
      `\`--vocab-size ${vocabSize}\` is too small: bytes and special tokens are ${LEAST_VOCABULARY}.`,
    );
  }
}

/** How well the model does before it is trained further, and what a configuration has to allow it. */
function closingLines(report: WarmStartReport, unit: string): string[] {
  const { before, parameters, loss, seconds, longestResponse, longestConversation } = report;
  return [
    `${(parameters / 1000).toFixed(0)} thousand weights, loss ${loss.toFixed(3)}, ${seconds.toFixed(0)} s; responses of up to ${longestResponse} tokens, conversations of up to ${longestConversation}`,
    ...before.map((one) => beforeLine(one, unit)),
  ];
}

function beforeLine({ agents, episodes, reward, wellFormed, finished }: Assessment, unit: string): string {
  const team = agents === 1 ? 'a single model' : `a team of ${agents}`;
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return `before training, ${team}: mean reward ${reward.toFixed(3)} a turn, ${percent(wellFormed)} of the ${unit} well-formed, ${percent(finished)} of the responses ended (${episodes} episodes)`;
}
