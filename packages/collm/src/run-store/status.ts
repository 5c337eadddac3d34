/** `status.json`: what the process that trains a run says of itself, for everybody else to read. */
import { readFileSync } from 'node:fs';
import { writeFileDurably } from './durable.js';
import { runPaths } from './paths.js';

/** What a training process can be doing, or ended with. */
const trainingStates = ['running', 'paused', 'finished', 'stopped', 'failed'] as const;

export type TrainingState = (typeof trainingStates)[number];

export interface RunStatus {
  readonly state: TrainingState;
  /** Finished steps. */
  readonly step: number;
  readonly total_steps: number;
  /** The process, and the machine it is on. */
  readonly pid: number;
  readonly host: string;
  /** When this was written: ISO 8601, UTC. */
  readonly updated: string;
  /** Why it failed. */
  readonly error?: string;
}

export function writeStatus(runDir: string, status: RunStatus): void {
  writeFileDurably(runPaths(runDir).status, `${JSON.stringify(status, null, 2)}\n`);
}

/** The status of a run; null when there is none that makes sense, as in runs of versions that wrote none. */
export function readStatus(runDir: string): RunStatus | null {
  let status: Partial<RunStatus> | null;
  try {
    status = JSON.parse(readFileSync(runPaths(runDir).status, 'utf8'));
  } catch {
    return null;
  }
  const makesSense =
    trainingStates.includes(status?.state as TrainingState) &&
    [status?.step, status?.total_steps, status?.pid].every(Number.isSafeInteger) &&
    [status?.host, status?.updated].every((text) => typeof text === 'string');
  return makesSense ? (status as RunStatus) : null;
}
