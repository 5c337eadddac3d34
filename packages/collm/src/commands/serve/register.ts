/** The options of `collm serve`. */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { Io } from '../../io.js';
import * as values from '../../option-values.js';
import { addRunsDir, RUN_ARGUMENT } from '../run-options.js';

/** Adds `collm serve`; `done` takes the exit code. */
export function registerServeCommand(program: Command, io: Io, done: (code: number) => void): void {
  addRunsDir(program.command('serve'))
    .description('serves the agents of a run, or a model, to every client that speaks the API of OpenAI')
    .argument('<source>', `${RUN_ARGUMENT}; model folder; or org/name on the hub`)
    .option(
      '--agent <i>',
      'this agent of a run only, from 0, as in agent-0 (default: all)',
      values.agentIndex,
    )
    .option('--checkpoint <which>', 'of a run: best, last or a step', 'best')
    .option('--name <name>', 'what clients call it (default: the name of the folder)', modelName)
    .option('--host <host>', 'address to listen at; other than loopback wants a token', '127.0.0.1')
    .option('--port <n>', 'port to listen at; 0 takes a free one', port, 8000)
    .option(
      '--token <token>',
      'what clients have to send (default: COLLM_TOKEN, which nobody sees in a list of processes)',
    )
    .option(
      '--device <device>',
      'cpu, cuda or cuda:<index> (default: as in the run, else cpu)',
      values.device,
    )
    .option(
      '--dtype <dtype>',
      'number format to compute in (default: as in the run, else as stored)',
      values.dtype,
    )
    .option(
      '--max-batch <n>',
      'responses that are generated side by side, per model',
      values.positiveNumber,
      64,
    )
    .option('--max-queue <n>', 'responses that may wait for a place, per model', values.wholeNumber, 256)
    .option(
      '--max-new-tokens <n>',
      'longest response in tokens (default: what the context leaves)',
      values.positiveNumber,
    )
    .option(
      '--prefix-cache <MiB>',
      'memory for what conversations have in common, per model',
      values.wholeNumber,
      256,
    )
    .option(
      '--threads <n>',
      'threads of an engine on the CPU (default: the processors, shared)',
      values.positiveNumber,
    )
    .option(
      '--grace <seconds>',
      'time for running responses when the server is stopped',
      values.wholeNumber,
      10,
    )
    .option('--verbose', 'a line per request', false)
    .option('--json', 'print where it serves what as JSON', false)
    .option('--debug', 'show stack traces of errors')
    .addHelpText(
      'after',
      '\nExamples:\n  collm serve runs/str_build-collm_cc-001\n  collm serve runs/str_build-collm_cc-001 --agent 0 --port 8001' +
        '\n  COLLM_TOKEN=… collm serve Qwen/Qwen3-4B-Instruct-2507 --host 0.0.0.0 --device cuda' +
        '\n\nThe first Ctrl+C lets running responses finish, the second ends at once. All of it is in docs/deploy.md.',
    )
    .action(async (source: string, options) => {
      const { serve } = await import('./serve.js');
      const unset = {
        agent: null,
        name: null,
        token: null,
        device: null,
        dtype: null,
        maxNewTokens: null,
        threads: null,
      };
      done(await serve({ source, ...unset, ...options }, io));
    });
}

function port(text: string): number {
  const value = values.wholeNumber(text);
  if (value > 65535) throw new InvalidArgumentError('It must be 0 to 65535.');
  return value;
}

function modelName(text: string): string {
  if (/^[\w.:@-]+(\/[\w.:@-]+)*$/.test(text)) return text;
  throw new InvalidArgumentError(
    'It must be letters, digits and "-", "_", ".", ":", "@", with "/" between parts.',
  );
}
