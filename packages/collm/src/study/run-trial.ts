/** One trial as a process of its own: trained with `collm train`, or a protocol played with `collm eval --protocols`. */
import { existsSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { exitCodes } from '../errors.js';
import { writeFileDurably } from '../run-store/durable.js';
import { readDigest } from '../run-store/metrics-digest.js';
import { runPaths } from '../run-store/paths.js';
import { readMetrics } from '../run-store/records.js';
import { stateOfRun } from '../run-store/run-state.js';
import type { CheckedTrial } from './check-trials.js';
import type { ChildResult, Children } from './child.js';
import { protocolMetrics } from './protocol-metrics.js';
import {
  readTrialState,
  type StudyPaths,
  setRunAside,
  type TrialState,
  writeTrialState,
} from './study-folder.js';
import { keepOnlyEvaluations } from './tidy-run.js';
import { fingerprintOf } from './trials.js';
import type { Study } from './types.js';

/** What trials need beside themselves. */
export interface TrialSetting {
  readonly study: Study;
  readonly paths: StudyPaths;
  readonly children: Children;
  readonly signal: AbortSignal;
  /** Takes a line for people. */
  readonly say: (line: string) => void;
}

const POLL_MS = 300;

/** The state of a trial that belongs to what the study says now; null where there is none. */
export function currentState(
  trial: CheckedTrial,
  { study, paths }: Pick<TrialSetting, 'study' | 'paths'>,
): TrialState | null {
  const state = readTrialState(paths, trial.id);
  return state?.fingerprint === fingerprintOf(trial, study.models) ? state : null;
}

/**
 * Runs a trial, or goes on with it, to its end or until the signal; what came of it is kept in the study's folder.
 *
 * @returns its state now
 */
export async function runTrial(trial: CheckedTrial, setting: TrialSetting): Promise<TrialState> {
  const { study, paths } = setting;
  const known = currentState(trial, setting);
  if (known?.state === 'finished') return known;
  const begun: TrialState = {
    fingerprint: fingerprintOf(trial, study.models),
    state: 'begun',
    wallSeconds: known?.wallSeconds ?? 0,
    failure: null,
  };
  await untilFree(trial, setting);
  if (setting.signal.aborted) return begun;
  // Of a failure nothing is known to be right, and what was configured otherwise is another trial.
  if (known?.state !== 'begun') setRunAside(paths, trial.id);
  writeTrialState(paths, trial.id, begun);
  writeFileDurably(paths.config(trial.id), stringify(trial.checked, { lineWidth: 0 }));
  const ended =
    trial.protocol === null ? await train(trial, setting, begun) : await play(trial, setting, begun);
  writeTrialState(paths, trial.id, ended);
  return ended;
}

async function train(trial: CheckedTrial, { paths, children, signal }: TrialSetting, begun: TrialState) {
  const run = paths.run(trial.id);
  if (stateOfRun(run).state !== 'finished') {
    const result = await children.run(trainArguments(trial, paths));
    const after = addTime(begun, result);
    if (result.code !== 0) return wasStopped(result, signal) ? after : failed(after, result);
    begun = after;
  }
  // One that went on after its session was killed has worked longer than a session knows.
  const worked = readDigest(runPaths(run).metrics, null).digest.workedMs / 1000;
  begun = { ...begun, wallSeconds: Math.max(begun.wallSeconds, worked) };
  const reached = readMetrics(run).at(-1)?.env_steps ?? 0;
  const budget = trial.cell.task.envSteps;
  if (reached < budget) {
    const failure = `The training ended after ${reached} of ${budget} environment steps. Take away what ends it before its budget: \`train.max_steps\` or \`train.num_train_epochs\`.`;
    return { ...begun, state: 'failed', failure } satisfies TrialState;
  }
  keepOnlyEvaluations(run);
  return { ...begun, state: 'finished' } satisfies TrialState;
}

function trainArguments(trial: CheckedTrial, paths: StudyPaths): string[] {
  const run = paths.run(trial.id);
  const { config, meta } = runPaths(run);
  if (existsSync(config) && existsSync(meta)) return ['train', '--resume', run];
  // Of one that was killed while its folder was made there is nothing to go on with.
  rmSync(run, { recursive: true, force: true });
  return ['train', paths.config(trial.id), '--runs-dir', paths.trials, '--name', trial.id];
}

/** Waits for a process that an earlier session left behind when it was killed. */
async function untilFree({ id }: CheckedTrial, { paths, signal, say }: TrialSetting): Promise<void> {
  const run = paths.run(id);
  for (let told = false; existsSync(run) && !signal.aborted; told = true) {
    const { process } = stateOfRun(run);
    if (process === null) return;
    if (!told) say(`Waiting for ${id}: process ${process.pid} on ${process.host} works on it.`);
    await sleep(POLL_MS);
  }
}

/** The same items, episodes and seed as the evaluations of training have. */
async function play(trial: CheckedTrial, { paths, children, signal }: TrialSetting, begun: TrialState) {
  const { train: options } = trial.checked;
  const result = await children.run(
    [
      ...['eval', paths.config(trial.id), '--protocols', trial.protocol as string, '--json'],
      ...['--items', String(options.eval_num_samples), '--episodes', String(options.eval_generations)],
      ...['--seed', String(options.seed)],
    ],
    { keepOutput: true },
  );
  const after = addTime(begun, result);
  if (result.code !== 0) return wasStopped(result, signal) ? after : failed(after, result);
  return { ...after, state: 'finished', evaluation: protocolMetrics(result.stdout) } satisfies TrialState;
}

/** Also from another terminal, by `collm runs stop`. */
const wasStopped = ({ code }: ChildResult, signal: AbortSignal): boolean =>
  signal.aborted || code === exitCodes.interrupted;

const addTime = (state: TrialState, { seconds }: ChildResult): TrialState => ({
  ...state,
  wallSeconds: state.wallSeconds + seconds,
});

const failed = (state: TrialState, { code, tail }: ChildResult): TrialState => ({
  ...state,
  state: 'failed',
  failure: tail || `It ended with ${code === null ? 'a signal' : `exit code ${code}`}, and said nothing.`,
});
