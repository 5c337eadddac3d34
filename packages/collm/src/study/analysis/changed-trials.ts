/** Records of trials that were run with another configuration than the study file has now. */
import { fingerprintOf, trialsOf } from '../trials.js';
import type { Study, StudyRecords } from '../types.js';
import { belongs, conditionsKey } from './conditions.js';

/** Names of trials whose cell is still there, but configured otherwise; those that do not say how they were are left out. */
export function changedTrials(study: Study, { trials }: Pick<StudyRecords, 'trials'>): string[] {
  const said = trials.filter((trial) => trial.fingerprint !== undefined && belongs(study, trial));
  if (said.length === 0) return [];
  const keyOf = ({ task, method, conditions, seed }: (typeof said)[number] | Planned) =>
    JSON.stringify([task, method, conditionsKey(study, conditions), seed]);
  const now = new Map(trialsOf(study).map((trial) => [keyOf(trial), fingerprintOf(trial, study.models)]));
  return said.filter((trial) => now.get(keyOf(trial)) !== trial.fingerprint).map(({ trial }) => trial);
}

type Planned = ReturnType<typeof trialsOf>[number];
