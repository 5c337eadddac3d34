import type { AlgorithmOptions, TrainerOptions } from '../config.js';
import { treeCost } from '../credit/env-steps.js';
import type { TrainerState } from './checkpoints.js';
import type { TrainingRun } from './training-run.js';

/** Share of a run that is done, in [0, 1]: by its items, steps or env steps, whichever limit comes first. */
export function progressOf(
  state: Pick<TrainerState, 'step' | 'items' | 'envSteps'>,
  trainItems: number,
  { numTrainEpochs, maxSteps, maxEnvSteps }: TrainerOptions,
): number {
  const byItems = state.items / (trainItems * numTrainEpochs);
  const bySteps = maxSteps === null ? 0 : state.step / maxSteps;
  const byEnvSteps = maxEnvSteps === null ? 0 : state.envSteps / maxEnvSteps;
  return Math.min(1, Math.max(byItems, bySteps, byEnvSteps));
}

/**
 * Steps that a run has at most: its epochs' items over `itemsPerStep`, the last step may have fewer; still fewer when a
 * `rolloutBufferSize` makes steps of several rounds, or `maxEnvSteps` ends it (see `expectedSteps`).
 */
export function totalSteps(trainItems: number, options: TrainerOptions): number {
  const rounds = Math.ceil((trainItems * options.numTrainEpochs) / options.itemsPerStep);
  return Math.min(rounds, options.maxSteps ?? rounds);
}

/**
 * Steps that a run will have: `totalSteps`, and where env steps limit it, as many as they last for if steps go on
 * costing what they have cost on average. Before the first, episodes are taken to last to the horizon.
 */
export function expectedSteps(
  run: Pick<TrainingRun, 'algorithm' | 'options'> & {
    readonly environment: Pick<TrainingRun['environment'], 'numAgents' | 'numTurns' | 'trainItems'>;
  },
  state: Pick<TrainerState, 'step' | 'envSteps'>,
): number {
  const { environment, algorithm, options } = run;
  const most = totalSteps(environment.trainItems.length, options);
  if (options.maxEnvSteps === null) return most;
  const perStep =
    state.envSteps === 0
      ? fullRound(environment, algorithm) * options.itemsPerStep
      : state.envSteps / state.step;
  const left = Math.max(0, options.maxEnvSteps - state.envSteps);
  return Math.min(most, state.step + Math.ceil(left / perStep));
}

/** Env steps of an item that is played to the horizon. */
function fullRound(
  { numAgents, numTurns }: Pick<TrainingRun['environment'], 'numAgents' | 'numTurns'>,
  algorithm: AlgorithmOptions,
): number {
  if (!('jointMode' in algorithm)) return algorithm.numGenerations * numTurns;
  const { numGenerations, jointMode, branchesPerNode } = algorithm;
  const { branching } = treeCost(numAgents, numGenerations, 1, jointMode);
  const kept = Math.min(branchesPerNode ?? branching, branching);
  return branching * treeCost(1, kept, numTurns, 'aligned').nodes;
}
