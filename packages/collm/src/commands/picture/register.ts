/** The options of `collm picture`. */
import { type Command, Option } from 'commander';
import type { Io } from '../../io.js';
import { positiveNumber } from '../../option-values.js';
import { addRunsDir, RUN_ARGUMENT } from '../run-options.js';

/** Adds `collm picture`; `done` takes the exit code. */
export function registerPictureCommand(program: Command, io: Io, done: (code: number) => void): void {
  addRunsDir(program.command('picture'))
    .description('draws what a team built in an episode of a run, as an SVG file')
    .argument('<run>', RUN_ARGUMENT)
    .option(
      '--episode <n>',
      'episode by its place in the log of the run, from 1 (default: the first of the last evaluation)',
      positiveNumber,
    )
    .option('--turn <t>', 'turn, from 1 (default: the last)', positiveNumber)
    .option('--out <file>', 'file to write (default: in the run folder, under pictures)')
    .addOption(
      new Option('--colour <what>', 'what the colours stand for')
        .choices(['block', 'agent'])
        .default('block'),
    )
    .option('--debug', 'show stack traces of errors')
    .addHelpText(
      'after',
      '\nExamples:\n  collm picture runs/str_build-collm_cc-001\n  collm picture runs/str_build-collm_cc-001 --episode 3 --turn 1 --colour agent --out build.svg',
    )
    .action(async (run: string, options) => {
      const { drawEpisode } = await import('./draw-episode.js');
      done(drawEpisode({ run, episode: null, turn: null, out: null, ...options }, io));
    });
}
