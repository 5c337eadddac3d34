/** What a listing says of a run, read from its folder. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { messageOf } from '../errors.js';
import { type Reading, readDigest, unreadable } from './metrics-digest.js';
import { type RunPaths, runPaths } from './paths.js';
import type { RunMeta } from './run-folder.js';
import type { RunState } from './run-query.js';
import { stateOfRun } from './run-state.js';

/** An evaluation: finished steps, and the mean return. */
export interface Score {
  readonly step: number;
  readonly return: number;
}

export interface RunFacts {
  /** Of its folder. */
  readonly name: string;
  readonly state: RunState;
  /** The process that writes to it, if one does: it trains, or ends. */
  readonly process: { readonly pid: number; readonly host: string } | null;
  /** From meta.json; null where that is damaged. */
  readonly algorithm: string | null;
  readonly environment: string | null;
  readonly seed: number | null;
  /** ISO 8601, UTC. */
  readonly created: string | null;
  /** Finished steps. */
  readonly step: number;
  /** null where nothing says so. */
  readonly totalSteps: number | null;
  readonly envSteps: number;
  readonly attempts: number;
  readonly lastEvaluation: Score | null;
  /** The latest of equals. */
  readonly bestEvaluation: Score | null;
  /** Seconds that its processes have worked. */
  readonly seconds: number;
  /** Time of its last record: ISO 8601, UTC. */
  readonly updated: string | null;
  /** Why it failed. */
  readonly error: string | null;
  /** What is wrong with its files. */
  readonly problem: string | null;
}

/** Facts with what is needed to bring them up to date later. */
export interface ReadRun {
  readonly facts: RunFacts;
  readonly reading: Reading;
}

/**
 * Reads a run folder; null when it is none.
 *
 * @param known what was read of its metrics before
 */
export function readRun(dir: string, known: Reading | null): ReadRun | null {
  const paths = runPaths(dir);
  if (!isRunFolder(dir)) return null;
  const meta = readMeta(paths);
  const reading = readMetricsOf(paths, known);
  const { digest } = reading;
  const { state, process, totalSteps, error } = stateOfRun(dir);
  const scores = digest.evaluations.map(([step, score]) => ({ step, return: score }));
  const facts: RunFacts = {
    name: basename(dir),
    state,
    process,
    algorithm: meta?.algorithm ?? null,
    environment: meta?.environment ?? null,
    seed: meta?.seed ?? null,
    created: meta?.created ?? null,
    step: digest.step,
    totalSteps,
    envSteps: digest.envSteps,
    attempts: digest.attempts,
    lastEvaluation: scores.at(-1) ?? null,
    bestEvaluation: bestOf(scores),
    seconds: digest.workedMs / 1000,
    updated: digest.lastMs === null ? null : new Date(digest.lastMs).toISOString(),
    error,
    problem: meta === null ? 'meta.json cannot be read' : digest.problem,
  };
  return { facts, reading };
}

/** Whether a folder is of a run, be it damaged: two of its three main files are there. */
export function isRunFolder(dir: string): boolean {
  const { config, meta, metrics } = runPaths(dir);
  return [config, meta, metrics].filter((path) => existsSync(path)).length >= 2;
}

function readMeta({ meta }: RunPaths): RunMeta | null {
  let content: Partial<RunMeta> | null;
  try {
    content = JSON.parse(readFileSync(meta, 'utf8'));
  } catch {
    return null;
  }
  const { algorithm, environment, seed, created } = content ?? {};
  const isMeta =
    [algorithm, environment, created].every((text) => typeof text === 'string') && typeof seed === 'number';
  return isMeta ? (content as RunMeta) : null;
}

function readMetricsOf({ metrics }: RunPaths, known: Reading | null): Reading {
  try {
    return readDigest(metrics, known);
  } catch (error) {
    return unreadable(`metrics.jsonl cannot be read: ${messageOf(error)}`);
  }
}

function bestOf(scores: readonly Score[]): Score | null {
  let best: Score | null = null;
  for (const score of scores) if (best === null || score.return >= best.return) best = score;
  return best;
}

const CLOCK_TICK_MS = 50;

/**
 * What tells whether the facts of a folder are still true without reading it: inode, size and time of the folder, whose
 * time changes with the files that come and go, and of the files that facts come from. null where that cannot be told,
 * because something was changed just now and may be changed again within the same tick of the clock.
 */
export function signatureOf(dir: string): number[] | null {
  const signature: number[] = [];
  const now = Date.now();
  for (const path of [dir, `${dir}/meta.json`, `${dir}/metrics.jsonl`, `${dir}/status.json`]) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) signature.push(0);
    else if (now - found.mtimeMs < CLOCK_TICK_MS) return null;
    else signature.push(found.ino, found.size, found.mtimeMs);
  }
  return signature;
}

export function sameSignature(a: readonly number[] | null, b: readonly number[] | null | undefined): boolean {
  // By number, because turning so many times into text would take longer than everything else.
  return a !== null && a.length === b?.length && a.every((value, index) => value === b[index]);
}
