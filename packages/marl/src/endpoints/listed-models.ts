import { EndpointError } from './endpoint-error.js';
import { isObject } from './is-object.js';

/** What an endpoint says of one of its models. */
export interface ListedModel {
  readonly id: string;
  /** Set for a server of ours: what it says beyond the protocol. */
  readonly ours: OwnModel | null;
}

/** A model of our own server. */
export interface OwnModel {
  /** The role that it was trained for, from 0; null for a plain model. */
  readonly agent: number | null;
  /** What it takes beyond the protocol, such as `collm.sample_key`. */
  readonly extensions: readonly string[];
}

/** What an agent of ours has to be asked with to answer as it would in this process. */
export const exactExtensions = ['collm.sample_key', 'collm.truncate', 'collm.format', 'token_ids'] as const;

/** Whether a model answers as the same agent in this process would. */
export function answersExactly({ ours }: ListedModel): boolean {
  return ours !== null && exactExtensions.every((name) => ours.extensions.includes(name));
}

/**
 * Reads the answer to `GET /models`.
 *
 * @throws EndpointError when it is no list of models
 */
export function readModels(json: unknown): ListedModel[] {
  const list = isObject(json) ? json.data : undefined;
  if (!Array.isArray(list)) throw new EndpointError('nonsense', 'its list of models has no `data`');
  return list.map((entry: unknown): ListedModel => {
    if (!isObject(entry) || typeof entry.id !== 'string' || entry.id === '') {
      throw new EndpointError('nonsense', 'its list of models has an entry without an `id`');
    }
    return { id: entry.id, ours: entry.owned_by === 'collm' ? ownModel(entry.collm) : null };
  });
}

function ownModel(said: unknown): OwnModel | null {
  if (!isObject(said) || !Array.isArray(said.extensions)) return null;
  const { agent, extensions } = said;
  return {
    agent: Number.isInteger(agent) ? (agent as number) : null,
    extensions: extensions.filter((name): name is string => typeof name === 'string'),
  };
}
