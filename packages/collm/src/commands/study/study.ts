/** `collm study`: runs a study, goes on with it, or makes its results again. */
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, isAbsolute, join, relative, resolve } from 'node:path';
import { exitCodes, UsageError } from '../../errors.js';
import { counted } from '../../format.js';
import { type Io, shownPath } from '../../io.js';
import { lockRun } from '../../run-store/lock.js';
import { seedsNeeded } from '../../statistics/over-seeds.js';
import { analyse } from '../../study/analysis/analyse.js';
import { type CheckedTrial, checkTrials } from '../../study/check-trials.js';
import { dryRunText } from '../../study/dry-run.js';
import { gatherRecords } from '../../study/gather.js';
import { seedsOf } from '../../study/grid.js';
import { keepOldRecords } from '../../study/keep-old-records.js';
import { onlyFilter } from '../../study/only.js';
import { readRecords, writeRecords } from '../../study/records.js';
import { resultsText, writeResults } from '../../study/report/write-results.js';
import { runStudy } from '../../study/run-study.js';
import { type OpenedStudy, readStudy } from '../../study/study-file.js';
import { type StudyPaths, studyPaths } from '../../study/study-folder.js';
import { trialsOf } from '../../study/trials.js';
import type { StudyRecords } from '../../study/types.js';
import { unequalTerms } from '../../study/unequal-terms.js';
import { stopOnInterrupt } from '../interrupt.js';
import { type StudyArguments, tellEnd } from './tell-end.js';

/** Runs the command; returns the exit code. */
export async function studyCommand(given: StudyArguments, io: Io): Promise<number> {
  if (given.report && (given.dryRun || given.only.length > 0 || given.jobs !== null)) {
    throw new UsageError('`--report` runs nothing, and takes only `--out` and `--results` beside it.');
  }
  const opened = readStudy(given.file, io.cwd);
  const paths = studyPaths(resolve(io.cwd, given.out ?? join('runs', `study-${opened.study.name}`)));
  const results = given.results === null ? paths.results : resolve(io.cwd, given.results);
  const recordsFile = join(results, 'records.jsonl.gz');
  if (given.report) {
    showResults(opened, results, readRecords(recordsFile), io);
    return exitCodes.ok;
  }
  const planned = trialsOf(opened.study);
  const isWanted = onlyFilter(opened.study, given.only);
  const trials = checkTrials(opened, planned, paths);
  const wanted = trials.filter(isWanted);
  if (wanted.length === 0) {
    throw new UsageError('No trial is left. Let `--only` and `exclude` leave some.');
  }
  const needed = seedsNeeded();
  const most = Math.max(...opened.study.tasks.map((task) => seedsOf(opened.study, task).length));
  if (opened.study.claims.length > 0 && most < needed) {
    io.stderr.write(`No claim can be confirmed with ${counted(most, 'seed')}: it takes ${needed}.\n`);
  }
  for (const text of unequalTerms(trials)) io.stderr.write(`Compared on unequal terms: ${text}\n`);
  if (given.dryRun) {
    io.stdout.write(dryRunText(opened.study, wanted, paths));
    io.stderr.write('Nothing was started. All configurations are right.\n');
    return exitCodes.ok;
  }
  return runAndShow({ given, opened, paths, results, recordsFile, trials, wanted }, io);
}

interface Run {
  readonly given: StudyArguments;
  readonly opened: OpenedStudy;
  readonly paths: StudyPaths;
  readonly results: string;
  readonly recordsFile: string;
  /** The whole grid. */
  readonly trials: readonly CheckedTrial[];
  readonly wanted: readonly CheckedTrial[];
}

async function runAndShow({ given, opened, paths, results, ...run }: Run, io: Io): Promise<number> {
  mkdirSync(paths.dir, { recursive: true });
  const unlock = lockRun(paths.lock, 'study');
  const stop = stopOnInterrupt(() =>
    io.stderr.write('\nStopping: trials save a checkpoint. Press Ctrl+C again to exit without it.\n'),
  );
  try {
    const jobs = given.jobs ?? availableParallelism();
    const session = { ...opened, trials: run.wanted, paths, jobs, stderr: io.stderr, signal: stop.signal };
    const result = await runStudy(session);
    const { study } = opened;
    const records = gatherRecords(study, run.trials, paths, commandOf(given, io.cwd));
    mkdirSync(results, { recursive: true });
    const kept = keepOldRecords(run.recordsFile, records);
    if (kept !== null) io.stderr.write(`${kept}\n`);
    writeRecords(run.recordsFile, records);
    showResults(opened, results, records, io);
    return tellEnd(result, run.wanted.length, given, paths, io);
  } finally {
    stop.release();
    unlock();
  }
}

function showResults({ study }: OpenedStudy, results: string, records: StudyRecords, io: Io): void {
  const found = analyse(study, records);
  const { report } = writeResults(results, study, records, found);
  io.stdout.write(`${resultsText(found)}\nReport: ${shownPath(report, io)}\n`);
}

/** The command as it can be repeated elsewhere: no path of this machine. */
function commandOf({ file, jobs }: StudyArguments, cwd: string): string {
  const short = relative(cwd, resolve(cwd, file));
  const named = short.startsWith('..') || isAbsolute(short) ? basename(file) : short;
  return `collm study ${named}${jobs === null ? '' : ` --jobs ${jobs}`}`;
}
