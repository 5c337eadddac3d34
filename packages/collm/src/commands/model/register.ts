/** The options of `collm model …`. */
import type { Command } from 'commander';
import type { Io } from '../../io.js';
import * as values from '../../option-values.js';

/** Adds the commands about single models; `done` takes the exit code. */
export function registerModelCommands(program: Command, io: Io, done: (code: number) => void): void {
  const group = program.command('model').description('inspects, tries and merges single models');
  const command = (name: string, description: string, examples: readonly string[]) =>
    group
      .command(name)
      .description(description)
      .option('--debug', 'show stack traces of errors')
      .addHelpText('after', `\nExamples:\n${examples.map((line) => `  collm model ${line}`).join('\n')}`);

  command('inspect', 'says what a model is and how much memory it takes, without loading its weights', [
    'inspect path/to/model',
    'inspect Qwen/Qwen2.5-0.5B-Instruct --batch 8 --context 4096 --rank 32',
  ])
    .argument('<model>', 'folder, or org/name on the hub, which is fetched')
    .option('--batch <n>', 'rows that are generated side by side', values.positiveNumber, 1)
    .option('--context <n>', 'tokens per row (default: 2048, or the context)', values.positiveNumber)
    .option('--rank <n>', 'rank of LoRA', values.positiveNumber, 16)
    .option('--tokens <n>', 'tokens of one forward and backward in training', values.positiveNumber, 4096)
    .option('--json', 'print JSON', false)
    .action(async (model: string, options) => {
      const { inspectModel } = await import('./inspect.js');
      done(await inspectModel({ model, context: null, ...options }, io));
    });

  command('logits', 'prints what a model computes for given tokens, to compare with other programs', [
    'logits path/to/model --ids 1,2,3 --json',
  ])
    .argument('<model>', 'folder, or org/name on the hub')
    .requiredOption('--ids <ids>', 'token ids, separated by commas', values.tokenIds)
    .option('--device <device>', 'cpu, cuda or cuda:<index>', values.device, 'cpu')
    .option('--dtype <dtype>', 'number format to compute in, however stored', values.dtype, 'f32')
    .option('--json', 'print {"logits": […], "logprobs": […]}', false)
    .action(async (model: string, options) => {
      const { logitsOf } = await import('./logits.js');
      done(await logitsOf({ model, ...options }, io));
    });
}
