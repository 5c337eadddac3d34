/** What each model of a team is opened with: sections of the configuration as the options of marl. */
import type { LmAgentOptions, LmCriticOptions, ModelOptions, ValueRead } from '@collm/marl';
import type { Device } from '@collm/torch';
import { criticCount } from './config/rules/placement.js';
import type { Config } from './config/schema.js';
import { type AlgorithmConfig, hasSeparateCritics, isActorCritic } from './config/schema-algorithm.js';
import { valueFor } from './config/schema-models.js';
import { loraOptions } from './config/to-options.js';
import { dtypes } from './dtypes.js';
import type { TeamPurpose } from './team.js';

export { criticCount };

/** An agent; with a reference where the divergence from it is asked for, and a value head where critics are heads. */
export function agentOptions(config: Config, index: number, purpose: TeamPurpose): LmAgentOptions {
  const { agent_model: model, critic_model: critic, algorithm, train } = config;
  const referenceDevice = valueFor(model.reference_device, index) as Device | null;
  const withReference = purpose === 'training' && algorithm.kl_mode !== 'off';
  const withHead = isActorCritic(algorithm) && !hasSeparateCritics(algorithm);
  return {
    ...shared(config),
    ...computing(valueFor(model.path, index), valueFor(model.device, index), valueFor(model.dtype, index)),
    learningRate: train.agent_learning_rate,
    maxPromptTokens: model.max_prompt_tokens,
    gradientCheckpointing: model.gradient_checkpointing,
    lora: loraOptions(model.lora, train.seed, index),
    currentPromptOnly: algorithm.reference_faults.includes('D8'),
    reference: withReference ? (referenceDevice === null ? {} : { device: referenceDevice }) : null,
    valueHead: withHead
      ? {
          hiddenDim: critic.value_head_hidden_dim,
          seed: train.seed + index,
          learningRate: train.critic_learning_rate,
          valueNorm: critic.value_norm,
          reads: readsOf(algorithm),
        }
      : null,
  };
}

/** A critic: of all agents with collm_cc, of one otherwise. It starts from the model of the first agent that it sees. */
export function criticOptions(config: Config, index: number): LmCriticOptions {
  const { agent_model: agent, critic_model: model, algorithm, env, train } = config;
  const sees = algorithm.name === 'collm_cc' ? Array.from({ length: env.num_agents }, (_, i) => i) : [index];
  const first = sees[0] as number;
  return {
    ...shared(config),
    ...computing(
      valueFor(model.path, index) ?? valueFor(agent.path, first),
      valueFor(model.device, index) ?? valueFor(agent.device, first),
      valueFor(model.dtype, index) ?? valueFor(agent.dtype, first),
    ),
    learningRate: train.critic_learning_rate,
    maxPromptTokens: model.max_prompt_tokens,
    gradientCheckpointing: model.gradient_checkpointing,
    lora: loraOptions(model.lora, train.seed, env.num_agents + index),
    valueHeadHiddenDim: model.value_head_hidden_dim,
    seed: train.seed + index,
    valueNorm: model.value_norm,
    reads: readsOf(algorithm),
    agentModels: sees.map((one) => valueFor(agent.path, one)),
    currentPromptsOnly: algorithm.reference_faults.includes('D8'),
  };
}

/** What an algorithm asks its value functions for. */
function readsOf(algorithm: AlgorithmConfig): ValueRead[] {
  if (!isActorCritic(algorithm)) return [];
  if (algorithm.critic_type === 'q') {
    const comparesWithState = algorithm.q_baseline === 'v' && !algorithm.reference_faults.includes('D2');
    return comparesWithState ? ['action', 'state'] : ['action'];
  }
  return [algorithm.value_level === 'token' ? 'tokens' : 'state'];
}

function shared({
  agent_model,
  train,
}: Config): Omit<ModelOptions, 'model' | 'device' | 'learningRate' | 'maxPromptTokens'> {
  return {
    weightDecay: train.weight_decay,
    beta1: train.adam_beta1,
    beta2: train.adam_beta2,
    eps: train.adam_epsilon,
    maxGradNorm: train.max_grad_norm,
    tokensPerMicroBatch: agent_model.tokens_per_micro_batch,
  };
}

function computing(model: string, device: string, dtype: keyof typeof dtypes | null) {
  return { model, device: device as Device, ...(dtype === null ? {} : { dtype: dtypes[dtype] }) };
}
