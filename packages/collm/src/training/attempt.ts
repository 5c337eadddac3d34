/** One attempt at a run: from a state to the end, a stop or a failure, with files of its own. */
import { inspect } from 'node:util';
import type { Environment } from '@collm/envs';
import { type Checkpoint, type RunControl, type TrainerEvent, type TrainingResult, train } from '@collm/marl';
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
  readonly sinks: readonly ((event: TrainerEvent) => void)[];
}

/** Trains; everything that happens goes to the run's files and the sinks. */
export async function attempt(given: Attempt): Promise<TrainingResult> {
  const { run, team, checkpoint } = given;
  const { paths, config } = run;
  const number = nextAttempt(paths);
  const log = new Progress(attemptLog(paths, number));
  const start = checkpoint?.state.step ?? 0;
  const files = new RunFiles(paths, number, start, given.lost);
  setAsideAfter(paths.checkpoints, start, number);
  const trackers = openTrackers(run, number, checkpoint === null ? null : start, given.say);
  const sinks = [files.onEvent, log.onEvent, ...given.sinks, ...trackers.map(({ onEvent }) => onEvent)];
  let outcome: Outcome = 'failed';
  const sync = () => files.sync();
  const { keep_last: keepLast, recovery_interval: interval } = config.train;
  try {
    const result = await train({
      environment: given.environment,
      agents: team.agents,
      critics: team.critics,
      algorithm: algorithmOptions(config),
      options: trainerOptions(config),
      checkpoints: new RunCheckpoints(paths.checkpoints, {
        keepLast,
        scores: files.scores,
        beforeCommit: sync,
      }),
      onEvent: (event) => {
        for (const sink of sinks) sink(event);
      },
      signal: given.signal,
      control: given.control,
      restarts: countRestarts(paths.dir),
      // A team that cannot lose a member has no use for them.
      ...(team.revive ? { recovery: { store: recoveryStates(paths, sync), interval } } : {}),
      ...(checkpoint ? { resumeFrom: checkpoint } : {}),
    });
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
