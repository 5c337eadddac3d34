/**
 * Removing runs and checkpoints. They are renamed first, so that a kill leaves nothing incomplete under a good name, and
 * nobody can begin to use them. Links inside are removed, never followed.
 */
import { readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isAlive, lockRun } from './lock.js';
import { runPaths } from './paths.js';

const LEFTOVER = /^\.removed-(\d+)-/;

/**
 * Removes a run folder, and what an earlier removal beside it left when it was killed.
 *
 * @throws RunError when a process writes to it
 */
export function removeRun(dir: string): void {
  const parent = dirname(dir);
  const doomed = join(parent, `.removed-${process.pid}-${basename(dir)}`);
  const unlock = lockRun(runPaths(dir).lock);
  try {
    renameSync(dir, doomed);
  } catch (error) {
    unlock();
    throw error;
  }
  for (const name of readdirSync(parent)) {
    const pid = LEFTOVER.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid)))
      rmSync(join(parent, name), { recursive: true, force: true });
  }
  rmSync(doomed, { recursive: true, force: true });
}

/**
 * Removes a folder under `checkpoints/`.
 *
 * @throws RunError when a process writes to the run
 */
export function removeCheckpoint(dir: string, name: string): void {
  const { lock, checkpoints } = runPaths(dir);
  const unlock = lockRun(lock);
  try {
    const doomed = join(checkpoints, `.bin-${name}`);
    renameSync(join(checkpoints, name), doomed);
    rmSync(doomed, { recursive: true, force: true });
  } finally {
    unlock();
  }
}
