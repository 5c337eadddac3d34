/** Models and data sets that a configuration names on the hub (`org/name`), fetched before anything is opened. */
import { basename, isAbsolute } from 'node:path';
import { EnvError } from '@collm/envs';
import { ConfigError } from '../errors.js';
import { pinDataset } from '../fetch-data.js';
import { fetchFolder } from '../fetch-model.js';
import type { Io } from '../io.js';
import type { Config } from './schema.js';

export interface FetchedConfig {
  /** Names of the hub with the commit they were fetched at, so that a resumed run starts from the same. */
  readonly config: Config;
  /** The same with every model as a folder. */
  readonly local: Config;
}

/**
 * Fetches the models and the data that are on the hub, and tells of it. A configuration of folders comes back as it is.
 *
 * @throws ConfigError naming the key, when one cannot be had
 */
export async function fetchFromHub(config: Config, io: Pick<Io, 'stderr'>): Promise<FetchedConfig> {
  const agent = await fetchEach('agent_model.path', config.agent_model.path, io);
  const critic = await fetchEach('critic_model.path', config.critic_model.path, io);
  const env = await fetchData(config.env, io);
  const withPaths = (kind: keyof FetchedModel): Config => ({
    ...config,
    env,
    agent_model: { ...config.agent_model, path: agent(kind) as AgentPath },
    critic_model: { ...config.critic_model, path: critic(kind) },
  });
  return { config: withPaths('pinned'), local: withPaths('folder') };
}

type AgentPath = Config['agent_model']['path'];

interface FetchedModel {
  /** With its commit, where it is of the hub. */
  readonly pinned: string;
  readonly folder: string;
}

/** The `env` section with its data set at a commit. */
async function fetchData(env: Config['env'], io: Pick<Io, 'stderr'>): Promise<Config['env']> {
  const { dataset, train_split, eval_split } = env;
  if (dataset === undefined) return env;
  const splits = [train_split, eval_split].filter((split) => typeof split === 'string');
  try {
    return { ...env, dataset: await pinDataset(dataset, splits, io) };
  } catch (cause) {
    if (!(cause instanceof EnvError)) throw cause;
    throw new ConfigError([{ path: 'env.dataset', message: `\`env.dataset\`: ${cause.message}` }], { cause });
  }
}

/** Fetches one model, a list of them, or none; what comes back gives the same shape. */
async function fetchEach(
  key: string,
  paths: AgentPath | null,
  io: Pick<Io, 'stderr'>,
): Promise<(kind: keyof FetchedModel) => AgentPath | null> {
  if (paths === null) return () => null;
  const fetched: FetchedModel[] = [];
  for (const path of [paths].flat()) fetched.push(await fetchModel(key, path, io));
  return (kind) => {
    const all = fetched.map((one) => one[kind]);
    return Array.isArray(paths) ? all : (all[0] as string);
  };
}

async function fetchModel(key: string, path: string, io: Pick<Io, 'stderr'>): Promise<FetchedModel> {
  if (isAbsolute(path)) return { pinned: path, folder: path };
  const { ModelError, parseHubId } = await import('@collm/lm');
  try {
    const folder = await fetchFolder(path, io);
    const repo = parseHubId(path)?.repo;
    // The name of a snapshot's folder is its commit.
    const isSnapshot = repo !== undefined && /^[0-9a-f]{40}$/.test(basename(folder));
    return { pinned: isSnapshot ? `${repo}@${basename(folder)}` : folder, folder };
  } catch (cause) {
    if (!(cause instanceof ModelError)) throw cause;
    const message = `\`${key}\` is ${path}, and there is no such folder. As a model of the hub: ${cause.message}`;
    throw new ConfigError([{ path: key, message }], { cause });
  }
}
