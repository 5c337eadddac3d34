/** Options by which every command that works on a run finds it. */
import type { Command } from 'commander';

/** What the argument `<run>` takes. */
export const RUN_ARGUMENT = 'run folder, or its name under --runs-dir';

/** Adds `--runs-dir`, where names of runs are looked up. */
export function addRunsDir(command: Command): Command {
  return command.option('--runs-dir <dir>', 'where run folders are', 'runs');
}
