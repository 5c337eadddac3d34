/** The options of `collm export`. */
import { type Command, Option } from 'commander';
import { exportTargets } from '../../export/target.js';
import type { Io } from '../../io.js';
import * as values from '../../option-values.js';
import { addRunsDir, RUN_ARGUMENT } from '../run-options.js';

/** Adds `collm export`; `done` takes the exit code. */
export function registerExportCommand(program: Command, io: Io, done: (code: number) => void): void {
  addRunsDir(program.command('export'))
    .description('writes an agent of a run as a folder that other tools open, with a model card')
    .argument('<run>', RUN_ARGUMENT)
    .addOption(
      new Option(
        '--to <target>',
        'hf: the trained model; peft: the adapter alone; merged: base and adapter as one model',
      )
        .choices(exportTargets)
        .makeOptionMandatory(),
    )
    .requiredOption('--out <dir>', 'folder to write; new or empty')
    .option(
      '--agent <i>',
      'which agent, from 0, as in agent-0, or all of them into sub-folders (default: the only one)',
    )
    .option('--checkpoint <which>', 'best, last or a step', 'best')
    .option('--dtype <dtype>', 'number format of the weights (default: as in the run)', values.dtype)
    .option(
      '--base-model <name>',
      'what the files name as base model, as org/name or org/name@revision (default: as in the run)',
    )
    .option('--json', 'print JSON', false)
    .option('--debug', 'show stack traces of errors')
    .addHelpText(
      'after',
      '\nExamples:\n  collm export runs/str_build-collm_cc-001 --agent 0 --to hf --out exports/agent-0' +
        '\n  collm export runs/tldr-magrpo-001 --agent all --to merged --dtype bfloat16 --out exports/tldr' +
        '\n\nWhat to do with the folder is in docs/export.md.',
    )
    .action(async (run: string, options) => {
      const { exportRun } = await import('./export-run.js');
      done(await exportRun({ run, agent: null, dtype: null, baseModel: null, ...options }, io));
    });
}
