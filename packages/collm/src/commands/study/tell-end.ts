/** The end of a session of a study: what is missing, and how to go on. */
import { exitCodes } from '../../errors.js';
import { counted } from '../../format.js';
import { type Io, shownPath } from '../../io.js';
import type { SessionResult } from '../../study/run-study.js';
import type { StudyPaths } from '../../study/study-folder.js';

export interface StudyArguments {
  readonly file: string;
  /** Folder of the study; null: `runs/study-<name>`. */
  readonly out: string | null;
  /** null: as many as there are cores. */
  readonly jobs: number | null;
  readonly only: readonly string[];
  /** null: `results/` in the study's folder. */
  readonly results: string | null;
  readonly dryRun: boolean;
  readonly report: boolean;
}

/** Says what is missing, and how to go on; returns the exit code. */
export function tellEnd(
  { done, failed }: SessionResult,
  wanted: number,
  given: StudyArguments,
  paths: StudyPaths,
  io: Io,
): number {
  const again = `the same command: collm study ${[given.file, ...optionsOf(given)].join(' ')}`;
  if (failed.length > 0) {
    io.stderr.write(`${counted(failed.length, 'trial')} failed:\n`);
    for (const { trial, failure } of failed) {
      io.stderr.write(`  ${trial.id}: ${failure.trim().replaceAll('\n', '\n    ')}\n`);
    }
    io.stderr.write(
      `Their logs are under ${shownPath(paths.trials, io)}. Once the cause is gone, try them again by ${again}\n`,
    );
  }
  // By Ctrl+C, or single ones by `collm runs stop`.
  if (done < wanted) {
    io.stderr.write(`Stopped after ${done} of ${counted(wanted, 'trial')}. Go on with ${again}\n`);
    return exitCodes.interrupted;
  }
  return failed.length > 0 ? exitCodes.error : exitCodes.ok;
}

/** The options that were given, to be typed again. */
function optionsOf({ out, jobs, only, results }: StudyArguments): string[] {
  return [
    ...(out === null ? [] : ['--out', out]),
    ...(jobs === null ? [] : ['--jobs', String(jobs)]),
    ...only.flatMap((part) => ['--only', part]),
    ...(results === null ? [] : ['--results', results]),
  ];
}
