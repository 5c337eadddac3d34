/** Keeps two processes from writing to one run. */
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { RunError } from '../errors.js';

/**
 * Takes the lock of a run; the returned function gives it back. A lock whose process has died on this host is
 * taken over.
 *
 * @param what it is of, for the message
 * @throws RunError when another process holds it
 */
export function lockRun(path: string, what: 'run' | 'study' = 'run'): () => void {
  const own = `${process.pid} ${hostname()}\n`;
  for (let tries = 0; ; tries++) {
    try {
      writeFileSync(path, own, { flag: 'wx' });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const [pid = '', host = ''] = words(path);
    if (tries > 0 || host !== hostname() || isAlive(Number(pid))) {
      throw new RunError(
        `Another process writes to this ${what} (process ${pid || '?'} on ${host || '?'}). Wait for it or stop it; if it is gone, remove ${path}.`,
      );
    }
    rmSync(path, { force: true });
  }
}

/** Who holds the lock of a run, or held it when it was killed; null when nobody does. */
export function lockHolder(path: string): { pid: number; host: string; since: number } | null {
  const since = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  const [pid = '', host = ''] = words(path);
  return since === undefined || host === '' ? null : { pid: Number(pid), host, since };
}

function words(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').trim().split(' ');
  } catch {
    return []; // given back in between
  }
}

/** Whether a process of this machine lives. */
export function isAlive(pid: number): boolean {
  if (pid === process.pid) return true;
  // Other numbers mean groups of processes.
  if (!Number.isSafeInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
