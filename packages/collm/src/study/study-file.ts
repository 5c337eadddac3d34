/** Reads a study file; what is wrong with it is told all at once, with the path of every key. */
import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { CollmError, type Problem } from '../errors.js';
import { nearest } from '../nearest.js';
import { parseYaml, YamlError } from '../yaml-tree.js';
import { defaultKeep } from './keep.js';
import { studyRuleProblems } from './study-rules.js';
import { isName, knownKeys, nameRule, type StudyFile, studySchema } from './study-schema.js';
import type { CellName, CellPattern, ConfigPart, ModelRecipe, Study } from './types.js';

/** A study that cannot be run, with every problem found in it. */
export class StudyError extends CollmError {
  override readonly name = 'StudyError';
  constructor(
    readonly problems: readonly Problem[],
    options?: ErrorOptions,
  ) {
    const [first] = problems;
    const list = problems.map(({ message }) => `  - ${message}`).join('\n');
    const text = `${problems.length} problems in the study:\n${list}`;
    super('CONFIG', problems.length === 1 ? (first as Problem).message : text, options);
  }
}

/** A study, and where its file lies: paths in its configurations are relative to that. */
export interface OpenedStudy {
  readonly study: Study;
  /** Folder of the file, absolute. */
  readonly dir: string;
}

/**
 * Reads and checks a study file. Its name is `name`, else that of the file, else that of the folder of a `study.yaml`.
 *
 * @throws StudyError with all problems at once
 */
export function readStudy(given: string, cwd = process.cwd()): OpenedStudy {
  const path = resolve(cwd, given);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : 'cannot be read';
    throw new StudyError([{ path: '', message: `The study \`${given}\` ${why}. Check the path.` }], {
      cause,
    });
  }
  return { study: parseStudy(text, given, nameOf(path)), dir: dirname(path) };
}

/**
 * Checks the text of a study file.
 *
 * @param given the file as the user typed it, for messages
 * @param fallback name of a study that does not say its own
 */
export function parseStudy(text: string, given: string, fallback: string): Study {
  const ordered = readOrdered(text, given);
  if (!(ordered instanceof Map)) {
    const message = `\`${given}\` holds no keys. A study needs at least \`tasks\`, \`methods\` and \`seeds\`.`;
    throw new StudyError([{ path: '', message }]);
  }
  const plain = plainOf(ordered) as Record<string, unknown>;
  const file = withShortCells(plain);
  const first = studySchema.safeParse(file);
  const issues = first.error?.issues ?? [];
  const problems = issues.flatMap((issue) => problemsOf(issue, plain));
  // Without unknown keys the rest may be right, so that it can be looked at as well.
  const parsed = first.success ? first : studySchema.safeParse(withoutUnknown(file, issues));
  if (!parsed.success) throw new StudyError(problems);
  const study = toStudy(parsed.data, ordered, fallback);
  problems.push(...studyRuleProblems(study, parsed.data));
  if (problems.length > 0) throw new StudyError(problems);
  return study;
}

/** Maps, because objects put keys that look like numbers first. */
function readOrdered(text: string, given: string): unknown {
  try {
    return parseYaml(text, { mapAsMap: true });
  } catch (cause) {
    if (!(cause instanceof YamlError)) throw cause;
    const message = `\`${given}\` is not valid YAML: ${cause.message}. Correct the file.`;
    throw new StudyError([{ path: '', message }], { cause });
  }
}

function withoutUnknown(file: object, issues: readonly Issue[]): object {
  const known = structuredClone(file);
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys') continue;
    const parent = issue.path.reduce<unknown>((inner, key) => (inner as never)?.[key], known);
    for (const key of issue.keys) delete (parent as Record<string, unknown>)[key];
  }
  return known;
}

function nameOf(path: string): string {
  const stem = basename(path).replace(/\.ya?ml$/, '');
  const name = stem === 'study' ? basename(dirname(path)) : stem;
  if (isName(name)) return name;
  // Of a folder or file whose name may hold anything; names of studies become names of folders.
  return name.replace(/[^A-Za-z0-9_.]+/g, '_').replace(/^\.+$/, '_') || 'study';
}

/** Maps as objects; what is null where there could be keys holds none. */
function plainOf(value: unknown): unknown {
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([key, inner]) => [String(key), plainOf(inner)]));
  return Array.isArray(value) ? value.map(plainOf) : value;
}

/** `first: magrpo` is short for `first: { method: magrpo }`, and a name without keys for one with none of them. */
function withShortCells(file: Record<string, unknown>): Record<string, unknown> {
  const cell = (value: unknown) => (typeof value === 'string' ? { method: value } : value);
  const each = (value: unknown, change: (inner: unknown) => unknown) =>
    isDict(value) ? Object.fromEntries(Object.entries(value).map(([k, inner]) => [k, change(inner)])) : value;
  const claims = each(file.claims, (claim) =>
    isDict(claim) ? { ...claim, first: cell(claim.first), second: cell(claim.second) } : claim,
  );
  const axes = each(file.axes, (axis) =>
    isDict(axis) ? { ...axis, levels: each(axis.levels, (level) => level ?? {}) } : axis,
  );
  const given = Object.entries({ ...file, claims, axes });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined && value !== null));
}

function toStudy(file: StudyFile, ordered: Map<unknown, unknown>, fallback: string): Study {
  /** Entries of a map in the order of the file. */
  const entries = <T>(values: Readonly<Record<string, T>>, ...path: string[]): [string, T][] =>
    keysInOrder(ordered, path).map((key) => [key, values[key] as T]);
  const name = file.name ?? fallback;
  return {
    name,
    title: file.title ?? name,
    question: file.question,
    models: new Map<string, ModelRecipe>(entries(file.models, 'models')),
    base: file.base as ConfigPart,
    tasks: entries(file.tasks, 'tasks').map(([task, { label, env_steps, seeds, ...same }]) => ({
      ...{ name: task, label: label ?? task, envSteps: env_steps, seeds: seeds ?? null, ...same },
    })),
    methods: entries(file.methods, 'methods').map(([method, { label, config, protocol, per_task }]) => ({
      ...{ name: method, label: label ?? method, config, protocol, perTask: per_task },
    })),
    axes: entries(file.axes, 'axes').map(([axis, { label, levels }]) => ({
      name: axis,
      label: label ?? axis,
      levels: entries(levels, 'axes', axis, 'levels').map(([level, { label: own, config }]) => ({
        ...{ name: level, label: own ?? level, config },
      })),
    })),
    exclude: file.exclude as CellPattern[],
    overrides: file.overrides.map(({ where, ...rest }) => ({ where: where as CellPattern, ...rest })),
    seeds: file.seeds,
    claims: entries(file.claims, 'claims').map(([id, claim]) => ({
      ...{ id, text: claim.text, task: claim.task, measure: claim.measure, expect: claim.expect },
      first: claim.first as CellName,
      second: claim.second as CellName,
      margin: claim.margin ?? 0,
    })),
    keep: file.keep ?? defaultKeep,
  };
}

function keysInOrder(ordered: Map<unknown, unknown>, path: readonly string[]): string[] {
  let found: unknown = ordered;
  for (const word of path) {
    const entries: [unknown, unknown][] = found instanceof Map ? [...found] : [];
    found = entries.find(([key]) => String(key) === word)?.[1];
  }
  return found instanceof Map ? [...found.keys()].map(String) : [];
}

type Issue = NonNullable<ReturnType<typeof studySchema.safeParse>['error']>['issues'][number];

function problemsOf(issue: Issue, file: unknown): Problem[] {
  const place = issue.path.map(String);
  const at = place.join('.');
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(place);
    return issue.keys.map((key) => {
      const path = [...place, key].join('.');
      const near = nearest(key, known);
      const cure = near === undefined ? `Known here are ${known.join(', ')}.` : `Did you mean \`${near}\`?`;
      return { path, message: `\`${path}\` is not a known key. ${cure}` };
    });
  }
  const value = issue.path.reduce<unknown>((inner, key) => (inner as never)?.[key], file);
  if (value === undefined || value === null) {
    return [{ path: at, message: `\`${at}\` is not set, but a study needs it: ${ruleOf(issue)}.` }];
  }
  return [{ path: at, message: `\`${at}\` is ${shown(value)}, but must be ${ruleOf(issue)}.` }];
}

/** What a value must be. */
function ruleOf(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return (
        { record: 'a section with names and keys', object: 'a section with keys', array: 'a list' }[
          issue.expected as string
        ] ??
        { int: 'a whole number', number: 'a number', string: 'a text' }[issue.expected as string] ??
        issue.expected
      );
    case 'too_small': {
      if (issue.origin === 'array') return 'a list of one or more';
      if (issue.origin === 'string') return 'a text that is not empty';
      return `${issue.inclusive ? 'at least' : 'above'} ${issue.minimum}`;
    }
    case 'invalid_value':
      return issue.values.map(String).join(' or ');
    case 'invalid_union':
      return 'a text, a number, or a list of texts';
    case 'custom':
      return `made of ${nameRule}`;
    default:
      return issue.message.replace(/^Invalid input: expected /, '');
  }
}

function isDict(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const SHOWN = 60;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
