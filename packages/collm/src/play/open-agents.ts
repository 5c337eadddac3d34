/** Looks at all endpoints before anything is played, and makes agents of them. */
import type { Endpoint, EndpointActor, EndpointOptions, ListedModel } from '@collm/marl';
import { UsageError } from '../errors.js';
import type { Target } from './targets.js';

/** What all endpoints of a team are opened with. */
export type SharedOptions = Pick<EndpointOptions, 'timeoutSeconds' | 'retries' | 'concurrency' | 'signal'>;

export interface OpenedAgents {
  readonly actors: readonly EndpointActor[];
  /** One line per agent: where it is, and what should be known about it. */
  readonly lines: readonly string[];
}

/** At least one endpoint cannot play; the lines say what is wrong with which agent. */
export class AgentsDown extends Error {
  override readonly name = 'AgentsDown';
  constructor(
    readonly lines: readonly string[],
    readonly count: number,
  ) {
    super(lines.join('\n'));
  }
}

/**
 * Asks every endpoint what it serves, all at once, and chooses a model for each role. Roles with the same endpoint share
 * its limits.
 *
 * @param tell takes a line when an endpoint is given up for a while
 * @throws AgentsDown when a role has nobody to play it
 * @throws UsageError for a URL that cannot be one
 */
export async function openAgents(
  targets: readonly Target[],
  options: SharedOptions,
  tell: (line: string) => void,
): Promise<OpenedAgents> {
  const { EndpointActor } = await import('@collm/marl');
  const endpoints = await endpointsOf(targets, options, tell);
  const listed = new Map(
    await Promise.all(
      [...new Set(endpoints)].map(async (endpoint) => [endpoint, await ask(endpoint)] as const),
    ),
  );
  const found = targets.map((target, index) => {
    const endpoint = endpoints[index] as Endpoint;
    const where = `agent-${target.agent} (${endpoint.url})`;
    const model = chooseModel(target, listed.get(endpoint) as Listed, '`--models`');
    if (typeof model === 'string') return { line: `${where}: ${model}` };
    const actor = new EndpointActor(endpoint, model, target.agent);
    const alone = endpoints.every((other) => other === endpoint);
    return { line: `${where}: model ${model.id}${remark(actor, alone)}`, actor };
  });
  const lines = found.map(({ line }) => line);
  const actors = found.flatMap(({ actor }) => actor ?? []);
  if (actors.length < targets.length) throw new AgentsDown(lines, targets.length - actors.length);
  return { actors, lines };
}

/** One endpoint per URL and key. */
async function endpointsOf(
  targets: readonly Target[],
  options: SharedOptions,
  tell: (line: string) => void,
): Promise<Endpoint[]> {
  const { baseUrl, Endpoint, EndpointError } = await import('@collm/marl');
  const known = new Map<string, Endpoint>();
  return targets.map(({ agent, url, apiKey }) => {
    try {
      const name = JSON.stringify([baseUrl(url), apiKey]);
      const endpoint = known.get(name) ?? new Endpoint({ ...options, url, apiKey, tell });
      known.set(name, endpoint);
      return endpoint;
    } catch (error) {
      if (error instanceof EndpointError) throw new UsageError(`agent-${agent}: ${error.message}.`);
      throw error;
    }
  });
}

/** What an endpoint serves, or why that is not known. */
type Listed = { readonly models: readonly ListedModel[] } | { readonly error: Error };

async function ask(endpoint: Endpoint): Promise<Listed> {
  const { EndpointError } = await import('@collm/marl');
  try {
    return { models: await endpoint.models() };
  } catch (error) {
    if (error instanceof EndpointError) return { error };
    throw error;
  }
}

/**
 * The model for a role, or what is in the way.
 *
 * @param agent null: there is only one to be meant
 * @param cure how the user names one of several
 */
export function chooseModel(
  { agent, model: named }: { readonly agent: number | null; readonly model: string | null },
  listed: Listed,
  cure: string,
): ListedModel | string {
  if ('error' in listed) {
    // Some servers have no list; that they take requests will be seen.
    const { error } = listed;
    const noList = named !== null && /^it answered (404|405|501)/.test(error.message);
    return noList ? { id: named, ours: null } : error.message;
  }
  const { models } = listed;
  const ids = models.map(({ id }) => id);
  const serves = ids.length === 0 ? 'it serves no model' : `it serves ${shortList(ids)}`;
  if (named !== null) return models.find(({ id }) => id === named) ?? `${serves}, but not ${named}`;
  if (models.length === 1) return models[0] as ListedModel;
  const ofRole = models.filter(({ ours }) => agent !== null && ours?.agent === agent);
  if (ofRole.length === 1) return ofRole[0] as ListedModel;
  return models.length === 0 ? serves : `${serves}; say which one by \`url#model\` or ${cure}`;
}

/** @param alone whether the endpoint plays every role */
function remark({ model: { ours }, agent, exact }: EndpointActor, alone: boolean): string {
  if (ours === null || !exact) return ', not a server of ours: it may draw other random numbers each time';
  if (ours.agent === null || ours.agent === agent || alone) return '';
  return `, which was trained as agent-${ours.agent}: are the URLs in the order of the agents?`;
}

const SHOWN = 8;

function shortList(ids: readonly string[]): string {
  const more = ids.length > SHOWN ? ` and ${ids.length - SHOWN} more` : '';
  return ids.slice(0, SHOWN).join(', ') + more;
}
