/** The options of `collm score`, `collm env …` and `collm init`. */
import type { Command } from 'commander';
import type { Io } from '../../io.js';
import { collect, discount } from '../../option-values.js';

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
    .option('--discount <g>', 'of the rewards of later turns, in the return', discount, 1)
    .action(async (env: string, options) => {
      const { scoreCases } = await import('./score.js');
      done(await scoreCases({ env, ...options }, io));
    });
}
