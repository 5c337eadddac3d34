/** The options of `collm eval`: of one run, or of a comparison with `--protocols`. */
import type { Command } from 'commander';
import { UsageError } from '../errors.js';
import type { Io } from '../io.js';
import { positiveNumber, share, temperature, wholeNumber } from '../option-values.js';
import { addRunsDir, RUN_ARGUMENT } from './run-options.js';

/** Options that a comparison alone has, as commander names them. */
const ofComparisons = ['rawModel', 'items', 'batchSize', 'topP', 'maxNewTokens', 'markdown'] as const;

/** Adds `collm eval`; `done` takes the exit code. */
export function registerEvalCommand(program: Command, io: Io, done: (code: number) => void): void {
  addRunsDir(program.command('eval'))
    .description(
      'plays evaluation episodes with the agents of a run, or compares protocols and trained teams',
    )
    .argument('[run...]', `${RUN_ARGUMENT}; with --protocols also configuration files, or nothing`)
    .option('--checkpoint <which>', 'best, last or a step', 'best')
    .option('--episodes <n>', 'episodes per item (default: as in the run)', positiveNumber)
    .option('--seed <n>', 'another seed', wholeNumber)
    .option('--temperature <t>', 'sampling temperature, 0 is greedy (default: as in the run)', temperature)
    .option('--json', 'print JSON', false)
    .option(
      '--protocols <list>',
      'compare: raw, parallel, pipeline, discussion, trained:<run>, separated by commas',
    )
    .option(
      '--raw-model <model>',
      "with raw: folder or hub name of the one model (default: the first agent's)",
    )
    .option('--items <n>', 'comparing: so many evaluation items (default: all)', positiveNumber)
    .option('--batch-size <n>', 'comparing: episodes played together (default: 1)', positiveNumber)
    .option('--top-p <p>', 'comparing: sample from this share of the probability', share)
    .option('--max-new-tokens <n>', 'comparing: longest response in tokens', positiveNumber)
    .option('--markdown', 'comparing: print the table as markdown')
    .option('--debug', 'show stack traces of errors')
    .addHelpText(
      'after',
      '\nExamples:\n  collm eval runs/str_build-collm_cc-001\n  collm eval runs/str_build-collm_cc-001 --checkpoint last --episodes 8 --temperature 1 --json' +
        '\n  collm eval --protocols raw,parallel,pipeline,discussion,trained:runs/str_build-collm_cc-001' +
        '\n  collm eval my.yaml --protocols raw,parallel --raw-model Qwen/Qwen3-4B-Instruct-2507 --items 20 --markdown',
    )
    .action(async (sources: string[], { protocols, ...options }) => {
      const none = { episodes: null, seed: null, temperature: null };
      if (protocols === undefined) {
        const { evalRun } = await import('./eval.js');
        done(await evalRun({ run: oneRun(sources, options), ...none, ...options }, io));
        return;
      }
      const { compareProtocols } = await import('./eval-protocols.js');
      const more = {
        rawModel: null,
        items: null,
        batchSize: 1,
        topP: null,
        maxNewTokens: null,
        markdown: false,
      };
      done(await compareProtocols({ sources, protocols, ...none, ...more, ...options }, io));
    });
}

/** Checks that an evaluation of one run has what it needs, and nothing that it would ignore. */
function oneRun(sources: readonly string[], options: Readonly<Record<string, unknown>>): string {
  const given = ofComparisons.filter((name) => options[name] !== undefined);
  if (given.length > 0) {
    const flags = given.map(
      (name) => `\`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}\``,
    );
    throw new UsageError(
      `${flags.join(', ')} ${given.length === 1 ? 'goes' : 'go'} with \`--protocols <list>\`.`,
    );
  }
  const [run, second] = sources;
  if (run === undefined) {
    throw new UsageError("missing required argument 'run'. Give a run folder, or `--protocols <list>`.");
  }
  if (second === undefined) return run;
  throw new UsageError(
    `\`${second}\` is one run too many. Compare runs as \`--protocols trained:<run>,trained:<run>\`.`,
  );
}
