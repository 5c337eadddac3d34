/** Gathers what the trials of a study have measured. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { runPaths } from '../run-store/paths.js';
import { readMetrics } from '../run-store/records.js';
import { versions } from '../versions.js';
import type { CheckedTrial } from './check-trials.js';
import { keeps, keepsOfEvaluation, rounded } from './keep.js';
import { currentState } from './run-trial.js';
import { readSession, type StudyPaths, type TrialState } from './study-folder.js';
import type { PointRecord, Study, StudyHeader, StudyRecords } from './types.js';

/**
 * The records of all trials that have ended, in the order of the grid.
 *
 * @param command the command that made them, without paths of this machine
 */
export function gatherRecords(
  study: Study,
  trials: readonly CheckedTrial[],
  paths: StudyPaths,
  command: string,
): StudyRecords {
  const ended = trials.flatMap((trial) => {
    const state = currentState(trial, { study, paths });
    return state === null || state.state === 'begun' ? [] : [{ trial, state }];
  });
  return {
    header: headerOf(
      study,
      ended.map(({ trial }) => trial),
      paths,
      command,
    ),
    trials: ended.map(({ trial, state }) => ({
      ...{ kind: 'trial', trial: trial.id, task: trial.task, method: trial.method },
      ...{ conditions: trial.conditions, seed: trial.seed },
      wallSeconds: Number(state.wallSeconds.toFixed(1)),
      failure: state.failure,
      fingerprint: state.fingerprint,
      points: pointsOf(study, trial, state, paths),
    })),
  };
}

/** Points of a trial in order of steps; none where it failed, which may have been anywhere. */
function pointsOf(study: Study, trial: CheckedTrial, state: TrialState, paths: StudyPaths): PointRecord[] {
  if (state.state !== 'finished') return [];
  const kept = keeps(study.keep);
  const keptOfEvaluation = (metric: string) => keepsOfEvaluation(metric) || kept(metric);
  if (trial.protocol !== null) {
    const metrics = rounded(state.evaluation ?? {}, keptOfEvaluation);
    return [{ kind: 'eval', trial: trial.id, step: 0, envSteps: 0, metrics }];
  }
  return readMetrics(paths.run(trial.id)).map(({ kind, step, env_steps, metrics }) => ({
    ...{ kind, trial: trial.id, step, envSteps: env_steps },
    metrics: rounded(metrics, kind === 'eval' ? keptOfEvaluation : kept),
  }));
}

function headerOf(
  study: Study,
  ended: readonly CheckedTrial[],
  paths: StudyPaths,
  command: string,
): StudyHeader {
  const trained = ended.find(({ protocol }) => protocol === null);
  const { jobs, wallSeconds } = readSession(paths);
  return {
    ...{ kind: 'study', version: 1, name: study.name, command },
    versions: { ...versions(), ...(trained === undefined ? {} : versionsOf(paths.run(trained.id))) },
    hardware: {
      cpu: cpus()[0]?.model.trim() || process.arch,
      cores: availableParallelism(),
      memoryGb: Math.round(totalmem() / 1e9),
    },
    jobs,
    wallSeconds: Number(wallSeconds.toFixed(1)),
  };
}

/** What a run was started with; nothing where it cannot be told. */
function versionsOf(run: string): Record<string, string> {
  try {
    const { versions: all } = JSON.parse(readFileSync(runPaths(run).meta, 'utf8')) as { versions?: unknown };
    const entries = Object.entries((all ?? {}) as object).filter(([, text]) => typeof text === 'string');
    return Object.fromEntries(entries);
  } catch {
    return {};
  }
}
