/** The tables of the index of runs, and the questions that can be asked of them. */
import sqlite from 'node-sqlite3-wasm';
import type { Reading } from './metrics-digest.js';
import type { ReadRun, RunFacts } from './run-facts.js';
import type { RunState } from './run-state.js';

/** To be raised whenever the tables, or what is in them, mean something else. */
export const TABLES_VERSION = 1;

const TABLES = `
  CREATE TABLE runs (name TEXT PRIMARY KEY, signature TEXT, facts TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE readings (name TEXT PRIMARY KEY, reading TEXT NOT NULL) WITHOUT ROWID;
`;

const orders = {
  created: "facts ->> 'created' DESC",
  updated: "facts ->> 'updated' DESC",
  name: 'name',
  state: "facts ->> 'state'",
  algorithm: "facts ->> 'algorithm'",
  environment: "facts ->> 'environment'",
  step: "facts ->> 'step' DESC",
  last: "facts ->> '$.lastEvaluation.return' DESC",
  best: "facts ->> '$.bestEvaluation.return' DESC",
  duration: "facts ->> 'seconds' DESC",
} as const;

/** What runs can be sorted by: times and figures from the highest, those without one last; then by name. */
export type RunOrder = keyof typeof orders;

export const runOrders = Object.keys(orders) as readonly RunOrder[];

/** Which runs, and in which order; null is any, and all. */
export interface RunQuery {
  readonly states: readonly RunState[] | null;
  readonly algorithm: string | null;
  readonly environment: string | null;
  readonly sort: RunOrder;
  readonly limit: number | null;
}

/** An open database, in which everything happens in one transaction. */
export class RunTables implements Disposable {
  readonly #database: InstanceType<typeof sqlite.Database>;
  #changes = 0;

  /**
   * @param path a file that nobody else uses, or `:memory:`
   * @param isNew makes the tables
   */
  constructor(path: string, isNew: boolean) {
    this.#database = new sqlite.Database(path);
    // A copy of our own, thrown away after a failure, needs no journal.
    this.#database.exec(
      `PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; BEGIN; ${isNew ? TABLES : ''}`,
    );
  }

  /** Signature of every run; null where its facts are to be read again in any case. */
  signatures(): Map<string, string | null> {
    const list = this.#value('SELECT json_group_array(json_array(name, signature)) FROM runs');
    return new Map(JSON.parse(list));
  }

  /** What was read of a run's metrics. */
  readingOf(name: string): Reading | null {
    const row = this.#database.get('SELECT reading FROM readings WHERE name = ?', name);
    return row === null ? null : JSON.parse(row.reading as string);
  }

  /** Adds a run, or replaces what is known of it. */
  put(signature: string | null, { facts, reading }: ReadRun): void {
    this.#change(
      `INSERT INTO runs VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET signature = ?2, facts = ?3
       WHERE signature IS NOT ?2 OR facts <> ?3`,
      [facts.name, signature, JSON.stringify(facts)],
    );
    this.#change(
      'INSERT INTO readings VALUES (?1, ?2) ON CONFLICT DO UPDATE SET reading = ?2 WHERE reading <> ?2',
      [facts.name, JSON.stringify(reading)],
    );
  }

  remove(name: string): void {
    this.#change('DELETE FROM runs WHERE name = ?', [name]);
    this.#change('DELETE FROM readings WHERE name = ?', [name]);
  }

  /** The runs that a question is about. */
  find({ states, algorithm, environment, sort, limit }: RunQuery): RunFacts[] {
    const list = this.#value(
      `SELECT json_group_array(json(facts)) FROM (
         SELECT facts FROM runs
         WHERE (?1 IS NULL OR facts ->> 'state' IN (SELECT value FROM json_each(?1)))
           AND (?2 IS NULL OR facts ->> 'algorithm' = ?2)
           AND (?3 IS NULL OR facts ->> 'environment' = ?3)
         ORDER BY ${orders[sort]}, name LIMIT ?4)`,
      [states === null ? null : JSON.stringify(states), algorithm, environment, limit ?? -1],
    );
    return JSON.parse(list);
  }

  count(): number {
    return Number(this.#value('SELECT count(*) FROM runs'));
  }

  /** Ends the transaction; whether anything is different now. */
  commit(): boolean {
    this.#database.exec('COMMIT');
    return this.#changes > 0;
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #change(sql: string, values: (string | null)[]): void {
    this.#changes += this.#database.run(sql, values).changes;
  }

  /** The only column of the only row. */
  #value(sql: string, values: (string | number | null)[] = []): string {
    return String(Object.values(this.#database.get(sql, values) ?? {})[0]);
  }
}
