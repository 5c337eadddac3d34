/** Models that a configuration names on the hub (`org/name`), fetched before anything is opened. */
import { existsSync } from 'node:fs';
import { basename, isAbsolute, resolve } from 'node:path';
import type { HubProgress } from '@collm/lm';
import { ConfigError } from '../errors.js';
import type { Io } from '../io.js';
import { Progress } from '../sinks/progress.js';
import type { Config } from './schema.js';

/** Keys that hold a folder or a model of the hub. */
export const modelKeys: readonly string[] = ['agent_model.path', 'critic_model.path'];

export interface FetchedConfig {
  /** Models of the hub with the commit they were fetched at, so that a resumed run starts from the same. */
  readonly config: Config;
  /** The same with every model as a folder. */
  readonly local: Config;
}

/**
 * Whether the value of a model key may name a model of the hub: one slash, no folder of that name beside the
 * file that it stands in, and not written as a path.
 */
export function mayBeOnHub(value: string, dir: string): boolean {
  return /^[^./][^/]*\/[^/@]+(@.+)?$/.test(value) && !existsSync(resolve(dir, value));
}

/**
 * Fetches the models that are on the hub, and tells of it. A configuration of folders comes back as it is.
 *
 * @throws ConfigError naming the key, when a model cannot be had
 */
export async function fetchModels(config: Config, io: Pick<Io, 'stderr'>): Promise<FetchedConfig> {
  const agent = await fetchModel('agent_model.path', config.agent_model.path, io);
  const critic =
    config.critic_model.path === null
      ? null
      : await fetchModel('critic_model.path', config.critic_model.path, io);
  const withPaths = (agentPath: string, criticPath: string | null): Config => ({
    ...config,
    agent_model: { ...config.agent_model, path: agentPath },
    critic_model: { ...config.critic_model, path: criticPath },
  });
  return {
    config: withPaths(agent.pinned, critic?.pinned ?? null),
    local: withPaths(agent.folder, critic?.folder ?? null),
  };
}

async function fetchModel(
  key: string,
  path: string,
  io: Pick<Io, 'stderr'>,
): Promise<{ pinned: string; folder: string }> {
  if (isAbsolute(path)) return { pinned: path, folder: path };
  const { ModelError, parseHubId, resolveModel } = await import('@collm/lm');
  const progress = new Progress(io.stderr);
  let announced = false;
  const onProgress = ({ file, bytesDone, bytesTotal }: HubProgress) => {
    if (!announced) progress.line(`Fetching ${path}`);
    announced = true;
    progress.status(`${file} ${Math.floor((100 * bytesDone) / Math.max(bytesTotal, 1))}%`);
  };
  try {
    const folder = resolve(
      await resolveModel(path, { onProgress, onWarning: (text) => progress.line(text) }),
    );
    if (announced) progress.line(`Fetched to ${folder}`);
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
