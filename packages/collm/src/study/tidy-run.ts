/** What is left of a trial's run once it has ended: metrics, logs and evaluation episodes. */
import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { readLines } from '../run-store/journal.js';
import { runPaths } from '../run-store/paths.js';

/**
 * Removes checkpoints, the report, and the episodes of training from a finished run. A study has hundreds of them, and its
 * records are made of the metrics.
 */
export function keepOnlyEvaluations(run: string): void {
  const paths = runPaths(run);
  for (const path of [paths.checkpoints, paths.recovery]) rmSync(path, { recursive: true, force: true });
  rmSync(paths.report, { force: true });
  const short = `${paths.episodes}.tmp`;
  const handle = openSync(short, 'w');
  try {
    for (const { bytes } of readLines(paths.episodes)) {
      const line = bytes.toString('utf8');
      if (isTraining(line)) continue;
      writeSync(handle, `${line}\n`);
    }
  } finally {
    closeSync(handle);
  }
  renameSync(short, paths.episodes);
}

function isTraining(line: string): boolean {
  try {
    return (JSON.parse(line) as { phase?: unknown }).phase === 'train';
  } catch {
    return false; // a damaged line stays to be seen
  }
}
