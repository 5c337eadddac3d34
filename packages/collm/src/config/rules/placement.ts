/** Rules of which models a team has, where they live and where they compute. */
import type { Config } from '../schema.js';
import { hasSeparateCritics } from '../schema-algorithm.js';
import { valueFor } from '../schema-models.js';
import { problem, type Rule } from './rule.js';

const ofAgents = ['path', 'device', 'dtype', 'reference_device', 'placement', 'threads'] as const;
const ofCritics = ['path', 'device', 'dtype', 'placement', 'threads'] as const;

export const placementRules: readonly Rule[] = [
  ...ofAgents.map(
    (key): Rule =>
      ({ agent_model, env }) => {
        const count = lengthOf(agent_model[key]);
        if (count <= 1 || count === env.num_agents) return null;
        return problem(
          [`agent_model.${key}`, 'env.num_agents'],
          `has ${count} entries, but ${counted(env.num_agents, 'agent')}. Give one value for all, or a list with one per agent.`,
        );
      },
  ),
  ...ofCritics.map(
    (key): Rule =>
      (config) => {
        const { algorithm, critic_model } = config;
        const count = lengthOf(critic_model[key]);
        const critics = criticCount(config);
        if (count <= 1 || count === critics || !hasSeparateCritics(algorithm)) return null;
        return problem(
          [`critic_model.${key}`, 'algorithm.name', 'env.num_agents'],
          `has ${count} entries, but with ${algorithm.name} ${counted(critics, 'critic')}. Give ` +
            `${critics === 1 ? 'one value' : 'one value for all, or a list with one per critic'}.`,
        );
      },
  ),
  ...ofAgents.map(
    (key): Rule =>
      ({ agent_model }) => {
        const values: unknown = agent_model[key];
        if (!agent_model.share || !Array.isArray(values) || new Set(values).size === 1) return null;
        return problem(
          [`agent_model.${key}`, 'agent_model.share'],
          'differs between agents, but with `agent_model.share` they are one model. Give one value, or set ' +
            '`agent_model.share` to false.',
        );
      },
  ),
  function inlineMembersHaveOneNumberOfThreads(config) {
    const given = [...agentHomes(config), ...criticHomes(config)].filter(
      ({ placement, threads }) => placement === 'inline' && threads !== null,
    );
    const numbers = [...new Set(given.map(({ threads }) => threads))];
    if (numbers.length <= 1) return null;
    const keys = [...new Set(given.map(({ threadsFrom }) => threadsFrom))] as [string, ...string[]];
    return problem(
      [...keys, 'agent_model.placement'],
      `gives ${numbers.join(' and ')} to members that are inline, but these live in one thread together, with one number. ` +
        'Give one, or place them in threads or processes of their own.',
    );
  },
  function devicesWantMp({ agent_model, critic_model, train }) {
    if (train.parallel_training === 'mp') return null;
    const key = [
      ['agent_model.device', agent_model.device] as const,
      ['critic_model.device', critic_model.device] as const,
    ].find(([, devices]) => Array.isArray(devices) && new Set(devices).size > 1)?.[0];
    if (key === undefined) return null;
    return problem(
      [key, 'train.parallel_training'],
      'has several devices, but `train.parallel_training` is none. Set that to mp, or give one device.',
    );
  },
  function mpWantsAgentDevices({ agent_model, train }) {
    if (train.parallel_training === 'none' || Array.isArray(agent_model.device)) return null;
    return problem(
      ['train.parallel_training', 'agent_model.device'],
      `is mp, but \`agent_model.device\` is ${agent_model.device}, not a list with one device per agent, such as ` +
        '[cuda:0, cuda:1]. Give one, or set this to none.',
    );
  },
  function mpWantsCriticDevices({ algorithm, critic_model, train }) {
    if (train.parallel_training === 'none' || critic_model.device !== null) return null;
    if (!hasSeparateCritics(algorithm)) return null;
    return problem(
      ['train.parallel_training', 'critic_model.device', 'algorithm.name'],
      `is mp, but \`critic_model.device\` is null. Say where ${algorithm.name} has its critics, or set this to none.`,
    );
  },
  function adaptersAreTheirOwnReference({ agent_model, algorithm }) {
    if (agent_model.lora === null || agent_model.reference_device === null) return null;
    if (algorithm.kl_mode === 'off') return null;
    return problem(
      ['agent_model.reference_device', 'agent_model.lora', 'algorithm.kl_mode'],
      'is set, but agents with adapters have their reference in the same memory: the base with the adapter off. ' +
        'Remove it.',
    );
  },
];

/** Critics that are models of their own. */
export function criticCount({ algorithm, env }: Pick<Config, 'algorithm' | 'env'>): number {
  if (!hasSeparateCritics(algorithm)) return 0;
  return algorithm.name === 'collm_dc' ? env.num_agents : 1;
}

/** Where a member lives, as configured. */
export interface Home {
  readonly placement: 'inline' | 'thread' | 'process';
  /** Null: a share of what there is. */
  readonly threads: number | null;
  /** The key that says so. */
  readonly threadsFrom: string;
}

/** Of every model of the agents: one with `agent_model.share`. */
export function agentHomes({ agent_model: model, env }: Config): Home[] {
  return Array.from({ length: model.share ? 1 : env.num_agents }, (_, index) => ({
    placement: valueFor(model.placement, index),
    threads: valueFor(model.threads, index) ?? null,
    threadsFrom: 'agent_model.threads',
  }));
}

/** Of critics that are models of their own: beside the first agent that they see, unless said otherwise. */
export function criticHomes(config: Config): Home[] {
  const { agent_model: agents, critic_model: model } = config;
  return Array.from({ length: criticCount(config) }, (_, index) => {
    const own = valueFor(model.threads, index) ?? null;
    return {
      placement: valueFor(model.placement, index) ?? valueFor(agents.placement, index),
      threads: own ?? valueFor(agents.threads, index) ?? null,
      threadsFrom: own === null ? 'agent_model.threads' : 'critic_model.threads',
    };
  });
}

function lengthOf(values: unknown): number {
  return Array.isArray(values) ? values.length : 0;
}

function counted(count: number, what: string): string {
  return count === 1 ? `there is 1 ${what}` : `there are ${count} ${what}s`;
}
