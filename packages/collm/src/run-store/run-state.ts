/**
 * What a run is doing, as others can tell: from status.json, the lock, and whether their process lives. A process that was
 * killed leaves both behind, so they are believed only as long as it is there.
 */
import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { hostname, uptime } from 'node:os';
import { join } from 'node:path';
import { isAlive, lockHolder } from './lock.js';
import { runPaths } from './paths.js';
import type { RunState } from './run-query.js';
import { readStatus, type TrainingState } from './status.js';

export interface StateOfRun {
  readonly state: RunState;
  /** The process that writes to it, if one does: it trains, or ends. */
  readonly process: { readonly pid: number; readonly host: string } | null;
  /** null where nothing says so. */
  readonly totalSteps: number | null;
  /** Why it failed. */
  readonly error: string | null;
}

const HEAD_BYTES = 1 << 12;
const TAIL_BYTES = 1 << 16;

/** The state of a run; any folder has one. */
export function stateOfRun(runDir: string): StateOfRun {
  const status = readStatus(runDir);
  const { total, ended } = status === null ? readLog(runDir) : { total: status.total_steps, ended: null };
  const lock = lockHolder(runPaths(runDir).lock);
  const holder = lock !== null && isThere(lock, lock.since) ? { pid: lock.pid, host: lock.host } : null;
  const silent = { process: null, totalSteps: total, error: null };
  // Whoever has not said anything yet has just begun.
  if (holder !== null && holder.pid !== status?.pid) return { ...silent, state: 'running', process: holder };
  if (status?.state === 'running' || status?.state === 'paused') {
    const { state, pid, host, updated } = status;
    return isThere(status, Date.parse(updated))
      ? { ...silent, state, process: { pid, host } }
      : { ...silent, state: 'killed' };
  }
  if (lock !== null && lock.pid !== status?.pid) return { ...silent, state: 'killed' };
  return {
    ...silent,
    state: status?.state ?? ended ?? 'unknown',
    process: holder,
    error: status?.error ?? null,
  };
}

/** Whether a process of this machine lives; of others nobody here can tell, so they are believed. */
function isThere({ pid, host }: { pid: number; host: string }, since: number): boolean {
  return host !== hostname() || (isAlive(pid) && since > bootTime());
}

/** Ids of processes start again with the machine: who was there before is gone. With room for unsteady clocks. */
function bootTime(): number {
  return Date.now() - uptime() * 1000 - 10_000;
}

/** How long it was to be and how it ended, by the log of the last attempt: for runs without status.json. */
function readLog(runDir: string): { total: number | null; ended: TrainingState | null } {
  const path = lastLog(runPaths(runDir).logs);
  if (path === null) return { total: null, ended: null };
  const { head, tail } = readEnds(path);
  const steps = /^\S+ (?:Started|Resumed at step \d+): .* (\d+) steps?$/m.exec(head)?.[1];
  const end = [...tail.matchAll(/^\S+ (Finished|Stopped|Failed) after step \d+/gm)].at(-1)?.[1];
  return {
    total: steps === undefined ? null : Number(steps),
    ended: (end?.toLowerCase() ?? null) as TrainingState | null,
  };
}

function lastLog(dir: string): string | null {
  let names: string[];
  try {
    names = readdirSync(dir);
  } catch {
    return null;
  }
  const numbers = names.flatMap((name) => /^attempt-(\d+)\.log$/.exec(name)?.[1] ?? []).map(Number);
  return numbers.length === 0 ? null : join(dir, `attempt-${Math.max(...numbers)}.log`);
}

function readEnds(path: string): { head: string; tail: string } {
  const handle = openSync(path, 'r');
  try {
    const { size } = fstatSync(handle);
    const part = (start: number, length: number) => {
      const bytes = Buffer.alloc(length);
      return bytes.toString('utf8', 0, readSync(handle, bytes, 0, length, start));
    };
    return { head: part(0, HEAD_BYTES), tail: part(Math.max(0, size - TAIL_BYTES), TAIL_BYTES) };
  } finally {
    closeSync(handle);
  }
}
