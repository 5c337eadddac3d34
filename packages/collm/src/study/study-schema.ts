/** What a study file may hold: keys, types and ranges. What goes across keys is checked in study-rules.ts. */
import { z } from 'zod';

/** Names become parts of folder names, joined by "-". */
const NAME = /^[A-Za-z0-9_.]*[A-Za-z0-9_][A-Za-z0-9_.]*$/;

/** What is allowed in a name, for people. */
export const nameRule = 'letters, digits, "_" and "."';

export const isName = (text: string): boolean => NAME.test(text);

const part = z.record(z.string(), z.unknown()).default({});
const text = z.string().min(1);
const label = text.optional();
/** A name of something in the file; YAML reads some of them as numbers. */
const name = z.preprocess((value) => (typeof value === 'number' ? String(value) : value), text);
const names = z.preprocess((value) => (Array.isArray(value) ? value : [value]), z.array(name).min(1));

/** Protocols of models before training. */
const untrainedProtocols = ['raw', 'parallel', 'pipeline', 'discussion'] as const;

export const measures = ['final', 'area', 'samples'] as const;

const modelSchema = z
  .object({ task: text })
  .catchall(z.union([z.string(), z.number(), z.array(z.string()).min(1)]));

const seeds = z.array(z.int().min(0)).min(1);

const taskSchema = z.strictObject({
  label,
  config: part,
  env_steps: z.int().min(1),
  metric: text.default('eval/return'),
  threshold: z.number().nullable().default(null),
  seeds: seeds.optional(),
});

const methodSchema = z.strictObject({
  label,
  config: part,
  protocol: z.enum(untrainedProtocols).nullable().default(null),
  per_task: z.record(z.string(), part).default({}),
});

const levelSchema = z.strictObject({ label, config: part });

const axisSchema = z.strictObject({ label, levels: z.record(z.string(), levelSchema) });

const pattern = z.record(z.string(), names);

const overrideSchema = z.strictObject({
  where: pattern,
  config: part,
  threshold: z.number().nullable().default(null),
});

const cellSchema = z.strictObject({ method: name, conditions: z.record(z.string(), name).default({}) });

const claimSchema = z.strictObject({
  text,
  task: name,
  measure: z.enum(measures).default('final'),
  first: cellSchema,
  second: cellSchema,
  expect: z.enum(['higher', 'lower', 'equal']),
  margin: z.number().positive().optional(),
});

export const studySchema = z.strictObject({
  name: text.refine(isName, `a name of ${nameRule}`).optional(),
  title: text.optional(),
  question: z.string().default(''),
  models: z.record(z.string(), modelSchema).default({}),
  base: part,
  tasks: z.record(z.string(), taskSchema),
  methods: z.record(z.string(), methodSchema),
  axes: z.record(z.string(), axisSchema).default({}),
  exclude: z.array(pattern).default([]),
  overrides: z.array(overrideSchema).default([]),
  seeds,
  claims: z.record(z.string(), claimSchema).default({}),
  keep: z.array(text).optional(),
});

/** A file whose single values are right. */
export type StudyFile = z.infer<typeof studySchema>;

const keysOf = (schema: z.ZodObject): string[] => Object.keys(schema.shape);

/** Keys that are known at a place of the file; `*` stands for a name. */
const sections: readonly (readonly [place: string, keys: readonly string[]])[] = [
  ['', keysOf(studySchema)],
  ['tasks.*', keysOf(taskSchema)],
  ['methods.*', keysOf(methodSchema)],
  ['axes.*', keysOf(axisSchema)],
  ['axes.*.levels.*', keysOf(levelSchema)],
  ['overrides.*', keysOf(overrideSchema)],
  ['claims.*', keysOf(claimSchema)],
  ['claims.*.first', keysOf(cellSchema)],
  ['claims.*.second', keysOf(cellSchema)],
];

/** Keys that may stand at a place; none where names of one's own do. */
export function knownKeys(place: readonly string[]): readonly string[] {
  const found = sections.find(([pattern]) => {
    const words = pattern === '' ? [] : pattern.split('.');
    return words.length === place.length && words.every((word, at) => word === '*' || word === place[at]);
  });
  return found?.[1] ?? [];
}
