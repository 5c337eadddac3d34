/** Runs what is missing of a study: models first, then trials, so many at a time. */
import { messageOf, RunError } from '../errors.js';
import { counted } from '../format.js';
import { type CheckedTrial, filesOfTrial } from './check-trials.js';
import { ChildProcesses, type Children } from './child.js';
import { GridProgress } from './grid-progress.js';
import { LiveTable, type TableStream } from './live-table.js';
import { ModelProgress } from './model-progress.js';
import { isMade, makeModel } from './models.js';
import { pool } from './pool.js';
import { currentState, runTrial } from './run-trial.js';
import {
  makeStudyFolders,
  readSession,
  readTrialState,
  type StudyPaths,
  type TrialState,
  writeSession,
  writeTrialState,
} from './study-folder.js';
import { fingerprintOf, modelsIn } from './trials.js';
import type { Study } from './types.js';

export interface StudySession {
  readonly study: Study;
  /** Folder of the study file, absolute. */
  readonly dir: string;
  /** Those that are to be run. */
  readonly trials: readonly CheckedTrial[];
  readonly paths: StudyPaths;
  /** At the same time, >= 1. */
  readonly jobs: number;
  readonly stderr: TableStream;
  /** Fires to stop: trials save a checkpoint. */
  readonly signal: AbortSignal;
  /** Runs the commands that trials and models are made by; processes when left out. */
  readonly children?: Children;
}

/** What came of a session. */
export interface SessionResult {
  /** Trials that have ended, now or before. */
  readonly done: number;
  readonly failed: readonly { readonly trial: CheckedTrial; readonly failure: string }[];
}

/** Runs until all trials have ended or the signal fires. The caller holds the lock of the study. */
export async function runStudy(session: StudySession): Promise<SessionResult> {
  const { study, trials, paths, jobs, stderr, signal } = session;
  makeStudyFolders(paths);
  const children = session.children ?? new ChildProcesses();
  const stop = () => children.interrupt();
  signal.addEventListener('abort', stop);
  const before = readSession(paths).wallSeconds;
  const started = performance.now();
  let worked = false;
  const keepTime = () => {
    if (worked) writeSession(paths, { wallSeconds: before + (performance.now() - started) / 1000, jobs });
  };
  try {
    worked = trials.some((trial) => currentState(trial, { study, paths })?.state !== 'finished');
    await makeModels(session, children);
    checkFiles(session);
    const progress = new GridProgress(trials, paths);
    const waiting = trials.filter((trial) => {
      const state = currentState(trial, { study, paths });
      if (state?.state !== 'finished') return true;
      progress.ended(trial, state);
      return false;
    });
    const table = new LiveTable(stderr, study, progress, jobs);
    try {
      if (progress.done > 0)
        table.line(`${progress.done} of ${counted(trials.length, 'trial')} have ended before.`);
      await pool(waiting, jobs, signal, async (trial) => {
        progress.started(trial);
        const say = (line: string) => table.line(line);
        const state = await endOf(trial, { study, paths, children, signal, say });
        progress.ended(trial, state);
        table.ended(trial, state);
        keepTime();
      });
    } finally {
      table.close();
    }
    return resultOf(session);
  } finally {
    signal.removeEventListener('abort', stop);
    children.dispose();
    keepTime();
  }
}

/** The state in which a trial ends; whatever goes wrong with one leaves the others. */
async function endOf(trial: CheckedTrial, setting: Parameters<typeof runTrial>[1]): Promise<TrialState> {
  try {
    return await runTrial(trial, setting);
  } catch (error) {
    const known = readTrialState(setting.paths, trial.id);
    const state: TrialState = {
      fingerprint: fingerprintOf(trial, setting.study.models),
      state: 'failed',
      wallSeconds: known?.wallSeconds ?? 0,
      failure: messageOf(error),
    };
    writeTrialState(setting.paths, trial.id, state);
    return state;
  }
}

async function makeModels(session: StudySession, children: Children): Promise<void> {
  const { study, dir, trials, paths, jobs, stderr, signal } = session;
  const unfinished = trials.filter((trial) => currentState(trial, { study, paths })?.state !== 'finished');
  const used = new Set(unfinished.flatMap(({ config }) => modelsIn(config)));
  const missing = [...study.models].filter(
    ([name, recipe]) => used.has(name) && !isMade(paths, name, recipe),
  );
  const progress = new ModelProgress(stderr);
  await pool(missing, jobs, signal, async ([name, recipe]) => {
    progress.begun(name);
    const started = performance.now();
    const watch = { dir, stopped: () => signal.aborted, onLine: (line: string) => progress.said(name, line) };
    let made = false;
    try {
      made = await makeModel(paths, name, recipe, children, watch);
    } finally {
      progress.ended(name, made ? (performance.now() - started) / 1000 : null);
    }
  });
}

/** Looks at what could not be looked at before the models were made: whether prompts and responses fit them. */
function checkFiles({ study, trials, paths, signal }: StudySession): void {
  if (signal.aborted) return;
  const messages = new Set(
    trials.flatMap((trial) => filesOfTrial(trial, study.models, paths).map(({ message }) => message)),
  );
  if (messages.size > 0) throw new RunError([...messages].join('\n'));
}

function resultOf({ study, trials, paths }: StudySession): SessionResult {
  const ended = trials.flatMap((trial) => {
    const state = currentState(trial, { study, paths });
    return state === null || state.state === 'begun' ? [] : [{ trial, failure: state.failure }];
  });
  return {
    done: ended.length,
    failed: ended.flatMap(({ trial, failure }) => (failure === null ? [] : [{ trial, failure }])),
  };
}
