import type { TrainerOptions } from '../config.js';
import type { TrainerState } from './checkpoints.js';

/** Share of a run that is done, in [0, 1]: by its items, or by its steps where `maxSteps` comes first. */
export function progressOf(
  state: Pick<TrainerState, 'step' | 'items'>,
  trainItems: number,
  { numTrainEpochs, maxSteps }: TrainerOptions,
): number {
  const byItems = state.items / (trainItems * numTrainEpochs);
  return Math.min(1, maxSteps === null ? byItems : Math.max(byItems, state.step / maxSteps));
}

/**
 * Steps that a run has: its epochs' items over `itemsPerStep`, the last step may have fewer; at most so many when a
 * `rolloutBufferSize` makes steps of several rounds.
 */
export function totalSteps(trainItems: number, options: TrainerOptions): number {
  const rounds = Math.ceil((trainItems * options.numTrainEpochs) / options.itemsPerStep);
  return Math.min(rounds, options.maxSteps ?? rounds);
}
