/** `collm runs rm`: removes runs, or checkpoints of runs. */
import { lstatSync, readlinkSync } from 'node:fs';
import { exitCodes, messageOf, RunError, UsageError } from '../../errors.js';
import { counted, formatBytes } from '../../format.js';
import { type Io, shownPath } from '../../io.js';
import { bytesUnder } from '../../run-store/disk-usage.js';
import { runPaths } from '../../run-store/paths.js';
import { removeCheckpoint, removeRun } from '../../run-store/remove.js';
import { resolveRun } from '../../run-store/resolve-run.js';
import { stateOfRun } from '../../run-store/run-state.js';
import { readRunDetails } from './read-run-details.js';

export interface RemoveArguments {
  readonly runs: readonly string[];
  readonly runsDir: string;
  /** All checkpoints, and nothing else. */
  readonly checkpointsOnly: boolean;
  /** All checkpoints but the best one, and nothing else. */
  readonly keepBest: boolean;
  readonly yes: boolean;
  readonly dryRun: boolean;
}

/** What is to be removed of a run. */
interface Removal {
  readonly dir: string;
  /** As the user would type it. */
  readonly shown: string;
  /** Names of checkpoints; null is the whole run. */
  readonly checkpoints: readonly string[] | null;
  readonly bytes: number;
}

/** Asks, removes, and says what space that frees; returns the exit code. */
export async function removeRuns(given: RemoveArguments, io: Io): Promise<number> {
  if (given.checkpointsOnly && given.keepBest) {
    throw new UsageError(
      '`--checkpoints-only` removes the best checkpoint too. Give it or `--keep-best`, not both.',
    );
  }
  const dirs = new Set(given.runs.map((run) => resolveRun({ run, runsDir: given.runsDir }, io.cwd)));
  const all = Array.from(dirs, (dir) => planRemoval(dir, given, io));
  const removals = all.filter(({ checkpoints }) => checkpoints?.length !== 0);
  for (const { shown } of all.filter((one) => !removals.includes(one))) {
    io.stderr.write(`${shown} has no such checkpoints.\n`);
  }
  for (const removal of removals) io.stderr.write(`${removalText(removal)}\n`);
  if (given.dryRun) {
    io.stderr.write('Nothing was removed.\n');
    return exitCodes.ok;
  }
  if (removals.length === 0) return exitCodes.ok;
  if (!given.yes && !(await agreed(removals, io))) {
    io.stderr.write('Nothing was removed.\n');
    return exitCodes.error;
  }
  for (const removal of removals) carryOut(removal);
  io.stdout.write(`${formatBytes(totalOf(removals))} are free again.\n`);
  return exitCodes.ok;
}

/** @throws RunError when a run is at work, or lies elsewhere */
function planRemoval(dir: string, { checkpointsOnly, keepBest }: RemoveArguments, io: Io): Removal {
  const shown = shownPath(dir, io);
  for (const path of [dir, runPaths(dir).checkpoints]) {
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) {
      throw new RunError(
        `${shownPath(path, io)} is a link to ${readlinkSync(path)}, and links are not followed to remove what is behind them. Remove the link and that folder by hand.`,
      );
    }
  }
  const { state, process } = stateOfRun(dir);
  if (process !== null) {
    throw new RunError(
      `Process ${process.pid} on ${process.host} is at work on ${shown}, which is ${state}. Stop it first with \`collm runs stop ${shown} --wait\`.`,
    );
  }
  if (!checkpointsOnly && !keepBest) return { dir, shown, checkpoints: null, bytes: bytesUnder(dir) };
  const doomed = readRunDetails(dir).checkpoints.filter(({ marks }) => !(keepBest && marks.includes('best')));
  const bytes = doomed.reduce((sum, checkpoint) => sum + checkpoint.bytes, 0);
  return { dir, shown, checkpoints: doomed.map(({ name }) => name), bytes };
}

function removalText({ shown, checkpoints, bytes }: Removal): string {
  const what = checkpoints === null ? 'the whole run' : checkpoints.join(', ');
  return `${shown}: ${what}, ${formatBytes(bytes)}`;
}

async function agreed(removals: readonly Removal[], io: Io): Promise<boolean> {
  if (!io.stderr.isTTY) {
    throw new UsageError(
      'There is no terminal to ask on. Add `--yes` to remove this, or `--dry-run` to only see it.',
    );
  }
  const checkpoints = removals.flatMap((removal) => removal.checkpoints ?? []).length;
  const what = checkpoints > 0 ? counted(checkpoints, 'checkpoint') : counted(removals.length, 'run');
  io.stderr.write(`Remove ${what}, ${formatBytes(totalOf(removals))}? [y/N] `);
  let answer = '';
  for await (const piece of io.input()) {
    answer += Buffer.from(piece).toString('utf8');
    if (answer.includes('\n')) break;
  }
  return /^y(es)?\s*$/im.test(answer.split('\n')[0] ?? '');
}

function carryOut({ dir, shown, checkpoints }: Removal): void {
  try {
    if (checkpoints === null) removeRun(dir);
    else for (const name of checkpoints) removeCheckpoint(dir, name);
  } catch (cause) {
    if (cause instanceof RunError) throw cause;
    throw new RunError(`${shown} cannot be removed: ${messageOf(cause)}`, { cause });
  }
}

function totalOf(removals: readonly Removal[]): number {
  return removals.reduce((sum, { bytes }) => sum + bytes, 0);
}
