/** The trackers that a configuration asks for. */
import { join } from 'node:path';
import type { OpenedRun } from '../run-store/run-folder.js';
import { TensorBoard } from './tensorboard.js';
import { guarded, type Tracker } from './tracker.js';
import { Wandb, wandbRun } from './wandb.js';
import { WandbFile } from './wandb-file.js';
import { serverOfEnvironment, WandbOnline } from './wandb-online.js';

/**
 * Opens them for one attempt at a run. None of them can fail the training.
 *
 * @param start finished steps that the attempt goes on from; null at the very beginning
 * @param tell takes a line for people, mostly of trouble
 */
export function openTrackers(
  run: OpenedRun,
  attempt: number,
  start: number | null,
  tell: (line: string) => void,
): Tracker[] {
  const { tensorboard, wandb } = run.config.tracking;
  const trackers: Tracker[] = [];
  if (tensorboard) trackers.push(guarded('TensorBoard', tell, () => new TensorBoard(run, attempt, start)));
  if (wandb !== null) {
    const dir = join(run.paths.dir, 'wandb');
    const open = () =>
      new Wandb(wandbRun(run, attempt), (known) =>
        wandb.mode === 'offline'
          ? new WandbFile(dir, known)
          : new WandbOnline(known, serverOfEnvironment(), tell),
      );
    trackers.push(guarded('W&B', tell, open));
  }
  return trackers;
}
