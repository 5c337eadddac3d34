/**
 * The command line. Commands are loaded when they run, so that `--help` needs neither libtorch nor time.
 */
import { inspect } from 'node:util';
import { Command, CommanderError, Help, Option } from 'commander';
import { registerCompareCommand } from './commands/compare/register.js';
import { registerEnvCommands } from './commands/env/register.js';
import { registerEvalCommand } from './commands/eval-register.js';
import { registerExportCommand } from './commands/export/register.js';
import { registerMinecraftCommands } from './commands/minecraft/register.js';
import { registerModelCommands } from './commands/model/register.js';
import { registerPictureCommand } from './commands/picture/register.js';
import { registerPlayCommands } from './commands/play/register.js';
import { addRunsDir, RUN_ARGUMENT } from './commands/run-options.js';
import { registerRunsCommands } from './commands/runs/register.js';
import { registerServeCommand } from './commands/serve/register.js';
import { registerStudyCommand } from './commands/study/register.js';
import { registerWarmStartCommand } from './commands/warm-start-register.js';
import { CollmError, exitCodes, messageOf, UsageError } from './errors.js';
import type { Io } from './io.js';
import { collect, positiveNumber, wholeNumber } from './option-values.js';
import { versions } from './versions.js';

/** Runs one command; returns the exit code. */
export async function main(args: readonly string[], io?: Partial<Io>): Promise<number> {
  const { processIo } = await import('./io.js');
  const full: Io = { ...processIo, ...io };
  let code: number = exitCodes.ok;
  const program = buildProgram(full, (result) => {
    code = result;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const debug = args.includes('--debug') || process.env.COLLM_DEBUG === '1';
    full.stderr.write(`error: ${debug ? inspect(error) : messageOf(error)}\n`);
    if (!debug && !(error instanceof CollmError))
      full.stderr.write('Add --debug to see where it happened.\n');
    return error instanceof UsageError ? exitCodes.usage : exitCodes.error;
  }
}

function buildProgram(io: Io, done: (code: number) => void): Command {
  const program = new Command('collm')
    .description('Trains several language models as a decentralised team.')
    .version(versions().collm)
    .option('--debug', 'show stack traces of errors')
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
    })
    .configureHelp({ optionDescription: describeOption })
    .exitOverride()
    .showSuggestionAfterError()
    .addHelpText(
      'after',
      '\nStart with `collm quickstart`. If something does not work, `collm doctor` says why.',
    );

  const command = (name: string, description: string, help: string) =>
    program
      .command(name)
      .description(description)
      .option('--debug', 'show stack traces of errors')
      .addHelpText('after', help);

  command(
    'quickstart',
    'trains two tiny agents to share the work of building words, on the CPU',
    '\nExample:\n  collm quickstart --seed 1',
  )
    .option('--seed <n>', 'another seed', wholeNumber)
    .option('--steps <n>', 'training steps', positiveNumber)
    .option('--runs-dir <dir>', 'where run folders go', 'runs')
    .option('--name <name>', 'name of the run folder')
    .option('--set <key=value>', 'change a key of the configuration (repeatable)', collect, [])
    .action(async (options) => {
      const { quickstart } = await import('./commands/quickstart.js');
      done(await quickstart({ seed: null, steps: null, name: null, ...options }, io));
    });

  command(
    'train',
    'trains a team as a configuration says, or goes on with a run',
    '\nExamples:\n  collm train my.yaml --set train.seed=1\n  collm train my.yaml --dry-run\n  collm train --resume runs/str_build-collm_cc-001\n\nAll keys are in docs/configuration.md.',
  )
    .argument('[config...]', 'YAML files; later ones win')
    .option('--set <key=value>', 'change a key of the configuration (repeatable)', collect, [])
    .option('--dry-run', 'check everything and print the resolved configuration', false)
    .option('--name <name>', 'name of the run folder (default: numbered)')
    .option('--runs-dir <dir>', 'where run folders go, and names of runs are looked up', 'runs')
    .option('--resume <run>', 'go on with this run: its folder, or its name under --runs-dir')
    .option('--from <step>', 'with --resume: go on from this checkpoint', wholeNumber)
    .action(async (files: string[], options) => {
      const { checkResumeAlone, trainNew, trainResumed } = await import('./commands/train.js');
      if (options.resume !== undefined) {
        checkResumeAlone(files, options);
        done(await trainResumed({ run: options.resume, from: null, ...options }, io));
        return;
      }
      if (options.from !== undefined) throw new UsageError('`--from` goes with `--resume <run>`.');
      if (files.length === 0) {
        throw new UsageError('No configuration was given. Try `collm train my.yaml`, or `collm quickstart`.');
      }
      done(await trainNew({ files, name: null, ...options }, io));
    });

  registerEvalCommand(program, io, done);

  addRunsDir(
    command(
      'report',
      'writes the report of a run again from its files',
      '\nExample:\n  collm report runs/str_build-collm_cc-001',
    ),
  )
    .argument('<run>', RUN_ARGUMENT)
    .action(async (run: string, options) => {
      const { reportRun } = await import('./commands/report.js');
      done(reportRun({ run, ...options }, io));
    });

  addRunsDir(
    command(
      'replay',
      'makes the update again that stopped a run because it was not finite',
      '\nExample:\n  collm replay runs/str_build-collm_cc-001',
    ),
  )
    .argument('<run>', RUN_ARGUMENT)
    .option('--step <n>', 'finished steps at the failure (default: the newest)', wholeNumber)
    .action(async (run: string, options) => {
      const { replayRun } = await import('./commands/replay.js');
      done(await replayRun({ run, step: null, ...options }, io));
    });

  registerWarmStartCommand(program, io, done);
  registerEnvCommands(program, io, done);
  registerMinecraftCommands(program, io, done);
  registerModelCommands(program, io, done);
  registerPictureCommand(program, io, done);
  registerRunsCommands(program, io, done);
  registerCompareCommand(program, io, done);
  registerStudyCommand(program, io, done);
  registerExportCommand(program, io, done);
  registerServeCommand(program, io, done);
  registerPlayCommands(program, io, done);

  command(
    'doctor',
    'shows versions and the measured speed, and what to do if something is wrong',
    '\nExample:\n  collm doctor --json',
  )
    .addOption(new Option('--json', 'print JSON').default(false))
    .action(async (options) => {
      const { doctor } = await import('./commands/doctor.js');
      done(await doctor(options, io));
    });

  return program;
}

/** What an option does, with its default unless that is off or nothing. */
function describeOption(this: Help, option: Option): string {
  const { defaultValue } = option;
  const plain = defaultValue === false || (Array.isArray(defaultValue) && defaultValue.length === 0);
  return plain ? option.description : Help.prototype.optionDescription.call(this, option);
}
