/** The trackers that a configuration asks for. */
import type { OpenedRun } from '../run-store/run-folder.js';
import { TensorBoard } from './tensorboard.js';
import { guarded, type Tracker } from './tracker.js';

/**
 * Opens them for one attempt at a run. None of them can fail the training.
 *
 * @param start finished steps that the attempt goes on from; null at the very beginning
 * @param tell takes a line for people when one has trouble
 */
export function openTrackers(
  run: OpenedRun,
  attempt: number,
  start: number | null,
  tell: (line: string) => void,
): Tracker[] {
  const { tensorboard } = run.config.tracking;
  const trackers: Tracker[] = [];
  if (tensorboard) trackers.push(guarded('TensorBoard', tell, () => new TensorBoard(run, attempt, start)));
  return trackers;
}
