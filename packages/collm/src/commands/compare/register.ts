/** The options of `collm compare`. */
import { type Command, InvalidArgumentError } from 'commander';
import type { Io } from '../../io.js';
import { collect } from '../../option-values.js';
import { addRunsDir } from '../run-options.js';

/** Adds `collm compare`; `done` takes the exit code. */
export function registerCompareCommand(program: Command, io: Io, done: (code: number) => void): void {
  addRunsDir(program.command('compare'))
    .description(
      'compares runs at equal environment steps: curves, final values, and how sure differences are',
    )
    .argument(
      '<run...>',
      'run folders or their names under --runs-dir, folders that hold runs, or patterns such as "runs/cc-*"',
    )
    .option(
      '--by <key>',
      '"algorithm" or a key of the configuration (default: by all that differs but the seed)',
    )
    .option('--metric <name>', 'what to compare, see docs/metrics.md', 'eval/return')
    .option('--confidence <share>', 'of intervals and statements', confidence, 0.95)
    .option(
      '--target <value>',
      "count the environment steps until it (default: the runs' train.target_return)",
      number,
    )
    .option('--allow <key>', 'compare although this key makes it unfair (repeatable)', collect, [])
    .option('--json', 'print JSON', false)
    .option('--markdown', 'print the tables as markdown', false)
    .option('--out <file>', 'also write it as one HTML file, with charts')
    .option('--debug', 'show stack traces of errors')
    .addHelpText(
      'after',
      '\nExamples:\n  collm compare runs\n  collm compare "runs/cc-seed-*" "runs/dc-seed-*" --out compare.html' +
        '\n  collm compare runs --by algorithm --metric eval/iou --markdown' +
        '\n\nRuns that differ in nothing but their seeds form a group. docs/reports.md says how the figures are computed.',
    )
    .action(async (runs: string[], options) => {
      const { compareRuns } = await import('./compare.js');
      done(compareRuns({ runs, by: null, target: null, out: null, ...options }, io));
    });
}

function confidence(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError('It must be between 0 and 1, such as 0.95.');
  return value;
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}
