export { JointInput } from './agents/joint-input.js';
export { LmAgent, type LmAgentOptions } from './agents/lm-agent.js';
export { LmCritic, type LmCriticOptions } from './agents/lm-critic.js';
export type { OptimiserOptions } from './agents/parameter-groups.js';
export { promptTokens } from './agents/prompt.js';
export type { SharedHeadOptions } from './agents/shared-head.js';
export type { ModelOptions } from './agents/trainable.js';
export type { ModelSource } from './agents/trained-model.js';
export type { ValueNorm } from './agents/value-normaliser.js';
export type { Algorithm, Lesson, LessonRun, StepRun, Unit } from './algorithms/algorithm.js';
export { createAlgorithm } from './algorithms/create-algorithm.js';
export * from './config.js';
export { type TreeCost, treeCost } from './credit/env-steps.js';
export { type AdvantageMode, groupAdvantages } from './credit/group-advantages.js';
export { jointIndices, reduceOverTeammates } from './credit/joint-samples.js';
export { klEstimate, klToGo } from './credit/kl.js';
export { normalise, normaliseWithin } from './credit/normalisation.js';
export { qAdvantages } from './credit/q-baselines.js';
export {
  generalisedAdvantages,
  type TrajectoryCredit,
  tokenAdvantages,
} from './credit/temporal-difference.js';
export { treeReturns } from './credit/tree-returns.js';
export { type StreamChatOptions, streamChat } from './endpoints/chat-stream.js';
export type { BreakerRule } from './endpoints/circuit-breaker.js';
export { baseUrl, Endpoint, type EndpointOptions } from './endpoints/endpoint.js';
export { EndpointActor } from './endpoints/endpoint-actor.js';
export { EndpointError, type EndpointFault } from './endpoints/endpoint-error.js';
export { answersExactly, type ListedModel } from './endpoints/listed-models.js';
export { Tally } from './endpoints/tally.js';
export {
  CheckpointError,
  type FailedUpdate,
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
  summarise,
} from './evaluation/evaluate.js';
export {
  evaluateSeparately,
  type SeparateEvaluation,
  type SeparateOptions,
} from './evaluation/evaluate-separately.js';
export * from './events.js';
export { planMicroBatches } from './learner/micro-batches.js';
export * from './messages.js';
export {
  evaluateProtocol,
  type ProtocolEvaluation,
  type ProtocolOptions,
} from './protocols/evaluate-protocol.js';
export { passAtK, passRates } from './protocols/pass-at-k.js';
export { type ProtocolName, protocolEnvironment, protocolNames } from './protocols/protocol.js';
export type { Episode, JointTransition, RolloutNode } from './rollout/episode.js';
export { type EpisodeSpec, type RolloutSettings, rollout } from './rollout/rollout.js';
export { sideBySide } from './side-by-side.js';
export {
  type Checkpoint,
  type CheckpointStore,
  loadTeam,
  saveTeam,
  type Team,
  type TrainerState,
} from './trainer/checkpoints.js';
export { expectedSteps, progressOf, totalSteps } from './trainer/progress.js';
export { replayUpdate } from './trainer/replay.js';
export { type TrainingResult, train } from './trainer/train.js';
export type { Recovery, RunControl, TrainingRun } from './trainer/training-run.js';
export type { WorkerPlacement } from './workers/channel.js';
export { HostedAgent } from './workers/hosted-agent.js';
export { HostedCritic } from './workers/hosted-critic.js';
export type { Host } from './workers/hosting.js';
export { lostWorker, WorkerLostError } from './workers/worker-lost.js';
