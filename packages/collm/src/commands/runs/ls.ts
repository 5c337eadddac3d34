/** `collm runs ls`: the runs of a folder. */
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { exitCodes, RunError } from '../../errors.js';
import { counted, formatBytes, formatDuration, formatNumber } from '../../format.js';
import { type Io, shownPath } from '../../io.js';
import { bytesUnder } from '../../run-store/disk-usage.js';
import { findRuns } from '../../run-store/find-runs.js';
import type { RunFacts, Score } from '../../run-store/run-facts.js';
import type { RunOrder, RunState } from '../../run-store/run-query.js';
import { visibleLine } from '../../terminal-text.js';
import { type Column, columnsText } from './columns.js';
import { localTime } from './times.js';

export interface ListArguments {
  readonly runsDir: string;
  readonly status: readonly RunState[] | null;
  readonly algorithm: string | null;
  readonly env: string | null;
  readonly sort: RunOrder;
  readonly limit: number | null;
  readonly size: boolean;
  readonly rebuild: boolean;
  readonly json: boolean;
}

/** A run with the bytes that its folder takes; null where nobody asked. */
type Listed = RunFacts & { readonly bytes: number | null };

/** Prints the list; returns the exit code. */
export function listRuns(given: ListArguments, io: Io): number {
  const runsDir = resolve(io.cwd, given.runsDir);
  if (!statSync(runsDir, { throwIfNoEntry: false })?.isDirectory()) {
    throw new RunError(
      `There is no folder ${given.runsDir}. Give the folder of your runs with \`--runs-dir\`, or start a run with \`collm train\` or \`collm quickstart\`.`,
    );
  }
  const { status: states, env: environment } = given;
  const { runs, total } = findRuns(runsDir, { ...given, states, environment }, given.rebuild);
  const listed = runs.map(
    (run): Listed => ({ ...run, bytes: given.size ? bytesUnder(join(runsDir, run.name)) : null }),
  );
  if (given.json) {
    io.stdout.write(`${JSON.stringify(listed, null, 2)}\n`);
  } else {
    io.stdout.write(listText(listed, given.size, io));
    const rest = total - runs.length;
    if (total === 0) io.stderr.write(`There are no runs in ${shownPath(runsDir, io)}.\n`);
    else if (rest > 0) io.stderr.write(`${counted(rest, 'more run')} in ${shownPath(runsDir, io)}.\n`);
  }
  for (const { name, problem } of runs) {
    if (problem !== null) io.stderr.write(`${visibleLine(name)}: ${visibleLine(problem)}\n`);
  }
  return exitCodes.ok;
}

const columns: readonly Column<Listed>[] = [
  { head: 'run', cell: ({ name }) => visibleLine(name) },
  { head: 'state', cell: ({ state }) => state },
  {
    head: 'steps',
    align: 'right',
    cell: ({ step, totalSteps }) => (totalSteps === null ? `${step}` : `${step}/${totalSteps}`),
  },
  {
    head: 'return',
    align: 'right',
    cell: ({ lastEvaluation }) => (lastEvaluation === null ? '-' : formatNumber(lastEvaluation.return)),
    spare: 1,
  },
  { head: 'best (step)', align: 'right', cell: ({ bestEvaluation }) => scoreText(bestEvaluation), spare: 2 },
  { head: 'started', cell: ({ created }) => localTime(created), spare: 3 },
  { head: 'time', align: 'right', cell: ({ seconds }) => formatDuration(seconds), spare: 4 },
  { head: 'algorithm', cell: ({ algorithm }) => visibleLine(algorithm ?? '?'), spare: 5 },
  { head: 'environment', cell: ({ environment }) => visibleLine(environment ?? '?'), spare: 6 },
  { head: 'seed', align: 'right', cell: ({ seed }) => String(seed ?? '?'), spare: 7 },
  { head: 'env steps', align: 'right', cell: ({ envSteps }) => String(envSteps), spare: 8 },
];

const sizeColumn: Column<Listed> = {
  head: 'size',
  align: 'right',
  cell: ({ bytes }) => formatBytes(bytes ?? 0),
};

function listText(runs: readonly Listed[], size: boolean, { stdout }: Io): string {
  if (runs.length === 0) return '';
  const width = stdout.isTTY ? (stdout.columns ?? 80) : null;
  return columnsText(size ? [...columns, sizeColumn] : columns, runs, width);
}

function scoreText(score: Score | null): string {
  return score === null ? '-' : `${formatNumber(score.return)} (${score.step})`;
}
