/** The one place where a configuration becomes a team of language models. */
import type { Environment } from '@collm/envs';
import type { Agent, Critic } from '@collm/marl';
import type { Device } from '@collm/torch';
import type { Config } from './config/schema.js';
import { loraOptions } from './config/to-options.js';

/** The agents of an environment in its order, and the critic of an algorithm that has one. */
export interface Team {
  readonly agents: readonly Agent[];
  readonly critic: Critic | null;
  /** Versions of the engine behind it, for bug reports. */
  readonly versions?: Readonly<Record<string, string>>;
  dispose(): Promise<void>;
}

/** Makes a team; the command line takes another one in tests. */
export type TeamFactory = (config: Config, environment: Environment, withCritic?: boolean) => Promise<Team>;

/** Number formats as configurations name them. */
export const dtypes = { float32: 'f32', bfloat16: 'bf16', float16: 'f16', float64: 'f64' } as const;

/**
 * Loads the language models of a configuration: every agent starts from `agent_model.path`, the critic from
 * `critic_model.path`, each with weights or an adapter of its own.
 *
 * @param withCritic false for evaluation, which needs none
 */
export async function openTeam(config: Config, environment: Environment, withCritic = true): Promise<Team> {
  const [{ LmAgent, LmCritic }, { torchInfo }] = await Promise.all([
    import('@collm/marl'),
    import('@collm/torch'),
  ]);
  const { agent_model: agentModel, critic_model: criticModel, algorithm, train } = config;
  const shared = {
    weightDecay: train.weight_decay,
    beta1: train.adam_beta1,
    beta2: train.adam_beta2,
    eps: train.adam_epsilon,
    maxGradNorm: train.max_grad_norm,
    tokensPerMicroBatch: agentModel.tokens_per_micro_batch,
  };
  const open: (Agent | Critic)[] = [];
  const dispose = async () => {
    for (const member of open.splice(0)) await member.dispose();
  };
  try {
    const agents: Agent[] = [];
    for (let index = 0; index < environment.numAgents; index++) {
      const agent = await LmAgent.open({
        ...shared,
        ...placement(agentModel.path, agentModel.device, agentModel.dtype),
        learningRate: train.agent_learning_rate,
        maxPromptTokens: agentModel.max_prompt_tokens,
        gradientCheckpointing: agentModel.gradient_checkpointing,
        lora: loraOptions(agentModel.lora, train.seed, index),
      });
      open.push(agent);
      agents.push(agent);
    }
    let critic: Critic | null = null;
    if (withCritic && algorithm.name === 'collm_cc') {
      critic = await LmCritic.open({
        ...shared,
        ...placement(
          criticModel.path ?? agentModel.path,
          criticModel.device ?? agentModel.device,
          criticModel.dtype ?? agentModel.dtype,
        ),
        learningRate: train.critic_learning_rate,
        maxPromptTokens: criticModel.max_prompt_tokens,
        gradientCheckpointing: criticModel.gradient_checkpointing,
        lora: loraOptions(criticModel.lora, train.seed, environment.numAgents),
        valueHeadHiddenDim: criticModel.value_head_hidden_dim,
        seed: train.seed,
      });
      open.push(critic);
    }
    return { agents, critic, versions: { libtorch: torchInfo().version }, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function placement(model: string, device: string, dtype: keyof typeof dtypes | null) {
  return {
    model,
    device: device as Device,
    ...(dtype === null ? {} : { dtype: dtypes[dtype] }),
  };
}
