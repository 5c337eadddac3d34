/** The options of `collm runs …` and `collm samples`. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from '../../errors.js';
import type { Io } from '../../io.js';
import { agentIndex, positiveNumber, wholeNumber } from '../../option-values.js';
import { type RunState, runOrders, runStates } from '../../run-store/run-query.js';
import { addRunsDir, RUN_ARGUMENT } from '../run-options.js';

/** Adds `collm runs …` and `collm samples`; `done` takes the exit code. */
export function registerRunsCommands(program: Command, io: Io, done: (code: number) => void): void {
  const runs = program.command('runs').description('lists, shows, compares, removes and steers runs');
  const command = (name: string, description: string, help: string) =>
    addRunsDir(runs.command(name))
      .description(description)
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

  command(
    'show',
    'all that is known of a run: configuration, evaluations, checkpoints, what to do next',
    '\nExample:\n  collm runs show str_build-collm_cc-001',
  )
    .argument('<run>', RUN_ARGUMENT)
    .option('--json', 'print JSON', false)
    .action(async (run: string, options) => {
      const { showRun } = await import('./show.js');
      done(showRun({ run, ...options }, io));
    });

  command(
    'diff',
    'what two runs were given that differs, and what came of it',
    '\nExample:\n  collm runs diff str_build-collm_cc-001 str_build-collm_cc-002',
  )
    .argument('<first>', RUN_ARGUMENT)
    .argument('<second>', RUN_ARGUMENT)
    .option('--json', 'print JSON', false)
    .action(async (first: string, second: string, options) => {
      const { diffRuns } = await import('./diff.js');
      done(diffRuns({ runs: [first, second], ...options }, io));
    });

  command(
    'rm',
    'removes runs, or checkpoints of runs, after asking',
    '\nExamples:\n  collm runs rm str_build-collm_cc-001\n  collm runs rm runs/* --keep-best --dry-run',
  )
    .argument('<run...>', RUN_ARGUMENT)
    .option('--checkpoints-only', 'remove all checkpoints and keep the rest', false)
    .option('--keep-best', 'remove all checkpoints but the best one and keep the rest', false)
    .option('--yes', 'do not ask', false)
    .option('--dry-run', 'only say what would be removed', false)
    .action(async (names: string[], options) => {
      const { removeRuns } = await import('./rm.js');
      done(await removeRuns({ runs: names, ...options }, io));
    });

  const requests = {
    pause: 'asks a running training to wait after its step, until it is resumed',
    resume: 'asks a paused training to go on',
    save: 'asks a running training for a checkpoint now',
    stop: 'asks a running training to save a checkpoint and end, as Ctrl+C does',
  } as const;
  for (const request of ['pause', 'resume', 'save', 'stop'] as const) {
    command(request, requests[request], `\nExample:\n  collm runs ${request} str_build-collm_cc-001 --wait`)
      .argument('<run>', RUN_ARGUMENT)
      .option('--wait', 'until it has been done', false)
      .action(async (run: string, options) => {
        const { steerRun } = await import('./steer.js');
        done(await steerRun({ run, request, ...options }, io));
      });
  }

  registerSamplesCommand(program, io, done);
}

function states(text: string): RunState[] {
  return text.split(',').map((name) => {
    const state = runStates.find((one) => one === name.trim());
    if (state === undefined) throw new InvalidArgumentError(`States are ${runStates.join(', ')}.`);
    return state;
  });
}

function registerSamplesCommand(program: Command, io: Io, done: (code: number) => void): void {
  addRunsDir(program.command('samples'))
    .description('shows what the agents of a run saw and answered, with rewards, values and pictures')
    .argument('<run>', RUN_ARGUMENT)
    .option('--best', 'episodes with the highest return', false)
    .option('--worst', 'episodes with the lowest return', false)
    .option('--step <n>', 'episodes of this step', wholeNumber)
    .option('--item <id>', 'episodes of this item')
    .addOption(new Option('--phase <phase>', 'episodes of this phase').choices(['train', 'evaluation']))
    .option('--failed', 'episodes that failed', false)
    .option('--episode <n>', 'the episode at this place in the log, from 1', positiveNumber)
    .option('--turn <t>', 'this turn only, from 1', positiveNumber)
    .option('--agent <i>', 'this agent only, from 0, as in agent-0', agentIndex)
    .option('--limit <n>', 'at most so many episodes (default: 3, of the best or worst 1)', positiveNumber)
    .option('--full', 'long texts to their end', false)
    .option('--json', 'print JSON', false)
    .option('--debug', 'show stack traces of errors')
    .addHelpText(
      'after',
      '\nExamples:\n  collm samples str_build-collm_cc-001 --best\n  collm samples str_build-collm_cc-001 --step 100 --worst --limit 3 --full' +
        '\n\nWithout a choice it is the first episode of the last evaluation.',
    )
    .action(async (run: string, { best, worst, ...options }) => {
      if (best && worst) throw new UsageError('`--best` and `--worst` are two things: give one of them.');
      const others = ['step', 'item', 'phase', 'limit'].some((name) => options[name] !== undefined);
      if (options.episode !== undefined && (best || worst || options.failed || others)) {
        throw new UsageError(
          '`--episode` is one episode already: it goes with `--turn`, `--agent`, `--full` and `--json`.',
        );
      }
      const { showSamples } = await import('./samples.js');
      const none = {
        step: null,
        item: null,
        phase: null,
        episode: null,
        turn: null,
        agent: null,
        limit: null,
      };
      done(showSamples({ run, rank: best ? 'best' : worst ? 'worst' : null, ...none, ...options }, io));
    });
}
