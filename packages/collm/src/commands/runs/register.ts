/** The options of `collm runs …` and `collm samples`. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Io } from '../../io.js';
import { positiveNumber } from '../../option-values.js';
import { type RunState, runOrders, runStates } from '../../run-store/run-query.js';

/** Adds `collm runs …` and `collm samples`; `done` takes the exit code. */
export function registerRunsCommands(program: Command, io: Io, done: (code: number) => void): void {
  const runs = program.command('runs').description('lists, shows, compares, removes and steers runs');
  const command = (name: string, description: string, help: string) =>
    runs
      .command(name)
      .description(description)
      .option('--runs-dir <dir>', 'where run folders are', 'runs')
      .option('--debug', 'show stack traces of errors')
      .addHelpText('after', help);

  command(
    'ls',
    'lists the runs of a folder',
    '\nExamples:\n  collm runs ls\n  collm runs ls --status running,paused\n  collm runs ls --env str_build --sort best --limit 5 --json',
  )
    .option('--status <states>', `${runStates.join(', ')}; several separated by commas`, states)
    .option('--algorithm <name>', 'of this algorithm')
    .option('--env <name>', 'of this environment')
    .addOption(
      new Option('--sort <by>', 'from the newest, highest or A').choices(runOrders).default('created'),
    )
    .option('--limit <n>', 'at most so many', positiveNumber)
    .option('--size', 'what each takes on the disk', false)
    .option('--rebuild', 'read every run again instead of trusting the index', false)
    .option('--json', 'print JSON', false)
    .action(async (options) => {
      const { listRuns } = await import('./ls.js');
      done(listRuns({ status: null, algorithm: null, env: null, limit: null, ...options }, io));
    });
}

function states(text: string): RunState[] {
  return text.split(',').map((name) => {
    const state = runStates.find((one) => one === name.trim());
    if (state === undefined) throw new InvalidArgumentError(`States are ${runStates.join(', ')}.`);
    return state;
  });
}
