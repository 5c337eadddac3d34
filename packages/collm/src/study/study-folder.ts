/**
 * The folder of a study:
 *
 *   models/<name>/        models made by its recipes; models/<name>.recipe.json is what each was made of
 *   trials/<trial>/       runs of trained trials, as `collm runs` lists them
 *   progress/<trial>.*    the configuration a trial was given, and what came of it
 *   set-aside/            runs of trials that were failed, or configured otherwise
 *   results/              records, tables, report and figures
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileDurably } from '../run-store/durable.js';
import type { PointRecord } from './types.js';

export function studyPaths(dir: string) {
  return {
    dir,
    models: join(dir, 'models'),
    trials: join(dir, 'trials'),
    progress: join(dir, 'progress'),
    setAside: join(dir, 'set-aside'),
    results: join(dir, 'results'),
    session: join(dir, 'session.json'),
    lock: join(dir, 'study.lock'),
    model: (name: string) => join(dir, 'models', name),
    recipe: (name: string) => join(dir, 'models', `${name}.recipe.json`),
    run: (trial: string) => join(dir, 'trials', trial),
    config: (trial: string) => join(dir, 'progress', `${trial}.yaml`),
    state: (trial: string) => join(dir, 'progress', `${trial}.json`),
  };
}

export type StudyPaths = ReturnType<typeof studyPaths>;

/** What is known of a trial beside its run. */
export interface TrialState {
  /** Of what it was run with, see `fingerprintOf`. */
  readonly fingerprint: string;
  readonly state: 'begun' | 'finished' | 'failed';
  /** On the clock, over all sessions. */
  readonly wallSeconds: number;
  /** Last lines of what it said; null where it did not fail. */
  readonly failure: string | null;
  /** Of a protocol, which has no run: its evaluation. */
  readonly evaluation?: PointRecord['metrics'];
}

/** What is known of all sessions. */
export interface SessionState {
  /** On the clock. */
  readonly wallSeconds: number;
  readonly jobs: number;
}

export function makeStudyFolders(paths: StudyPaths): void {
  for (const dir of [paths.models, paths.trials, paths.progress]) mkdirSync(dir, { recursive: true });
}

/** The state of a trial; null when there is none that makes sense, so that the trial begins anew. */
export function readTrialState(paths: StudyPaths, trial: string): TrialState | null {
  const state = readJson(paths.state(trial)) as Partial<TrialState> | null;
  const makesSense =
    typeof state?.fingerprint === 'string' &&
    ['begun', 'finished', 'failed'].includes(String(state.state)) &&
    typeof state.wallSeconds === 'number';
  return makesSense ? (state as TrialState) : null;
}

export function writeTrialState(paths: StudyPaths, trial: string, state: TrialState): void {
  writeFileDurably(paths.state(trial), `${JSON.stringify(state, null, 2)}\n`);
}

export function readSession(paths: StudyPaths): SessionState {
  const state = readJson(paths.session) as Partial<SessionState> | null;
  const { wallSeconds, jobs } = state ?? {};
  return {
    wallSeconds: typeof wallSeconds === 'number' ? wallSeconds : 0,
    jobs: typeof jobs === 'number' ? jobs : 1,
  };
}

export function writeSession(paths: StudyPaths, state: SessionState): void {
  writeFileDurably(paths.session, `${JSON.stringify(state, null, 2)}\n`);
}

/** Moves the run of a trial out of the way, if it has one. */
export function setRunAside(paths: StudyPaths, trial: string): void {
  const run = paths.run(trial);
  if (!existsSync(run)) return;
  mkdirSync(paths.setAside, { recursive: true });
  for (let number = 1; ; number++) {
    const place = join(paths.setAside, `${trial}-${number}`);
    if (existsSync(place)) continue;
    renameSync(run, place);
    rmSync(join(place, 'checkpoints'), { recursive: true, force: true });
    return;
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null; // not written yet, or damaged: whatever it tells of is done again
  }
}
