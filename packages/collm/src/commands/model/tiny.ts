/** `collm model tiny`: a small untrained model whose tokenizer knows the words of a task. */
import { existsSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Environment, taskNamed, tasks } from '@collm/envs';
import { exitCodes, UsageError } from '../../errors.js';
import type { Io } from '../../io.js';
import { createTinyModel } from '../../warm-start/tiny-model.js';

export interface TinyArguments {
  readonly out: string;
  readonly task: string;
  readonly context: number;
  readonly vocab: number;
  readonly seed: number;
}

/** Prompts that the tokenizer learns from: learning takes time in proportion. */
const PROMPT_ITEMS = 40;

/** The 256 bytes and the special tokens. */
const LEAST_VOCABULARY = 261;

/** Writes the folder; returns the exit code. */
export async function makeTinyModel(given: TinyArguments, io: Io): Promise<number> {
  const out = resolve(io.cwd, given.out);
  if (existsSync(out) && readdirSync(out).length > 0) {
    throw new UsageError(`\`--out ${given.out}\` is not empty. Give a new folder.`);
  }
  if (given.vocab < LEAST_VOCABULARY) {
    throw new UsageError(
      `\`--vocab ${given.vocab}\` is too small: bytes and special tokens are ${LEAST_VOCABULARY}.`,
    );
  }
  const task = taskNamed(given.task);
  if (task === undefined) {
    throw new UsageError(
      `\`--task ${given.task}\` is no task. There are ${tasks.map(({ name }) => name).join(', ')}.`,
    );
  }
  const environment = task.open({});
  try {
    createTinyModel(out, promptsOf(environment), given.seed, {
      maxPositions: given.context,
      vocabSize: given.vocab,
    });
  } finally {
    await environment.dispose?.();
  }
  io.stdout.write(`${given.out}: untrained, its answers are noise. Use it as \`agent_model.path\`.\n`);
  return exitCodes.ok;
}

/** First prompts of all agents. */
function promptsOf(environment: Environment): string[] {
  const items = environment.trainItems.slice(0, PROMPT_ITEMS);
  return items.flatMap((item, index) =>
    environment
      .observe(environment.reset(item, index))
      .flatMap(({ messages }) => messages.map(({ content }) => content)),
  );
}
