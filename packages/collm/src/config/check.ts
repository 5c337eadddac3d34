/** Checks a merged configuration and reports every problem at once. */
import { ConfigError, type Problem } from '../errors.js';
import { knobAt, suggestKey } from './knobs.js';
import { crossFieldProblems } from './rules.js';
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
  let candidate = structuredClone(merged);
  // Every round repairs what was reported, so that the rest, and the rules across keys, are checked too.
  for (;;) {
    const parsed = configSchema.safeParse(candidate);
    if (parsed.success) {
      const across = crossFieldProblems(parsed.data).filter(
        (problem) => !problem.keys.some((key) => wrong.includes(key)),
      );
      problems.push(...across.map(({ path, message }) => ({ path, message })));
      if (problems.length > 0) throw new ConfigError(problems);
      return parsed.data;
    }
    const repaired = structuredClone(candidate);
    for (const issue of parsed.error.issues) {
      if (!clearsNull(issue, candidate)) {
        const found = problemsOf(issue, candidate);
        problems.push(...found);
        wrong.push(...found.map(({ path }) => path));
      }
      repair(issue, repaired);
    }
    if (JSON.stringify(repaired) === JSON.stringify(candidate)) throw new ConfigError(problems);
    candidate = repaired;
  }
}

/** A null where none is allowed takes back what earlier files set: not a problem, the default holds. */
function clearsNull(issue: Issue, config: Dict): boolean {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys' || valueAt(config, issue.path) !== null) return false;
  const knob = knobAt(path.join('.'), branchesOf(config));
  return knob === undefined ? path.length === 1 : 'default' in knob;
}

function problemsOf(issue: Issue, config: Dict): Problem[] {
  const at = issue.path.map(String).join('.');
  const branches = branchesOf(config);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey(at === '' ? key : `${at}.${key}`, branches));
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
  const about = `${knob.description}${'default' in knob ? ` Default: ${shown(knob.default)}.` : ''}`;
  if (value === undefined) {
    return [{ path: at, message: `\`${at}\` is not set, but a run needs it: ${knob.rule}. ${about}` }];
  }
  const quotes =
    knob.rule.includes('a text') && Array.isArray(value)
      ? ' YAML reads brackets as a list: quote the text.'
      : '';
  return [{ path: at, message: `\`${at}\` is ${shown(value)}, but must be ${knob.rule}.${quotes} ${about}` }];
}

function unknownKey(path: string, branches: readonly string[]): Problem {
  const suggestion = suggestKey(path, branches);
  const cure =
    suggestion === undefined
      ? 'Remove it; docs/configuration.md lists all keys.'
      : `Did you mean \`${suggestion}\`?`;
  const elsewhere = knobAt(path);
  // Known, but of another branch: say of which.
  if (elsewhere?.branch !== undefined && elsewhere.path === path) {
    return {
      path,
      message: `\`${path}\` only exists with \`${elsewhere.branch}\`. Remove it or change that.`,
    };
  }
  return { path, message: `\`${path}\` is not a known key. ${cure}` };
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
  const needed = { 'env.type': 'str_build', 'algorithm.name': 'collm_cc', 'agent_model.path': '.' }[
    path.join('.')
  ];
  if (needed !== undefined) parent[key] = needed;
}

function branchesOf(config: Dict): string[] {
  const env = valueAt(config, ['env', 'type']);
  const algorithm = valueAt(config, ['algorithm', 'name']);
  return [`env.type: ${String(env)}`, `algorithm.name: ${String(algorithm)}`];
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
