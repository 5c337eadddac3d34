/**
 * What another process asks of the one that trains a run: a file `control/<request>.json` in the run folder. Whoever trains
 * acts on it and removes it, and says by status.json what came of it.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileDurably } from './durable.js';
import { runPaths } from './paths.js';

/**
 * `pause`: wait after the current step. `resume`: go on. `save`: write a checkpoint now. `stop`: write one and
 * end, as the first Ctrl+C does.
 */
export const requests = ['pause', 'resume', 'save', 'stop'] as const;

export type ControlRequest = (typeof requests)[number];

/** Asks for something; the file appears whole. */
export function sendRequest(runDir: string, request: ControlRequest): void {
  mkdirSync(runPaths(runDir).control, { recursive: true });
  writeFileDurably(requestPath(runDir, request), `${JSON.stringify({ time: new Date().toISOString() })}\n`);
}

/** What is asked for and not yet taken up. */
export function pendingRequests(runDir: string): ControlRequest[] {
  const { control } = runPaths(runDir);
  if (!existsSync(control)) return [];
  const names = readdirSync(control);
  return requests.filter((request) => names.includes(`${request}.json`));
}

/** Takes a request off the list: it has been done, or is not wanted any more. */
export function clearRequest(runDir: string, request: ControlRequest): void {
  rmSync(requestPath(runDir, request), { force: true });
}

function requestPath(runDir: string, request: ControlRequest): string {
  return join(runPaths(runDir).control, `${request}.json`);
}
