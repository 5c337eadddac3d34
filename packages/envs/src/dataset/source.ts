/** Records of data files, as environments are given them. */
import type { DataNote } from '../env.js';
import { EnvError } from '../env-error.js';

/** One record of a data file. */
export interface DataRecord {
  readonly value: Readonly<Record<string, unknown>>;
  /** File and line, or file and row, for messages: `posts.jsonl:12`. */
  readonly where: string;
}

/** The records of a data set by the names of its splits; a single file without splits has one, named ''. */
export interface DataSource {
  /** What the records were read from, for people: a path or a name on the hub. */
  readonly name: string;
  readonly splits: ReadonlyMap<string, readonly DataRecord[]>;
}

/** What `dataset` may be besides a path or a name on the hub: the tasks' own data. Not every task has all of them. */
export function isOwnDataset(name: string): boolean {
  return name === 'builtin' || name === 'tiny';
}

/** A task's own records as a data source with the splits `train` and `eval`, or whatever else the second is called. */
export function builtinSource(
  train: readonly Readonly<Record<string, unknown>>[],
  evaluation: readonly Readonly<Record<string, unknown>>[],
  evalName = 'eval',
): DataSource {
  const records = (split: string, values: typeof train): DataRecord[] =>
    values.map((value, index) => ({ value, where: `builtin ${split}:${index + 1}` }));
  return {
    name: 'builtin',
    splits: new Map([
      ['train', records('train', train)],
      [evalName, records(evalName, evaluation)],
    ]),
  };
}

/** A task's own records as a data source with one split. */
export function ownSource(
  records: readonly Readonly<Record<string, unknown>>[],
  name = 'builtin',
): DataSource {
  return {
    name,
    splits: new Map([['', records.map((value, index) => ({ value, where: `${name}:${index + 1}` }))]]),
  };
}

/** The name of the split that an expression such as `train[:1100]` starts with; '' where it names none. */
export function splitName(expression: string): string {
  return /^\s*([\w.-]*)\s*(?:\[|$)/.exec(expression)?.[1] ?? '';
}

/**
 * All records of the split that an expression names, before it is sliced. A source with a single split has it under
 * every name, since data sets have renamed theirs.
 *
 * @throws {EnvError} `bad_dataset` when there are several splits and none of that name
 */
export function recordsOfSplit(source: DataSource, expression: string): readonly DataRecord[] {
  const name = splitName(expression);
  const named = source.splits.get(name);
  if (named !== undefined) return named;
  const all = [...source.splits];
  const [only] = all;
  if (only !== undefined && all.length === 1) return only[1];
  throw new EnvError(
    'bad_dataset',
    `\`${expression}\` names the split ${JSON.stringify(name)}, but ${source.name} has ${all.map(([one]) => JSON.stringify(one)).join(', ')}.`,
  );
}

/** Counts what was found, by reason, with the first few places. */
export class Notes {
  readonly #byReason = new Map<string, { count: number; examples: string[] }>();

  add(reason: string, where: string): void {
    const known = this.#byReason.get(reason) ?? { count: 0, examples: [] };
    known.count++;
    if (known.examples.length < 3) known.examples.push(where);
    this.#byReason.set(reason, known);
  }

  list(): DataNote[] {
    return [...this.#byReason].map(([reason, { count, examples }]) => ({ reason, count, examples }));
  }
}

/** @throws {EnvError} `bad_dataset` naming both places of an id that occurs twice within a split */
export function checkUniqueIds(items: readonly { readonly id: string; readonly where: string }[]): void {
  const places = new Map<string, string>();
  for (const { id, where } of items) {
    const before = places.get(id);
    if (before !== undefined) {
      throw new EnvError(
        'bad_dataset',
        `${where}: the id ${JSON.stringify(id)} stands at ${before} already. Ids must differ.`,
      );
    }
    places.set(id, where);
  }
}
