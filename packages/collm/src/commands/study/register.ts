/** The options of `collm study`. */
import type { Command } from 'commander';
import type { Io } from '../../io.js';
import { collect, positiveNumber } from '../../option-values.js';

/** Adds `collm study`; `done` takes the exit code. */
export function registerStudyCommand(program: Command, io: Io, done: (code: number) => void): void {
  program
    .command('study')
    .description(
      'runs a grid of tasks, methods, conditions and seeds side by side, and compares what came of it',
    )
    .argument('<study.yaml>', 'what is compared, see docs/studies.md')
    .option('--out <dir>', 'folder of the study (default: runs/study-<name>)')
    .option('--jobs <n>', 'trials at the same time (default: number of cores)', positiveNumber)
    .option(
      '--only <part>',
      'a part of the grid: task=a,b, method=…, seed=…, or <axis>=… (repeatable; all have to match)',
      collect,
      [],
    )
    .option('--results <dir>', 'where records, tables and the report go (default: results/ in the folder)')
    .option('--dry-run', 'check everything, and print the grid and its budget', false)
    .option('--report', 'make the results again from the records in the results folder', false)
    .option('--debug', 'show stack traces of errors')
    .addHelpText(
      'after',
      '\nExamples:\n  collm study studies/quick/study.yaml --dry-run\n  collm study studies/quick/study.yaml --only task=writing --only seed=1,2 --jobs 2' +
        '\n\nCtrl+C saves all trials; the same command goes on with them.',
    )
    .action(async (file: string, options) => {
      const { studyCommand } = await import('./study.js');
      done(await studyCommand({ file, out: null, jobs: null, results: null, ...options }, io));
    });
}
