/** The schema as a flat list of keys: for error messages, suggestions and the documentation. */
import { closest, distance } from 'fastest-levenshtein';
import { z } from 'zod';
import { configSchema } from './schema.js';

/** One key of the configuration. */
export interface Knob {
  /** Dotted, e.g. `train.top_p`. */
  readonly path: string;
  /** What a value must be, e.g. `a number above 0 and at most 1, or null`. */
  readonly rule: string;
  readonly description: string;
  /** Absent when the key must be given. */
  readonly default?: unknown;
  /** The branch it belongs to, e.g. `algorithm.name: magrpo`; absent for keys without branches. */
  readonly branch?: string;
}

interface JsonSchema {
  type?: string | readonly string[];
  const?: unknown;
  enum?: unknown[];
  default?: unknown;
  description?: string;
  properties?: Record<string, JsonSchema>;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  items?: JsonSchema;
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  exclusiveMaximum?: number;
  pattern?: string;
}

/** JSON Schema of configuration files, for editors. */
export function configJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(configSchema, { io: 'input' }) as Record<string, unknown>;
}

/** Every key, in the order of the schema. */
export const knobs: readonly Knob[] = sectionKnobs(configJsonSchema() as JsonSchema);

function sectionKnobs(root: JsonSchema): Knob[] {
  return Object.entries(root.properties ?? {}).flatMap(([section, schema]) => {
    if (!schema.oneOf) return keysOf(section, schema);
    const seen: Knob[] = [];
    for (const variant of schema.oneOf) {
      const [key, chosen] = Object.entries(variant.properties ?? {}).find(([, p]) => 'const' in p) ?? [];
      seen.push(...keysOf(section, variant, `${section}.${key}: ${String(chosen?.const)}`));
    }
    return seen;
  });
}

function keysOf(section: string, schema: JsonSchema, branch?: string): Knob[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, property]) => [
    {
      path: `${section}.${key}`,
      rule: ruleOf(property),
      description: property.description ?? '',
      ...('default' in property ? { default: property.default } : {}),
      ...(branch === undefined ? {} : { branch }),
    },
    ...(property.anyOf ?? []).flatMap((inner) => keysOf(`${section}.${key}`, inner, branch)),
  ]);
}

function ruleOf(schema: JsonSchema): string {
  const options = schema.anyOf;
  if (options) return options.map(ruleOf).join(', or ');
  if (Array.isArray(schema.type)) return schema.type.map((type) => ruleOf({ ...schema, type })).join(', or ');
  if ('const' in schema) return String(schema.const);
  if (schema.enum) return schema.enum.map(String).join(' or ');
  switch (schema.type) {
    case 'integer':
    case 'number':
      return `${schema.type === 'integer' ? 'an integer' : 'a number'}${rangeOf(schema)}`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return `a list of ${(schema.items?.type ?? '') === 'array' ? 'lists of texts' : 'texts'}`;
    case 'object':
      return 'a section';
    case 'null':
      return 'null';
    default:
      return schema.pattern === undefined ? 'a text' : 'cpu, cuda or cuda:N';
  }
}

function rangeOf({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: JsonSchema): string {
  const limits = [
    ...(minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? [`at least ${minimum}`] : []),
    ...(exclusiveMinimum !== undefined ? [`above ${exclusiveMinimum}`] : []),
    ...(maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? [`at most ${maximum}`] : []),
    ...(exclusiveMaximum !== undefined ? [`below ${exclusiveMaximum}`] : []),
  ];
  return limits.length === 0 ? '' : ` ${limits.join(' and ')}`;
}

/** The knob at a path, or the one that a deeper path lies in; `branches` are the chosen ones. */
export function knobAt(path: string, branches: readonly string[] = []): Knob | undefined {
  const around = knobs.filter((knob) => path === knob.path || path.startsWith(`${knob.path}.`));
  const deepest = Math.max(...around.map((knob) => knob.path.length));
  const fitting = around.filter((knob) => knob.path.length === deepest);
  return fitting.find((knob) => knob.branch === undefined || branches.includes(knob.branch)) ?? fitting[0];
}

/** Names of earlier CoMLRL versions and other trainers. */
const renamed: Readonly<Record<string, string>> = {
  learning_rate: 'train.agent_learning_rate',
  actor_learning_rate: 'train.agent_learning_rate',
  termination_threshold: 'env.early_termination_threshold',
  lr: 'train.agent_learning_rate',
  epochs: 'train.num_train_epochs',
  gamma: 'algorithm.discount',
  batch_size: 'algorithm.train_batch_size',
  rollout_buffer_size: 'train.items_per_step',
  model: 'agent_model.path',
  agent: 'agent_model',
  critic: 'critic_model',
  environment: 'env',
  trainer: 'train',
};

const sections = Object.keys(configSchema.shape);

/** The right key nearest to an unknown one, or undefined when nothing is near. */
export function suggestKey(path: string, branches: readonly string[] = []): string | undefined {
  const key = path.slice(path.lastIndexOf('.') + 1);
  const section = path.includes('.') ? path.slice(0, path.lastIndexOf('.')) : '';
  const open = knobs.filter((knob) => knob.branch === undefined || branches.includes(knob.branch));
  if (section === '') {
    const near = nearest(key, sections);
    if (near !== undefined) return near;
  } else {
    const siblings = open.flatMap((knob) =>
      knob.path.startsWith(`${section}.`) ? [knob.path.slice(section.length + 1)] : [],
    );
    const near = nearest(key, siblings);
    if (near !== undefined) return `${section}.${near}`;
  }
  if (Object.hasOwn(renamed, key)) return renamed[key];
  const elsewhere = nearest(
    key,
    open.map((knob) => knob.path.slice(knob.path.lastIndexOf('.') + 1)),
  );
  return open.find((knob) => knob.path.endsWith(`.${elsewhere}`))?.path;
}

/** The nearest of some names, if at most a third of it differs. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const near = closest(name, candidates);
  return distance(name, near) <= Math.max(2, Math.floor(near.length / 3)) ? near : undefined;
}
