/**
 * What a run goes on from: its newest checkpoint, or a state in `recovery/`, which is kept for restarts after the death of a
 * worker, newest only.
 */
import { rmSync } from 'node:fs';
import type { Checkpoint } from '@collm/marl';
import {
  checkpointSteps,
  openCheckpoint,
  RunCheckpoints,
  recoverCheckpoints,
} from '../run-store/checkpoints.js';
import type { RunPaths } from '../run-store/paths.js';

/**
 * Where states for restarts go.
 *
 * @param beforeCommit as for checkpoints
 */
export function recoveryStates(paths: RunPaths, beforeCommit: () => void): RunCheckpoints {
  return new RunCheckpoints(paths.recovery, { keepLast: 1, scores: new Map(), beforeCommit });
}

/** Nothing can be gone on from but checkpoints. */
export function clearRecovery({ recovery }: RunPaths): void {
  rmSync(recovery, { recursive: true, force: true });
}

/** Finished steps that a run can go on from; undefined when there are none. */
export function lastStep({ checkpoints, recovery }: RunPaths): number | undefined {
  const steps = [checkpoints, recovery].flatMap((dir) => checkpointSteps(dir).at(-1) ?? []);
  return steps.length === 0 ? undefined : Math.max(...steps);
}

/**
 * The newest state; null when there is none, and the run starts from the beginning.
 *
 * @param name the run folder as the user would type it
 * @throws RunError when it is damaged, naming the checkpoint to go on from instead
 */
export async function newestState(
  { checkpoints, recovery }: RunPaths,
  name: string,
): Promise<Checkpoint | null> {
  recoverCheckpoints(checkpoints);
  recoverCheckpoints(recovery);
  const saved = checkpointSteps(checkpoints);
  const last = saved.at(-1);
  const kept = checkpointSteps(recovery).at(-1);
  // Of the same step, what was kept for restarts may know of an evaluation since.
  if (kept !== undefined && kept >= (last ?? 0))
    return { ...(await openCheckpoint(recovery, kept, name, saved)), recovery: true };
  return last === undefined ? null : openCheckpoint(checkpoints, last, name);
}
