/** The options of `collm warm-start`. */
import { type Command, InvalidArgumentError } from 'commander';
import type { Io } from '../io.js';
import { collect, device, fraction, positiveNumber, wholeNumber } from '../option-values.js';
import type { Cast } from '../warm-start/recipe.js';

const about = `
It makes models so small that training a team of them takes seconds to minutes, for trying things out and for studies.
The model is trained from nothing on demonstrations that it imitates: they are well-formed, but each agent chooses what
it does at random and without regard to the others. To share the work is left to reinforcement learning.

What is not given has a default that depends on the task. Beside the model, warm-start.json says how it was made and how
well it does.

Examples:
  collm warm-start --out models/houses --task house_build
  collm warm-start --out models/letters --task str_build --hidden-size 64 --vocab-size 400 --pieces commands --turns 4 \\
    --first-turns 0.6 --critic-share 0.25 --agents both --steps 600 --batch 32 --learning-rate 0.004 \\
    --set 'env.words=["L","T","J","V","X","Y"]'
  collm warm-start --out models/own --task module --set env.path=my-env.mjs
  collm warm-start --out packages/collm/checkpoints/str-build-tiny --device cuda   # made the quick start's model`;

/** Adds `collm warm-start`; `done` takes the exit code. */
export function registerWarmStartCommand(program: Command, io: Io, done: (code: number) => void): void {
  program
    .command('warm-start')
    .description(
      'makes a small model that writes well-formed but uncoordinated responses, by supervised learning',
    )
    .requiredOption('--out <dir>', 'folder to write the model to')
    .option(
      '--task <task>',
      'str_build, house_build, tldr, mbpp, or module: an environment of your own',
      'str_build',
    )
    .option('--hidden-size <n>', 'width of the model, a multiple of twice the heads', positiveNumber)
    .option('--layers <n>', 'layers', positiveNumber)
    .option('--heads <n>', 'attention heads; pairs of them share keys and values', positiveNumber)
    .option('--vocab-size <n>', 'tokens of the vocabulary, at least 261', positiveNumber)
    .option('--max-positions <n>', 'longest conversation in tokens', positiveNumber)
    .option('--pieces <style>', 'what a token spans at most: words, or parts of commands', pieces)
    .option('--turns <n>', 'turns of the conversations shown', positiveNumber)
    .option(
      '--first-turns <share>',
      'share of the steps, at the beginning, that show first turns only',
      fraction,
    )
    .option(
      '--critic-share <share>',
      'share of the episodes that are also shown as a critic sees them',
      fraction,
    )
    .option('--agents <1|2|both>', 'who is demonstrated: a single model, a team, or both', cast)
    .option('--set <env.key=value>', 'change a setting of the environment shown (repeatable)', collect, [])
    .option('--steps <n>', 'optimiser steps', positiveNumber)
    .option('--batch <n>', 'demonstrations per step; one is a turn of an agent', positiveNumber)
    .option('--learning-rate <x>', 'peak learning rate', rate)
    .option('--seed <n>', 'initialises weights and demonstrations', wholeNumber, 1)
    .option('--device <device>', 'cpu, cuda or cuda:<index>', device, 'cpu')
    .option('--threads <n>', 'threads of the processor (default: all cores)', positiveNumber)
    .option('--debug', 'show stack traces of errors')
    .addHelpText('after', about)
    .action(async (options) => {
      const { makeWarmStart } = await import('./warm-start.js');
      done(await makeWarmStart(options, io));
    });
}

function cast(text: string): Cast {
  if (text === 'both') return 'both';
  if (text === '1' || text === '2') return Number(text) as 1 | 2;
  throw new InvalidArgumentError('It must be 1, 2 or both.');
}

function pieces(text: string): string {
  if (text === 'words' || text === 'commands') return text;
  throw new InvalidArgumentError('It must be words or commands.');
}

function rate(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError('It must be a number above 0, such as 0.003.');
  }
  return value;
}
