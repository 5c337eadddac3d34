/** The one place where a configuration becomes a team of language models. */
import type { Environment } from '@collm/envs';
import type { Agent, Critic } from '@collm/marl';
import type { Config } from './config/schema.js';
import { agentOptions, criticCount, criticOptions } from './team-members.js';

/** The agents of an environment in its order, and as many critics as the algorithm has models for. */
export interface Team {
  /** One object stands for several roles where they share their weights. */
  readonly agents: readonly Agent[];
  readonly critics: readonly Critic[];
  /** Versions of the engine behind it, for bug reports. */
  readonly versions?: Readonly<Record<string, string>>;
  /**
   * Opens those members again whose worker is gone (`WorkerLostError`). Their weights are then those of their model's
   * folder, until a state is loaded. Absent where no member has a worker.
   */
  revive?(): Promise<void>;
  dispose(): Promise<void>;
}

/** What a team is opened for: evaluation needs neither critics nor references. */
export type TeamPurpose = 'training' | 'evaluation';

/** Makes a team; the command line takes another one in tests. */
export type TeamFactory = (config: Config, environment: Environment, purpose?: TeamPurpose) => Promise<Team>;

/**
 * Loads the language models of a configuration, each with weights or an adapter of its own, or one for all roles with
 * `agent_model.share`. Nothing stays open when one of them cannot be had.
 */
export async function openTeam(
  config: Config,
  environment: Environment,
  purpose: TeamPurpose = 'training',
): Promise<Team> {
  const [{ LmAgent, LmCritic }, { torchInfo }] = await Promise.all([
    import('@collm/marl'),
    import('@collm/torch'),
  ]);
  const { numAgents } = environment;
  const open: (Agent | Critic)[] = [];
  const dispose = async () => {
    for (const member of open.splice(0)) await member.dispose();
  };
  try {
    const models: Agent[] = [];
    for (let index = 0; index < (config.agent_model.share ? 1 : numAgents); index++) {
      const agent = await LmAgent.open(agentOptions(config, index, purpose));
      open.push(agent);
      models.push(agent);
    }
    const critics: Critic[] = [];
    for (let index = 0; index < (purpose === 'training' ? criticCount(config) : 0); index++) {
      const critic = await LmCritic.open(criticOptions(config, index));
      open.push(critic);
      critics.push(critic);
    }
    const agents = Array.from({ length: numAgents }, (_, role) => models[role] ?? (models[0] as Agent));
    return { agents, critics, versions: { libtorch: torchInfo().version }, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}
