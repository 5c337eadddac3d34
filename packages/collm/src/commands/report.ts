import { exitCodes } from '../errors.js';
import type { Io } from '../io.js';
import { targetText } from '../report/target.js';
import { writeReport } from '../report/write-report.js';
import { readMetrics } from '../run-store/records.js';
import { type RunName, resolveRun } from '../run-store/resolve-run.js';
import { openRun } from '../run-store/run-folder.js';

/** `collm report`: writes report.html of a run again, and says when it reached its target. Returns the exit code. */
export function reportRun(given: RunName, io: Io): number {
  const dir = resolveRun(given, io.cwd);
  io.stdout.write(`${writeReport(dir)}\n`);
  const target = targetText(openRun(dir).config, readMetrics(dir));
  if (target !== null) io.stdout.write(`${target}\n`);
  return exitCodes.ok;
}
