/** Records of trials that are nowhere else are not written over. */
import { existsSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { counted } from '../format.js';
import { readRecords } from './records.js';
import type { StudyRecords } from './types.js';

/**
 * Moves a file of records out of the way of new ones where it holds finished trials that these lack: those of another
 * machine, of another folder, or of cells that the study file no longer has or has otherwise. So it does with a file that
 * cannot be read.
 *
 * @param path where the new records will be written
 * @returns what happened, in a sentence; null where nothing would be lost
 */
export function keepOldRecords(path: string, { trials }: Pick<StudyRecords, 'trials'>): string | null {
  if (!existsSync(path)) return null;
  const now = new Map(trials.map((trial) => [trial.trial, trial]));
  const isThere = ({ trial, fingerprint, failure }: StudyRecords['trials'][number]) => {
    const same = now.get(trial);
    const alike = fingerprint === undefined || same?.fingerprint === fingerprint;
    return failure !== null || (same?.failure === null && alike);
  };
  const lost = finishedIn(path)?.filter((trial) => !isThere(trial));
  if (lost?.length === 0) return null;
  const kept = freeName(path);
  renameSync(path, kept);
  return lost === undefined
    ? `The records that were there cannot be read; they are in ${basename(kept)} now.`
    : `The records that were there hold ${counted(lost.length, 'trial')} that this study's folder does not have: they are kept in ${basename(kept)}.`;
}

/** Undefined where nobody can tell. */
function finishedIn(path: string): StudyRecords['trials'] | undefined {
  try {
    return readRecords(path).trials;
  } catch {
    return undefined;
  }
}

function freeName(path: string): string {
  for (let number = 1; ; number++) {
    const name = join(dirname(path), basename(path).replace(/^records/, `records-before-${number}`));
    if (!existsSync(name)) return name;
  }
}
