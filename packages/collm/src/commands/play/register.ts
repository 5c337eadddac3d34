/** The options of `collm play` and `collm chat`. */
import { type Command, InvalidArgumentError } from 'commander';
import type { Io } from '../../io.js';
import { agentIndex, collect, positiveNumber, temperature, wholeNumber } from '../../option-values.js';
import { addRunsDir, RUN_ARGUMENT } from '../run-options.js';

/** Adds `collm play` and `collm chat`; `done` takes the exit code. */
export function registerPlayCommands(program: Command, io: Io, done: (code: number) => void): void {
  addRunsDir(program.command('play'))
    .description('plays episodes with a team whose agents are endpoints of OpenAI-compatible servers')
    .argument('<env...>', `a task; a file such as my-env.mjs; ${RUN_ARGUMENT}; or configuration files`)
    .requiredOption(
      '--agents <urls>',
      'one URL per agent, separated by commas, or one for all; url#model names a model',
    )
    .option('--models <ids>', 'model ids, one per agent or one for all (default: as the endpoints list them)')
    .option('--set <key=value>', 'change a key of the configuration (repeatable)', collect, [])
    .option('--items <n>', 'so many evaluation items (default: as the run evaluates)', positiveNumber)
    .option('--episodes <n>', 'episodes per item (default: as the run evaluates)', positiveNumber)
    .option('--seed <n>', 'another seed', wholeNumber)
    .option(
      '--temperature <t>',
      'sampling temperature, 0 is greedy (default: as the run evaluates)',
      temperature,
    )
    .option('--max-new-tokens <n>', 'longest response in tokens (default: as in the run)', positiveNumber)
    .option('--timeout <seconds>', 'patience with one request', timeout, 120)
    .option('--retries <n>', 'further attempts after faults that may pass', wholeNumber, 2)
    .option('--concurrency <n>', 'episodes at once, and requests at once per endpoint', positiveNumber, 16)
    .option('--api-key-env <names>', 'environment variables that hold API keys, one per agent or one for all')
    .option('--out <path>', 'write the episodes there: a new .jsonl file, or a folder')
    .option('--json', 'print JSON', false)
    .option('--markdown', 'print the tables as markdown', false)
    .option('--debug', 'show stack traces of errors')
    .addHelpText(
      'after',
      '\nExamples:\n  collm play runs/str_build-collm_cc-001 --agents http://127.0.0.1:8000/v1,http://127.0.0.1:8001/v1' +
        '\n  collm play tldr --agents http://127.0.0.1:11434/v1#llama3.2 --items 8 --temperature 0.7 --max-new-tokens 256' +
        '\n  collm play my.yaml --agents https://api.example.com/v1 --models small,large --api-key-env EXAMPLE_KEY --json',
    )
    .action(async (sources: string[], options) => {
      const { playTeam } = await import('./play.js');
      const unset = {
        models: null,
        items: null,
        episodes: null,
        seed: null,
        temperature: null,
        maxNewTokens: null,
        apiKeyEnv: null,
        out: null,
      };
      done(await playTeam({ sources, ...unset, ...options }, io));
    });

  addRunsDir(program.command('chat'))
    .description('talks to an agent of a run, to a model, or to an endpoint')
    .argument(
      '<source>',
      `${RUN_ARGUMENT}; model folder; org/name on the hub; or a URL (url#model names a model)`,
    )
    .option(
      '--agent <i>',
      'which agent of a run or of a server, from 0, as in agent-0 (default: the only one)',
      agentIndex,
    )
    .option('--checkpoint <which>', 'of a run: best, last or a step', 'best')
    .option(
      '--temperature <t>',
      'sampling temperature, 0 is greedy (default: as the model recommends)',
      temperature,
    )
    .option('--max-new-tokens <n>', 'longest response in tokens (default: 512, or what fits)', positiveNumber)
    .option('--seed <n>', 'another seed', wholeNumber, 0)
    .option('--system <text>', 'the system message')
    .option('--once <message>', 'send one message, print the answer and exit')
    .option('--role-prompt', 'of a run: begin with what the agent sees first of an evaluation item', false)
    .option('--api-key-env <name>', 'of a URL: environment variable that holds its API key')
    .option('--debug', 'show stack traces of errors')
    .addHelpText(
      'after',
      '\nExamples:\n  collm chat runs/str_build-collm_cc-001 --agent 0 --role-prompt' +
        '\n  collm chat Qwen/Qwen2.5-0.5B-Instruct --once "Who are you?" --temperature 0' +
        '\n  collm chat http://127.0.0.1:8000/v1 --agent 1',
    )
    .action(async (source: string, options) => {
      const { chat } = await import('./chat.js');
      const unset = {
        agent: null,
        temperature: null,
        maxNewTokens: null,
        system: null,
        once: null,
        apiKeyEnv: null,
      };
      done(await chat({ source, ...unset, ...options }, io));
    });
}

/** Seconds in (0, 300]: the HTTP client of Node waits no longer for a first byte. */
function timeout(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value <= 300)) throw new InvalidArgumentError('It must be above 0 and at most 300.');
  return value;
}
