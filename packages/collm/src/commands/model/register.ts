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

  command('generate', 'continues a prompt, or answers it', [
    'generate path/to/model --prompt "Once upon a time" --max-new-tokens 50',
    'generate path/to/model --prompt "Who are you?" --chat --temperature 0.7',
    'generate path/to/model --prompt - --greedy --stop "Question:" < prompt.txt',
  ])
    .argument('<model>', 'folder, or org/name on the hub')
    .requiredOption('--prompt <text>', 'text to continue; - reads it from standard input')
    .option('--chat', 'send the prompt as a message, through the chat template', false)
    .option('--system <text>', 'with --chat: the system message')
    .option(
      '--max-new-tokens <n>',
      'longest response in tokens (default: 256, or what fits)',
      values.positiveNumber,
    )
    .option(
      '--temperature <t>',
      'sampling temperature, 0 is greedy (default: generation_config.json, else 1)',
      values.temperature,
    )
    .option('--top-k <n>', 'only the n likeliest tokens (default: as above, else all)', values.positiveNumber)
    .option(
      '--top-p <p>',
      'only the likeliest tokens of this share (default: as above, else 1)',
      values.share,
    )
    .option('--greedy', 'always the likeliest token', false)
    .option('--seed <n>', 'another seed', values.wholeNumber, 0)
    .option('--samples <n>', 'answers', values.positiveNumber, 1)
    .option('--adapter <dir>', 'see the model through this adapter, in the layout of PEFT')
    .option('--stop <text>', 'end before this text (repeatable)', values.collect, [])
    .option('--device <device>', 'cpu, cuda or cuda:<index>', values.device, 'cpu')
    .option('--dtype <dtype>', 'number format to compute in (default: as stored)', values.dtype)
    .option('--json', 'print JSON, with tokens and log-probabilities', false)
    .action(async (model: string, options) => {
      const { generateText } = await import('./generate.js');
      const unset = {
        system: null,
        adapter: null,
        maxNewTokens: null,
        temperature: null,
        topK: null,
        topP: null,
        dtype: null,
      };
      done(await generateText({ model, ...unset, ...options }, io));
    });

  command('merge', 'writes a model and an adapter as one plain model folder', [
    'merge path/to/model path/to/adapter --out path/to/merged',
    'merge Qwen/Qwen2.5-0.5B-Instruct runs/team/adapter --out merged --dtype bfloat16',
  ])
    .argument('<model>', 'folder, or org/name on the hub')
    .argument('<adapter>', 'folder with adapter_config.json and adapter_model.safetensors')
    .requiredOption('--out <dir>', 'folder to write; new or empty')
    .option('--dtype <dtype>', 'number format of the merged weights (default: as stored)', values.dtype)
    .action(async (model: string, adapter: string, options) => {
      const { mergeModel } = await import('./merge.js');
      done(await mergeModel({ model, adapter, dtype: null, ...options }, io));
    });

  command('tiny', 'writes a tiny, untrained model, to try a task or a configuration on without a download', [
    'tiny --task tldr --out models/tiny',
  ])
    .requiredOption('--out <dir>', 'folder to write; new or empty')
    .option('--task <name>', 'its tokenizer learns from the prompts of this task', 'str_build')
    .option('--context <n>', 'longest prompt with its response, in tokens', values.positiveNumber, 8192)
    .option('--vocab <n>', 'tokens of the vocabulary', values.positiveNumber, 1024)
    .option('--seed <n>', 'other weights', values.wholeNumber, 0)
    .action(async (options) => {
      const { makeTinyModel } = await import('./tiny.js');
      done(await makeTinyModel(options, io));
    });
}
