/** The one place where a configuration becomes a team of language models. */
import type { Environment } from '@collm/envs';
import type { Agent, Critic, HostedAgent, HostedCritic } from '@collm/marl';
import type { Config } from './config/schema.js';
import { type Residence, residencesOf } from './team-homes.js';
import { agentOptions, criticOptions } from './team-members.js';

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
 * Opens the language models of a configuration where it places them, each with weights or an adapter of its own, or one for
 * all roles with `agent_model.share`. Nothing stays open when one of them cannot be had.
 */
export async function openTeam(
  config: Config,
  environment: Environment,
  purpose: TeamPurpose = 'training',
): Promise<Team> {
  const [
    { HostedAgent, HostedCritic, LmAgent, LmCritic, sideBySide },
    { numThreads, setNumThreads, torchInfo },
  ] = await Promise.all([import('@collm/marl'), import('@collm/torch')]);
  const threadsBefore = numThreads();
  const residences = residencesOf(config, purpose, threadsBefore);
  if (residences.inline !== null) setNumThreads(residences.inline);
  const models: Agent[] = [];
  const critics: Critic[] = [];
  const hosted: (HostedAgent | HostedCritic)[] = [];

  const openAgent = async ({ placement, threads }: Residence, index: number) => {
    const options = agentOptions(config, index, purpose);
    if (placement === 'inline') models[index] = await LmAgent.open(options);
    else {
      const agent = await HostedAgent.open(options, { placement, threads, member: `agent-${index}` });
      models[index] = agent;
      hosted.push(agent);
    }
  };
  const openCritic = async ({ placement, threads }: Residence, index: number) => {
    const options = criticOptions(config, index);
    if (placement === 'inline') critics[index] = await LmCritic.open(options);
    else {
      const member = residences.critics.length === 1 ? 'critic' : `critic-${index}`;
      const critic = await HostedCritic.open(options, { placement, threads, member });
      critics[index] = critic;
      hosted.push(critic);
    }
  };
  const dispose = async () => {
    // Where opening failed there are holes.
    const open = [...models, ...critics].filter((member) => member !== undefined);
    await sideBySide(open.map((member) => () => member.dispose()));
    setNumThreads(threadsBefore);
  };
  try {
    await sideBySide([
      ...residences.agents.map((residence, index) => () => openAgent(residence, index)),
      ...residences.critics.map((residence, index) => () => openCritic(residence, index)),
    ]);
  } catch (error) {
    await dispose();
    throw error;
  }
  const revive = async () => {
    await sideBySide(hosted.map((member) => () => member.revive()));
  };
  return {
    agents: Array.from({ length: environment.numAgents }, (_, role) => models[role] ?? (models[0] as Agent)),
    critics,
    versions: { libtorch: torchInfo().version },
    ...(hosted.length === 0 ? {} : { revive }),
    dispose,
  };
}
