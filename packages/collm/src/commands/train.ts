/** `collm train`: trains a team, or goes on with a run. */
import { join, resolve } from 'node:path';
import type { Environment } from '@collm/envs';
import type { Checkpoint } from '@collm/marl';
import { fileProblems } from '../config/files.js';
import { fetchFromHub } from '../config/from-hub.js';
import { formatConfig, loadConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { algorithmOptions, openEnvironment, trainerOptions } from '../config/to-options.js';
import { dataReportLines, dataWarnings } from '../data-report.js';
import { ConfigError, exitCodes, UsageError } from '../errors.js';
import { type Io, shownPath } from '../io.js';
import { comparisonText } from '../report/comparison-text.js';
import { writeReport } from '../report/write-report.js';
import { openCheckpoint, recoverCheckpoints } from '../run-store/checkpoints.js';
import { lockRun } from '../run-store/lock.js';
import type { RunPaths } from '../run-store/paths.js';
import { openNamedRun, type RunName } from '../run-store/resolve-run.js';
import { createRun } from '../run-store/run-folder.js';
import { Progress } from '../sinks/progress.js';
import type { Team } from '../team.js';
import { lastStep, newestState } from '../training/last-state.js';
import { type Session, trainSession } from '../training/session.js';
import { versions } from '../versions.js';
import { stopOnInterrupt } from './interrupt.js';

export interface TrainArguments {
  readonly files: readonly string[];
  readonly set: readonly string[];
  readonly dryRun: boolean;
  /** null numbers the run. */
  readonly name: string | null;
  readonly runsDir: string;
}

export interface ResumeArguments extends RunName {
  /** Step of the checkpoint; null takes the last. */
  readonly from: number | null;
}

/** Starts a new run. Returns the exit code. */
export async function trainNew(given: TrainArguments, io: Io): Promise<number> {
  const loaded = loadConfig({ files: given.files, assignments: given.set, cwd: io.cwd });
  const { config, local } = await fetchFromHub(loaded, io);
  const problems = fileProblems(local);
  if (problems.length > 0) throw new ConfigError(problems);
  if (given.dryRun) return dryRun(config, io);
  return withTeam(local, io, async (team, environment) => {
    const run = createRun(resolve(io.cwd, given.runsDir), given.name, config, {
      ...versions(),
      ...team.versions,
    });
    return withLock(run, () => trainRun({ run, team, environment, checkpoint: null }, io));
  });
}

/** Goes on with a run, exactly where its checkpoint left it. Returns the exit code. */
export async function trainResumed(given: ResumeArguments, io: Io): Promise<number> {
  const run = openNamedRun(given, io.cwd);
  const { local } = await fetchFromHub(run.config, io);
  const problems = fileProblems(local);
  if (problems.length > 0) throw new ConfigError(problems);
  return withLock(run, async () => {
    const checkpoint = await stateToResume(run.paths, given.from, io);
    if (checkpoint === null)
      io.stderr.write('The run has no checkpoint yet, so it starts from the beginning.\n');
    return withTeam(local, io, (team, environment) => trainRun({ run, team, environment, checkpoint }, io));
  });
}

/** A checkpoint by its step, or the newest state of all. */
async function stateToResume(paths: RunPaths, from: number | null, io: Io): Promise<Checkpoint | null> {
  const name = shownPath(paths.dir, io);
  if (from === null) return newestState(paths, name);
  recoverCheckpoints(paths.checkpoints);
  return openCheckpoint(paths.checkpoints, from, name);
}

/** Trains until the end or Ctrl+C, then writes the report and prints what came of it. */
async function trainRun(opened: Omit<Session, 'name' | 'progress' | 'stop'>, io: Io): Promise<number> {
  const { paths } = opened.run;
  const name = shownPath(paths.dir, io);
  const progress = new Progress(io.stderr);
  progress.line(`Run folder: ${name}`);
  const { dataReport } = opened.environment;
  if (dataReport !== undefined) for (const line of dataWarnings(dataReport)) progress.line(line);
  const stop = stopOnInterrupt(() =>
    progress.line('Stopping: saving a checkpoint. Press Ctrl+C again to exit without it.'),
  );
  let reason: 'finished' | 'requested';
  try {
    ({ reason } = await trainSession({ ...opened, name, progress, stop }));
  } catch (error) {
    const saved = lastStep(paths);
    if (saved !== undefined) {
      progress.line(`Saved up to step ${saved}; go on with: collm train --resume ${name}`);
    }
    throw error;
  } finally {
    stop.release();
  }
  writeReport(paths.dir);
  if (reason === 'requested') {
    progress.line(`Saved. Go on with: collm train --resume ${name}`);
    return exitCodes.interrupted;
  }
  io.stdout.write(comparisonText(paths.dir, io.stdout));
  io.stdout.write(`Report: ${join(name, 'report.html')}\n`);
  return exitCodes.ok;
}

async function dryRun(config: Config, io: Io): Promise<number> {
  const environment = await openEnvironment(config, io);
  const { expectedSteps } = await import('@collm/marl');
  const { trainItems, evalItems, dataReport } = environment;
  const plan = { environment, algorithm: algorithmOptions(config), options: trainerOptions(config) };
  io.stdout.write(formatConfig(config, io.cwd));
  if (dataReport !== undefined) io.stderr.write(`${dataReportLines(dataReport).join('\n')}\n`);
  io.stderr.write(
    `Nothing was started. All files are there: ${trainItems.length} items to train on, ${evalItems.length} to evaluate on, ` +
      `${expectedSteps(plan, { step: 0, envSteps: 0 })} steps.\n`,
  );
  await environment.dispose?.();
  return exitCodes.ok;
}

async function withLock(run: Session['run'], work: () => Promise<number>): Promise<number> {
  const unlock = lockRun(run.paths.lock);
  try {
    return await work();
  } finally {
    unlock();
  }
}

async function withTeam(
  config: Config,
  io: Io,
  work: (team: Team, environment: Environment) => Promise<number>,
): Promise<number> {
  const environment = await openEnvironment(config, io);
  try {
    const team = await io.openTeam(config, environment);
    try {
      return await work(team, environment);
    } finally {
      await team.dispose();
    }
  } finally {
    await environment.dispose?.();
  }
}

/** Checks that `--resume` stands alone. */
export function checkResumeAlone(files: readonly string[], options: Record<string, unknown>): void {
  const others = ['set', 'dryRun', 'name'].filter((key) => {
    const value = options[key];
    return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
  });
  if (files.length === 0 && others.length === 0) return;
  throw new UsageError(
    "`--resume` continues a run with its own configuration and takes only `--from` and `--runs-dir` beside it. To change something, start a new run with the run's config.yaml and `--set`.",
  );
}
