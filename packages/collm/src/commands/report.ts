import { resolve } from 'node:path';
import { exitCodes } from '../errors.js';
import type { Io } from '../io.js';
import { writeReport } from '../report/write-report.js';

/** `collm report`: writes report.html of a run again. Returns the exit code. */
export function reportRun(run: string, io: Io): number {
  io.stdout.write(`${writeReport(resolve(io.cwd, run))}\n`);
  return exitCodes.ok;
}
