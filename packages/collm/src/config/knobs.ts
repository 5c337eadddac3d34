/** The schema as a flat list of keys: for error messages, suggestions and the documentation. */
import { z } from 'zod';
import { nearest } from '../nearest.js';
import { referenceKey } from './reference-names.js';
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
  prefixItems?: JsonSchema[];
  minItems?: number;
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
    ...[property, ...(property.anyOf ?? [])].flatMap((inner) => keysOf(`${section}.${key}`, inner, branch)),
  ]);
}

function ruleOf(schema: JsonSchema, isAlternative = false): string {
  const options = schema.anyOf;
  if (options) return options.map((option) => ruleOf(option, true)).join(', or ');
  if (Array.isArray(schema.type)) return schema.type.map((type) => ruleOf({ ...schema, type })).join(', or ');
  if ('const' in schema) return String(schema.const);
  if (schema.enum) return schema.enum.map(String).join(' or ');
  switch (schema.type) {
    case 'integer':
    case 'number':
      if (schema.minimum !== undefined && schema.minimum === schema.maximum) return String(schema.minimum);
      return `${schema.type === 'integer' ? 'an integer' : 'a number'}${rangeOf(schema)}`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return `a ${schema.prefixItems || !schema.minItems ? '' : 'non-empty '}list of ${contentOf(schema, isAlternative)}`;
    case 'object':
      return 'a section';
    case 'null':
      return 'null';
    default:
      return schema.pattern === undefined ? 'a text' : 'cpu, cuda or cuda:N';
  }
}

/** @param isAlternative the rule of one element was said before */
function contentOf({ prefixItems, items }: JsonSchema, isAlternative: boolean): string {
  if (prefixItems) {
    const each = ruleOf(prefixItems[0] as JsonSchema);
    return `${prefixItems.length} numbers${each === 'a number' ? '' : `, each ${each}`}`;
  }
  if (items?.type === 'array') return `${items.minItems ? 'non-empty ' : ''}lists of texts`;
  if (items?.type === 'integer' || items?.type === 'number') return 'numbers';
  if (items?.enum && !isAlternative) return `these: ${items.enum.join(', ')}`;
  return items?.enum || items?.pattern ? 'these' : 'texts';
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

const sections = Object.keys(configSchema.shape);

/** The branches that have a key, e.g. `algorithm.name: magrpo`; empty for keys of all, and for unknown ones. */
export function branchesWith(path: string): string[] {
  return knobs.flatMap((knob) => (knob.path === path && knob.branch !== undefined ? [knob.branch] : []));
}

/** What to do about an unknown key: a sentence or two, and the key or section to use instead, if there is one. */
export function cureFor(
  path: string,
  branches: readonly string[] = [],
): { readonly text: string; readonly instead?: string } {
  const theirs = referenceKey(path);
  if (theirs !== undefined) {
    if ('none' in theirs) return { text: `Remove it: there is no such key here. ${theirs.none}` };
    const remark = theirs.remark === undefined ? '' : ` ${theirs.remark}`;
    return { text: `Did you mean \`${theirs.key}\`?${remark}`, instead: theirs.key };
  }
  const suggestion = sameName(path, branches) ?? similarName(path, branches);
  if (suggestion === undefined) return { text: 'Remove it; docs/configuration.md lists all keys.' };
  return { text: `Did you mean \`${suggestion}\`?`, instead: suggestion };
}

/** The key of the same name in another section; of the chosen branches before others. */
function sameName(path: string, branches: readonly string[]): string | undefined {
  const key = path.slice(path.lastIndexOf('.') + 1);
  const same = knobs.filter((knob) => knob.path.endsWith(`.${key}`));
  return (same.find((knob) => isOpen(knob, branches)) ?? same[0])?.path;
}

/** The key or section that is spelt nearly so: beside it, else anywhere. */
function similarName(path: string, branches: readonly string[]): string | undefined {
  const key = path.slice(path.lastIndexOf('.') + 1);
  const section = path.includes('.') ? path.slice(0, path.lastIndexOf('.')) : '';
  const open = knobs.filter((knob) => isOpen(knob, branches));
  const siblings =
    section === ''
      ? sections
      : open.flatMap(({ path: other }) =>
          other.startsWith(`${section}.`) ? [other.slice(section.length + 1)] : [],
        );
  const near = nearest(key, siblings);
  if (near !== undefined) return section === '' ? near : `${section}.${near}`;
  const elsewhere = nearest(
    key,
    open.map((knob) => knob.path.slice(knob.path.lastIndexOf('.') + 1)),
  );
  return open.find((knob) => knob.path.endsWith(`.${elsewhere}`))?.path;
}

function isOpen({ branch }: Knob, branches: readonly string[]): boolean {
  return branch === undefined || branches.includes(branch);
}
