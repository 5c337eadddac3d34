/** Checks a merged configuration and reports every problem at once. */
import { taskNamed } from '@collm/envs';
import { ConfigError, type Problem } from '../errors.js';
import { treeOf } from '../yaml-tree.js';
import { snakeKeys } from './case.js';
import { branchesWith, cureFor, knobAt } from './knobs.js';
import { readReferenceValues, referenceValueRemark } from './reference-names.js';
import { crossFieldProblems } from './rules/rules.js';
import { type Config, configSchema } from './schema.js';

type Dict = Record<string, unknown>;
type Issue = NonNullable<ReturnType<typeof configSchema.safeParse>['error']>['issues'][number];
type Path = readonly PropertyKey[];

/**
 * The configuration with every default filled in.
 *
 * @throws ConfigError with all problems: wrong values, unknown keys, and keys that do not go together
 */
export function checkConfig(merged: Dict): Config {
  const problems: Problem[] = [];
  const wrong: string[] = [];
  // A tree: what stood at two places would be repaired at both.
  let candidate = readSpellings(treeOf(merged));
  // Every round repairs what was reported, so that the rest, and the rules across keys, are checked too.
  for (;;) {
    const parsed = configSchema.safeParse(candidate);
    if (parsed.success) {
      const across = crossFieldProblems(parsed.data).filter(
        (problem) => !problem.keys.some((key) => wrong.includes(key) || dependsOnWrongName(key, wrong)),
      );
      problems.push(...across.map(({ path, message }) => ({ path, message })));
      if (problems.length > 0) throw new ConfigError(problems);
      return parsed.data;
    }
    const repaired = structuredClone(candidate);
    for (const issue of parsed.error.issues) {
      if (!clearsNull(issue, candidate)) {
        const found = problemsOf(issue, candidate, wrong).filter(({ path }) => !within(path, wrong));
        problems.push(...found);
        wrong.push(...found.map(({ path }) => path));
      }
      repair(issue, repaired);
    }
    if (JSON.stringify(repaired) === JSON.stringify(candidate)) throw new ConfigError(problems);
    candidate = repaired;
  }
}

/** The configuration with other spellings of values as ours, and what the task's preset asks for where nothing else is given. */
export function readSpellings(merged: Dict): Dict {
  return withPreset(readReferenceValues(merged));
}

function withPreset(config: Dict): Dict {
  const { env } = config;
  if (!isDict(env) || typeof env.type !== 'string' || typeof env.preset !== 'string') return config;
  const { presets = {} } = taskNamed(env.type) ?? {};
  if (!Object.hasOwn(presets, env.preset)) return config;
  return { ...config, env: { ...snakeKeys(presets[env.preset] as Dict), ...env } };
}

/** Whether a key lies in a section that was reported as a whole. */
function within(path: string, wrong: readonly string[]): boolean {
  return wrong.some((section) => path.startsWith(`${section}.`));
}

/** Whether a key is of a section whose branch had to be guessed. */
function dependsOnWrongName(key: string, wrong: readonly string[]): boolean {
  return key.startsWith('algorithm.') && wrong.includes('algorithm.name');
}

/** A null where none is allowed takes back what earlier files set: not a problem, the default holds. */
function clearsNull(issue: Issue, config: Dict): boolean {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys' || valueAt(config, issue.path) !== null) return false;
  const knob = knobAt(path.join('.'), branchesOf(config));
  return knob === undefined ? path.length === 1 : 'default' in knob;
}

/** @param wrong keys that earlier rounds have reported */
function problemsOf(issue: Issue, config: Dict, wrong: readonly string[]): Problem[] {
  const at = issue.path.map(String).join('.');
  const branches = branchesOf(config);
  if (issue.code === 'unrecognized_keys') {
    const parent = valueAt(config, issue.path) as Dict;
    return issue.keys.flatMap((key) =>
      unknownKeys(at === '' ? key : `${at}.${key}`, parent[key], branches, wrong),
    );
  }
  const value = valueAt(config, issue.path);
  const knob = knobAt(at, branches);
  if (issue.code === 'invalid_union' && 'discriminator' in issue) {
    // The branch key itself: zod names the known branches.
    const options = 'options' in issue ? (issue.options as unknown[]).join(' or ') : '';
    if (value === undefined) return [{ path: at, message: `\`${at}\` is not set. Set it to ${options}.` }];
    return [{ path: at, message: `\`${at}\` is ${shown(value)}, but must be ${options}.` }];
  }
  if (knob === undefined) return [{ path: at, message: sectionProblem(at, value) }];
  if (knob.rule === 'a section') return [{ path: at, message: sectionProblem(at, value) }];
  const about = `${knob.description}${'default' in knob ? ` Default: ${shown(knob.default)}.` : ''}`;
  if (value === undefined) {
    return [{ path: at, message: `\`${at}\` is not set, but a run needs it: ${knob.rule}. ${about}` }];
  }
  // A refinement of the schema says itself what is wrong: the value is of the right kind.
  if (issue.code === 'custom') {
    return [{ path: at, message: `\`${at}\` is ${shown(value)}: ${issue.message}. ${about}` }];
  }
  const quotes =
    knob.rule.includes('a text') && Array.isArray(value)
      ? ' YAML reads brackets as a list: quote the text.'
      : '';
  const remark = `${quotes}${referenceValueRemark(at, value)}`;
  return [{ path: at, message: `\`${at}\` is ${shown(value)}, but must be ${knob.rule}.${remark} ${about}` }];
}

/** The key, and what lies in it when it is a section: all of it has to go somewhere. */
function unknownKeys(
  path: string,
  value: unknown,
  branches: readonly string[],
  wrong: readonly string[],
): Problem[] {
  const known = branchesWith(path);
  if (known.length > 0) {
    // Of a branch that is not even named well, nothing is unknown.
    const [first = ''] = known;
    const key = first.slice(0, first.indexOf(':'));
    if (wrong.includes(key)) return [];
    const names = known.map((branch) => branch.slice(key.length + 2)).join(' or ');
    const message = `\`${path}\` only exists with \`${key}\` ${names}. Remove it or change that.`;
    return [{ path, message }];
  }
  const { text, instead } = cureFor(path, branches);
  // What is at home in the section that was meant is fine.
  const astray =
    instead === undefined || !isDict(value)
      ? []
      : Object.entries(value).filter(([key]) => knobAt(`${instead}.${key}`)?.path !== `${instead}.${key}`);
  return [
    { path, message: `\`${path}\` is not a known key. ${text}` },
    ...astray.flatMap(([key, own]) => unknownKeys(`${path}.${key}`, own, branches, wrong)),
  ];
}

function sectionProblem(path: string, value: unknown): string {
  if (value === undefined || value === null) {
    const branch = { env: 'type: str_build', algorithm: 'name: collm_cc', agent_model: 'path: <folder>' }[
      path
    ];
    return `The section \`${path}\` is missing. It needs at least \`${branch ?? ''}\`.`;
  }
  return `\`${path}\` is ${shown(value)}, but must be a section with keys of its own.`;
}

/** Takes the reported value out, so that its default stands in; a needed text gets a placeholder. */
function repair(issue: Issue, config: Dict): void {
  if (issue.code === 'unrecognized_keys') {
    const parent = valueAt(config, issue.path) as Dict;
    for (const key of issue.keys) delete parent[key];
    return;
  }
  const given = issue.path.map(String);
  const path = knobAt(given.join('.'))?.path.split('.') ?? given.slice(0, 2);
  const [section, key] = path as [string, string | undefined];
  const present = valueAt(config, path) !== undefined;
  if (key === undefined) {
    delete config[section];
    // A section that has to be there.
    if (!present || ['env', 'algorithm', 'agent_model'].includes(section)) config[section] = {};
    return;
  }
  const parent = valueAt(config, path.slice(0, -1)) as Dict;
  delete parent[path.at(-1) as string];
  const needed = {
    'env.type': 'str_build',
    'env.path': '.',
    'algorithm.name': 'collm_cc',
    'agent_model.path': '.',
  }[path.join('.')];
  if (needed !== undefined) parent[key] = needed;
}

function branchesOf(config: Dict): string[] {
  const paths = [
    ['env', 'type'],
    ['algorithm', 'name'],
  ];
  return paths.flatMap((path) => {
    const chosen = valueAt(config, path);
    return typeof chosen === 'string' ? [`${path.join('.')}: ${chosen}`] : [];
  });
}

function isDict(value: unknown): value is Dict {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueAt(config: unknown, path: Path): unknown {
  let value = config;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key];
  return value;
}

const SHOWN = 60;

function shown(value: unknown): string {
  if (typeof value === 'number') return String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
