export { LmAgent } from './agents/lm-agent.js';
export { LmCritic, type LmCriticOptions } from './agents/lm-critic.js';
export type { OptimiserOptions } from './agents/parameter-groups.js';
export { promptTokens } from './agents/prompt.js';
export type { ModelOptions } from './agents/trainable.js';
export type { ModelSource } from './agents/trained-model.js';
export type { Algorithm, StepOutcome, StepRun } from './algorithms/algorithm.js';
export { collmCc } from './algorithms/collm-cc.js';
export { createAlgorithm } from './algorithms/create-algorithm.js';
export { magrpo } from './algorithms/magrpo.js';
export * from './config.js';
export { type TreeCost, treeCost } from './credit/env-steps.js';
export { type AdvantageMode, groupAdvantages } from './credit/group-advantages.js';
export { jointIndices, reduceCross } from './credit/joint-samples.js';
export { normalise, normaliseWithin } from './credit/normalisation.js';
export { expandRewards, type RewardShape } from './credit/reward-expansion.js';
export {
  generalisedAdvantages,
  type TrajectoryCredit,
  temporalDifferences,
} from './credit/temporal-difference.js';
export { treeReturns } from './credit/tree-returns.js';
export {
  CheckpointError,
  NonFiniteError,
  RolloutError,
  type RolloutPlace,
  TeamError,
} from './errors.js';
export {
  type Estimate,
  type EvaluatedEpisode,
  type Evaluation,
  type EvaluationOptions,
  evaluate,
  evaluationItems,
  evaluationMetrics,
  evaluationSampling,
} from './evaluation/evaluate.js';
export * from './events.js';
export { planMicroBatches } from './learner/micro-batches.js';
export * from './messages.js';
export type { Episode, JointTransition, RolloutNode } from './rollout/episode.js';
export { type EpisodeSpec, type RolloutSettings, rollout } from './rollout/rollout.js';
export type { Checkpoint, CheckpointStore, TrainerState } from './trainer/checkpoints.js';
export { type TrainingResult, type TrainingRun, totalSteps, train } from './trainer/train.js';
