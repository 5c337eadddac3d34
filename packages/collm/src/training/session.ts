/** One attempt at a run: opens what it needs, trains, and closes everything again. */
import { inspect } from 'node:util';
import type { Environment } from '@collm/envs';
import { type Checkpoint, type TrainerEvent, type TrainingResult, train } from '@collm/marl';
import { algorithmOptions, trainerOptions } from '../config/to-options.js';
import { RunCheckpoints, setAsideAfter } from '../run-store/checkpoints.js';
import { nextAttempt, type OpenedRun } from '../run-store/run-folder.js';
import { Progress } from '../sinks/progress.js';
import { attemptLog, RunFiles } from '../sinks/run-files.js';
import type { Team } from '../team.js';

export interface Session {
  readonly run: OpenedRun;
  readonly environment: Environment;
  readonly team: Team;
  /** Continue from here, or null for the start. */
  readonly checkpoint: Checkpoint | null;
  readonly progress: Progress;
  /** Fires to stop with a checkpoint. */
  readonly signal: AbortSignal;
}

/**
 * Trains until the end or the signal; everything that happens goes to the run's files and the progress. The
 * caller holds the lock of the run.
 */
export async function trainSession(session: Session): Promise<TrainingResult> {
  const { run, team, checkpoint } = session;
  const { paths, config } = run;
  const attempt = nextAttempt(paths);
  const log = new Progress(attemptLog(paths, attempt));
  const start = checkpoint?.state.step ?? 0;
  const files = new RunFiles(paths, attempt, start);
  setAsideAfter(paths.checkpoints, start, attempt);
  const sinks: ((event: TrainerEvent) => void)[] = [files.onEvent, log.onEvent, session.progress.onEvent];
  try {
    return await train({
      environment: session.environment,
      agents: team.agents,
      critics: team.critics,
      algorithm: algorithmOptions(config),
      options: trainerOptions(config),
      checkpoints: new RunCheckpoints(paths.checkpoints, {
        keepLast: config.train.keep_last,
        scores: files.scores,
        beforeCommit: () => files.sync(),
      }),
      onEvent: (event) => {
        for (const sink of sinks) sink(event);
      },
      signal: session.signal,
      ...(checkpoint ? { resumeFrom: checkpoint } : {}),
    });
  } catch (error) {
    log.line(inspect(error));
    throw error;
  } finally {
    files.sync();
    files.close();
  }
}
