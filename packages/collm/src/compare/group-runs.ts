/** Runs whose configurations are equal but for the seed belong together; groups are named by what tells them apart. */
import { basename, isAbsolute } from 'node:path';
import { UsageError } from '../errors.js';
import { nearest } from '../nearest.js';
import { visibleLine } from '../terminal-text.js';
import type { ComparedRun } from './load-run.js';

export interface RunGroup {
  /** Unique among the groups. */
  readonly name: string;
  /** By seed, each once. */
  readonly runs: readonly ComparedRun[];
}

export interface Grouping {
  readonly groups: readonly RunGroup[];
  /** Keys whose values differ between groups, with the values in the order of the groups; undefined where a group has none. */
  readonly differences: ReadonlyMap<string, readonly unknown[]>;
  /** What a reader has to know about the groups. */
  readonly warnings: readonly string[];
}

/** Keys that change nothing of what a run learns: the seed, what is kept, and where its members live. */
const withoutEffect =
  /^(train\.(seed|checkpoint_every|keep_last|recovery_interval|max_restarts)|tracking(\..*)?|(agent_model|critic_model)\.placement)$/;

/**
 * Puts runs into groups.
 *
 * @param by null: by all that matters; `algorithm`, or a dotted key: by that alone
 * @throws UsageError when no run has that key
 */
export function groupRuns(runs: readonly ComparedRun[], by: string | null): Grouping {
  const key = by === 'algorithm' ? 'algorithm.name' : by;
  if (key !== null) checkKey(key, runs);
  const groups = new Map<string, ComparedRun[]>();
  for (const run of runs) {
    const identity = key === null ? identityOf(run) : JSON.stringify(valueAtKey(run, key) ?? null);
    const group = groups.get(identity);
    if (group) group.push(run);
    else groups.set(identity, [run]);
  }
  const members = [...groups.values()];
  const names = key === null ? nameGroups(members) : members.map(([run]) => named(key, run as ComparedRun));
  const warnings: string[] = [];
  const grouped = members.map((all, index): RunGroup => {
    const name = names[index] as string;
    if (key !== null) warnings.push(...pooledWarnings(name, all));
    return { name, runs: key === null ? oncePerSeed(name, all, warnings) : bySeed(all) };
  });
  return { groups: grouped, differences: differencesOf(members), warnings };
}

function checkKey(key: string, runs: readonly ComparedRun[]): void {
  if (runs.some((run) => valueAtKey(run, key) !== undefined)) return;
  const known = [...new Set(runs.flatMap(({ config }) => [...config.keys()]))];
  const meant = nearest(key, known);
  throw new UsageError(
    `\`--by ${key}\`: no run has that key. ${meant ? `Did you mean \`${meant}\`?` : 'docs/configuration.md has the keys.'}`,
  );
}

/** The value of a key, or all below it. */
function valueAtKey({ config }: ComparedRun, key: string): unknown {
  if (config.has(key)) return config.get(key);
  const below = [...config].filter(([name]) => name.startsWith(`${key}.`));
  return below.length === 0 ? undefined : Object.fromEntries(below);
}

function identityOf({ config }: ComparedRun): string {
  return JSON.stringify([...config].filter(([key]) => !withoutEffect.test(key)).sort());
}

function bySeed(runs: readonly ComparedRun[]): ComparedRun[] {
  return [...runs].sort((a, b) => a.seed - b.seed);
}

/** Runs of one configuration and seed are one run twice, and would make intervals too narrow: the longest counts. */
function oncePerSeed(name: string, runs: readonly ComparedRun[], warnings: string[]): ComparedRun[] {
  const kept = new Map<number, ComparedRun>();
  for (const run of bySeed(runs)) {
    const known = kept.get(run.seed);
    if (known === undefined) {
      kept.set(run.seed, run);
      continue;
    }
    const [longer, other] = endOf(run) > endOf(known) ? [run, known] : [known, run];
    kept.set(run.seed, longer);
    warnings.push(
      `${name}: ${other.name} has the configuration and seed of ${longer.name}, so it is the same run again and does not count.`,
    );
  }
  return [...kept.values()];
}

const endOf = ({ curve }: ComparedRun): number => curve.at(-1)?.envSteps ?? 0;

function pooledWarnings(name: string, runs: readonly ComparedRun[]): string[] {
  const keys = [...differencesOf(runs.map((run) => [run])).keys()];
  if (keys.length === 0) return [];
  return [
    `${name} pools runs that also differ in ${keys.join(', ')}: its interval is over those too, not over seeds alone.`,
  ];
}

/** Keys that matter and do not have one value in all groups, in the order of the configuration. */
function differencesOf(groups: readonly (readonly ComparedRun[])[]): Map<string, unknown[]> {
  const firsts = groups.map(([run]) => run as ComparedRun);
  const keys = new Set(firsts.flatMap(({ config }) => [...config.keys()]));
  const differing = [...keys].flatMap((key): [string, unknown[]][] => {
    if (withoutEffect.test(key)) return [];
    const values = firsts.map(({ config }) => config.get(key));
    return new Set(values.map((value) => JSON.stringify(value))).size > 1 ? [[key, values]] : [];
  });
  return new Map(differing);
}

/** The algorithm where it differs, then as few further keys as tell the groups of one algorithm apart. */
function nameGroups(groups: readonly (readonly ComparedRun[])[]): string[] {
  const algorithm = (group: readonly ComparedRun[]) => String(group[0]?.config.get('algorithm.name'));
  const several = new Set(groups.map(algorithm)).size > 1;
  return groups.map((group) => {
    const alike = groups.filter((other) => algorithm(other) === algorithm(group));
    const keys = tellingKeys(differencesOf(alike), alike.length);
    const own = keys.map((key) => named(key, group[0] as ComparedRun));
    return [...(several || own.length === 0 ? [algorithm(group)] : []), ...own].join(', ');
  });
}

/** A single key that tells all groups apart, if there is one; else keys as long as each tells more of them apart. */
function tellingKeys(differences: ReadonlyMap<string, readonly unknown[]>, groups: number): string[] {
  const kinds = (keys: readonly string[]) => {
    const rows = Array.from({ length: groups }, (_, group) =>
      keys.map((key) => differences.get(key)?.[group]),
    );
    return new Set(rows.map((row) => JSON.stringify(row))).size;
  };
  const all = [...differences.keys()];
  const single = all.find((key) => kinds([key]) === groups);
  if (single !== undefined) return [single];
  const keys: string[] = [];
  for (const key of all) if (kinds([...keys, key]) > kinds(keys)) keys.push(key);
  return keys;
}

/** `gae_lambda=0.95`; algorithms by their names alone. */
function named(key: string, run: ComparedRun): string {
  const value = valueText(valueAtKey(run, key));
  return key === 'algorithm.name' ? value : `${key.split('.').at(-1)}=${value}`;
}

/** A value of a configuration in few characters; of a path its last name. */
export function valueText(value: unknown): string {
  if (value === undefined) return '-';
  const text = visibleLine(
    typeof value === 'string' ? (isAbsolute(value) ? basename(value) : value) : JSON.stringify(value),
  );
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}
