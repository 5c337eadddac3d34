/**
 * Training a run in this process.
 *
 *   trainSession   status and requests from other terminals, around
 *   withRestarts   attempts (attempt.ts), each from the last state, as long as workers die and the rule allows it
 */
import type { Environment } from '@collm/envs';
import { type Checkpoint, expectedSteps, lostWorker, type TrainingResult } from '@collm/marl';
import { algorithmOptions, trainerOptions } from '../config/to-options.js';
import { messageOf } from '../errors.js';
import type { OpenedRun } from '../run-store/run-folder.js';
import type { Progress } from '../sinks/progress.js';
import type { Team } from '../team.js';
import { type Attempt, attempt } from './attempt.js';
import { type StopSwitch, TerminalControl } from './control.js';
import { clearRecovery, newestState } from './last-state.js';
import { Restarts } from './restarts.js';
import { StatusSink } from './status-sink.js';

export interface Session {
  readonly run: OpenedRun;
  /** The run folder as the user would type it. */
  readonly name: string;
  readonly environment: Environment;
  readonly team: Team;
  /** Continue from here, or null for the start. */
  readonly checkpoint: Checkpoint | null;
  readonly progress: Progress;
  /** Fires to stop with a checkpoint. */
  readonly stop: StopSwitch;
}

/**
 * Trains until the end or a stop; everything that happens goes to the run's files and the progress. The caller holds
 * the lock of the run.
 */
export async function trainSession(session: Session): Promise<TrainingResult> {
  const { run, name, environment, checkpoint, progress, stop } = session;
  const say = (line: string) => progress.line(line);
  if (!checkpoint?.recovery) clearRecovery(run.paths);
  const plan = { environment, algorithm: algorithmOptions(run.config), options: trainerOptions(run.config) };
  const start = checkpoint?.state ?? { step: 0, envSteps: 0 };
  const status = new StatusSink(run.paths.dir, start.step, expectedSteps(plan, start), say);
  const control = new TerminalControl(run.paths, name, stop, say);
  try {
    const result = await withRestarts(session, {
      ...{ run, environment, team: session.team, checkpoint, control },
      signal: stop.signal,
      say,
      sinks: [progress.onEvent, status.onEvent],
    });
    clearRecovery(run.paths);
    status.end(result.reason === 'finished' ? 'finished' : 'stopped');
    return result;
  } catch (error) {
    status.end('failed', messageOf(error));
    throw error;
  } finally {
    control.close();
  }
}

/**
 * Tries until the end, a stop, or a failure that is not the death of a worker. Everything is drawn from the seed and the
 * state, so a run that was started again ends as if nothing had happened.
 */
async function withRestarts(session: Session, first: Attempt): Promise<TrainingResult> {
  const { name, run } = session;
  const restarts = new Restarts(run.config.train.max_restarts, name);
  let next: Attempt = { ...first, sinks: [...first.sinks, restarts.onEvent] };
  for (;;) {
    try {
      return await attempt(next);
    } catch (error) {
      next = { ...next, ...(await revived(session, restarts, error)) };
    }
  }
}

/**
 * Opens the team again after the death of a worker, and finds the state to go on from.
 *
 * @throws RunError when the rule allows no more restarts; what else happened as it is
 */
async function revived(
  { run, name, team, progress }: Session,
  restarts: Restarts,
  failure: unknown,
): Promise<Required<Pick<Attempt, 'checkpoint' | 'lost'>>> {
  for (let error = failure; ; ) {
    const lost = lostWorker(error);
    if (lost === undefined || team.revive === undefined) throw error;
    const restart = restarts.next(lost);
    try {
      await team.revive();
      const checkpoint = await newestState(run.paths, name);
      progress.line(`${restart}, from step ${checkpoint?.state.step ?? 0}`);
      return { checkpoint, lost: lost.message };
    } catch (again) {
      // A worker that dies while it starts is one more; of the first the attempt has told.
      if (lostWorker(again) !== undefined) progress.line(messageOf(again));
      error = again;
    }
  }
}
