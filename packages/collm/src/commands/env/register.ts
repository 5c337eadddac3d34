/** The options of `collm score`, `collm env …` and `collm init`. */
import type { Command } from 'commander';
import type { Io } from '../../io.js';
import { collect, fraction } from '../../option-values.js';

const aboutEnvironments = 'name of a task, or a file of your own such as my-env.mjs';

/** Adds the commands about environments; `done` takes the exit code. */
export function registerEnvCommands(program: Command, io: Io, done: (code: number) => void): void {
  const add = (parent: Command, name: string, description: string, examples: readonly string[]) =>
    parent
      .command(name)
      .description(description)
      .option('--debug', 'show stack traces of errors')
      .addHelpText('after', `\nExamples:\n${examples.map((line) => `  collm ${line}`).join('\n')}`);

  add(program, 'score', 'scores answers from a file, one JSON object per line', [
    'score tldr --input cases.jsonl',
    'score str_build --input - --set env.feedback=score --discount 0.9 < cases.jsonl',
  ])
    .argument('<env>', aboutEnvironments)
    .requiredOption('--input <file>', 'cases: {"item": {…}, "turns": [["…", "…"], …]}; - is standard input')
    .option('--set <env.key=value>', 'change a setting of the environment (repeatable)', collect, [])
    .option('--discount <g>', 'of the rewards of later turns, in the return', fraction, 1)
    .action(async (env: string, options) => {
      const { scoreCases } = await import('./score.js');
      done(await scoreCases({ env, ...options }, io));
    });

  const group = program.command('env').description('lists, shows and checks environments');

  add(group, 'list', 'lists the tasks', ['env list'])
    .option('--json', 'print JSON', false)
    .action(async (options) => {
      const { listEnvironments } = await import('./list.js');
      done(await listEnvironments(options, io));
    });

  add(group, 'show', 'says what an environment is, how it is set, and what its agents are told', [
    'env show str_build',
    'env show tldr --set env.dataset=posts.jsonl --item post_12',
  ])
    .argument('<env>', aboutEnvironments)
    .option('--item <id>', 'whose prompts are shown (default: the first to evaluate on)')
    .option('--set <env.key=value>', 'change a setting of the environment (repeatable)', collect, [])
    .action(async (env: string, options) => {
      const { showEnvironment } = await import('./show.js');
      done(await showEnvironment({ env, item: null, ...options }, io));
    });

  add(group, 'validate', 'checks a data file for a task, or an environment of your own', [
    'env validate posts.jsonl --env tldr',
    'env validate my-env.mjs --set env.options.rounds=3',
  ])
    .argument('<file>', 'data file or folder, or the file of an environment')
    .option('--env <task>', 'the task that data are for')
    .option('--set <env.key=value>', 'change a setting of the environment (repeatable)', collect, [])
    .action(async (file: string, options) => {
      const { validate } = await import('./validate.js');
      done(await validate({ file, env: null, ...options }, io));
    });

  add(program, 'init', 'writes an environment of your own to start from, with a test', ['init my-env'])
    .argument('<name>', 'name in small letters, digits and hyphens')
    .option('--dir <dir>', 'folder to write to (default: the name)')
    .action(async (name: string, options) => {
      const { initEnvironment } = await import('./init.js');
      done(initEnvironment({ name, dir: options.dir ?? name }, io));
    });
}
