/** The options of `collm minecraft …`. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Io } from '../../io.js';
import { positiveNumber, wholeNumber } from '../../option-values.js';
import { addRunsDir, RUN_ARGUMENT } from '../run-options.js';

/** Adds the commands that build on a Minecraft server; `done` takes the exit code. */
export function registerMinecraftCommands(program: Command, io: Io, done: (code: number) => void): void {
  // `--version` before a command is CoLLM's, after it the command's own.
  program.enablePositionalOptions();
  const group = program
    .command('minecraft')
    .description(
      'builds on a Minecraft server what the simulator built, and compares (npm run setup:minecraft)',
    );
  const command = (name: string, description: string, examples: readonly string[]) =>
    group
      .command(name)
      .description(description)
      .option('--host <host>', 'address of your own server (default: a built-in one)')
      .option('--port <port>', 'port of your own server (25565 where only --host is given)', portNumber)
      .option('--version <version>', 'Minecraft version (default: what your server says; built-in: 1.21.4)')
      .option('--origin <x,y,z>', 'where the 0,0,0 of the task is in the world', cell)
      .addOption(
        new Option('--bots <names>', 'names of the bots, one per agent, separated by commas')
          .argParser(botNames)
          .default(['agent_1', 'agent_2'], 'agent_1,agent_2'),
      )
      .option('--step-delay <ms>', 'pause after each command (default: 50; built-in: 0)', wholeNumber)
      .option('--json', 'print JSON', false)
      .option('--debug', 'show stack traces of errors')
      .addHelpText('after', `\nExamples:\n${examples.map((line) => `  collm minecraft ${line}`).join('\n')}`);

  addRunsDir(
    command('replay', 'lets bots build an episode of a run, turn by turn, and compares every block', [
      'replay runs/house_build-collm_cc-001',
      'replay runs/house_build-collm_cc-001 --episode 3 --host 127.0.0.1 --origin 100,70,100',
    ]),
  )
    .argument('<run>', RUN_ARGUMENT)
    .option(
      '--episode <n>',
      'episode by its place in the log of the run, from 1 (default: the first of the last evaluation)',
      positiveNumber,
    )
    .action(async (run: string, options) => {
      const { replayEpisode } = await import('./replay.js');
      done(await replayEpisode({ run, episode: null, ...serverArguments(options) }, io));
    });

  command('check', 'plays random episodes of every building task on a server, and compares every block', [
    'check',
    'check --episodes 5 --host 127.0.0.1 --origin 100,70,100',
  ])
    .option('--episodes <n>', 'episodes of each task', positiveNumber, 20)
    .option('--seed <n>', 'other random episodes', wholeNumber, 1)
    .action(async (options) => {
      const { checkServer } = await import('./check.js');
      done(await checkServer(serverArguments(options), io));
    });
}

/** Options that were left out are null. */
function serverArguments<T extends object>(options: T) {
  return { host: null, port: null, version: null, origin: null, stepDelay: null, ...options } as T & {
    host: string | null;
    port: number | null;
    version: string | null;
    origin: { x: number; y: number; z: number } | null;
    bots: readonly string[];
    stepDelay: number | null;
    json: boolean;
  };
}

function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a whole number from 1 to 65535.');
}

function cell(text: string): { x: number; y: number; z: number } {
  const match = /^(-?\d{1,7}),(-?\d{1,4}),(-?\d{1,7})$/.exec(text);
  if (match === null)
    throw new InvalidArgumentError('It must be three whole numbers, separated by commas: 100,70,100.');
  const [x, y, z] = match.slice(1).map(Number) as [number, number, number];
  return { x, y, z };
}

function botNames(text: string): string[] {
  const names = text.split(',');
  const wrong = names.find((name) => !/^\w{3,16}$/.test(name));
  if (wrong !== undefined) {
    throw new InvalidArgumentError(
      `"${wrong}" is no name of a player. Names have 3 to 16 letters, digits and underscores, and are separated by commas.`,
    );
  }
  if (new Set(names).size < names.length) throw new InvalidArgumentError('The names must differ.');
  return names;
}
