/** One attempt at a run: from a state to the end, a stop or a failure, with files of its own. */
import { inspect } from 'node:util';
import type { Environment } from '@collm/envs';
import {
  type Checkpoint,
  type EventSink,
  type RunControl,
  type TrainingResult,
  type TrainingRun,
  train,
} from '@collm/marl';
import { algorithmOptions, trainerOptions } from '../config/to-options.js';
import { RunCheckpoints, setAsideAfter } from '../run-store/checkpoints.js';
import { countRestarts } from '../run-store/records.js';
import { nextAttempt, type OpenedRun } from '../run-store/run-folder.js';
import { Progress } from '../sinks/progress.js';
import { attemptLog, RunFiles } from '../sinks/run-files.js';
import type { Outcome } from '../sinks/tracker.js';
import { openTrackers } from '../sinks/trackers.js';
import type { Team } from '../team.js';
import { recoveryStates } from './last-state.js';

export interface Attempt {
  readonly run: OpenedRun;
  readonly environment: Environment;
  readonly team: Team;
  /** Goes on from here, or null for the start. */
  readonly checkpoint: Checkpoint | null;
  /** Why there is this attempt, where a worker of the one before it died. */
  readonly lost?: string;
  readonly control: RunControl;
  readonly signal: AbortSignal;
  /** Takes a line for people. */
  readonly say: (line: string) => void;
  /** Of the whole session. */
  readonly sinks: readonly EventSink[];
}

/** Trains; everything that happens goes to the run's files and the sinks. */
export async function attempt(given: Attempt): Promise<TrainingResult> {
  const { run, checkpoint } = given;
  const { paths } = run;
  const number = nextAttempt(paths);
  const start = checkpoint?.state.step ?? 0;
  const log = new Progress(attemptLog(paths, number));
  const files = new RunFiles(paths, number, start, given.lost);
  setAsideAfter(paths.checkpoints, start, number);
  const trackers = openTrackers(run, number, checkpoint === null ? null : start, given.say);
  const sinks = [files.onEvent, log.onEvent, ...given.sinks, ...trackers.map(({ onEvent }) => onEvent)];
  let outcome: Outcome = 'failed';
  try {
    const result = await train(
      trainingRun(given, files, (event) => {
        for (const sink of sinks) sink(event);
      }),
    );
    outcome = result.reason === 'finished' ? 'finished' : 'stopped';
    return result;
  } catch (error) {
    log.line(inspect(error));
    throw error;
  } finally {
    files.sync();
    files.close();
    for (const tracker of trackers) await tracker.close(outcome);
  }
}

/** What the trainer is given. */
function trainingRun(given: Attempt, files: RunFiles, onEvent: EventSink): TrainingRun {
  const { environment, team, checkpoint, control, signal } = given;
  const { paths, config } = given.run;
  const { keep_last: keepLast, recovery_interval: interval } = config.train;
  // What belongs to a state is on the disk before the state is.
  const beforeCommit = () => files.sync();
  return {
    ...{ environment, agents: team.agents, critics: team.critics, control, signal, onEvent },
    algorithm: algorithmOptions(config),
    options: trainerOptions(config),
    checkpoints: new RunCheckpoints(paths.checkpoints, { keepLast, scores: files.scores, beforeCommit }),
    restarts: countRestarts(paths.dir),
    // A team that cannot lose a member has no use for them.
    ...(team.revive ? { recovery: { store: recoveryStates(paths, beforeCommit), interval } } : {}),
    ...(checkpoint ? { resumeFrom: checkpoint } : {}),
  };
}
