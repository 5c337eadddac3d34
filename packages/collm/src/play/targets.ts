/** Which endpoint plays which role, as the command line says it. */
import { UsageError } from '../errors.js';

export interface TargetArguments {
  /** URLs separated by commas, one per agent or one for all; each may end in `#model`. */
  readonly agents: string;
  /** Model ids separated by commas, one per agent or one for all; null: as the endpoints list them. */
  readonly models: string | null;
  /** Names of environment variables that hold API keys, likewise; null: no keys. */
  readonly apiKeyEnv: string | null;
}

/** One role's endpoint. */
export interface Target {
  /** The role, from 0. */
  readonly agent: number;
  readonly url: string;
  /** null: as the endpoint lists it. */
  readonly model: string | null;
  readonly apiKey: string | null;
}

/**
 * The endpoints in agent order.
 *
 * @param variables where API keys are looked up
 * @throws UsageError when numbers do not fit, or a key is not there
 */
export function readTargets(
  given: TargetArguments,
  numAgents: number,
  variables: Readonly<Record<string, string | undefined>>,
): Target[] {
  const places = perAgent(given.agents, '--agents', 'endpoint', numAgents).map(splitModel);
  const models = given.models === null ? null : perAgent(given.models, '--models', 'model', numAgents);
  if (models !== null && places.some(({ model }) => model !== null)) {
    throw new UsageError('Models are named in `--agents` (`url#model`) and by `--models`. Leave one out.');
  }
  const keys =
    given.apiKeyEnv === null ? null : perAgent(given.apiKeyEnv, '--api-key-env', 'variable', numAgents);
  return places.map(({ url, model }, agent) => ({
    agent,
    url,
    model: model ?? models?.[agent] ?? null,
    apiKey: keys === null ? null : apiKeyOf(keys[agent] as string, variables),
  }));
}

/** @throws UsageError when the variable is not set */
export function apiKeyOf(name: string, variables: Readonly<Record<string, string | undefined>>): string {
  const key = variables[name];
  if (key !== undefined && key !== '') return key;
  throw new UsageError(
    `\`--api-key-env ${name}\`: the environment variable ${name} is not set. Set it to the key.`,
  );
}

/** Takes `url#model` apart. */
export function splitModel(text: string): { url: string; model: string | null } {
  const at = text.indexOf('#');
  if (at < 0) return { url: text, model: null };
  return { url: text.slice(0, at), model: text.slice(at + 1) || null };
}

function perAgent(list: string, option: string, thing: string, numAgents: number): string[] {
  const values = list.split(',').map((value) => value.trim());
  if (values.includes(''))
    throw new UsageError(`\`${option} ${list}\` has an empty place. Write ${thing}s separated by commas.`);
  if (values.length === 1) return Array.from({ length: numAgents }, () => values[0] as string);
  if (values.length === numAgents) return values;
  throw new UsageError(
    `\`${option}\` gives ${values.length} ${thing}s, but the environment has ${numAgents} ${numAgents === 1 ? 'agent' : 'agents'}. Give one for each, or one for all.`,
  );
}
