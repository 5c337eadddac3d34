/** The tables of the index of runs, and the questions that can be asked of them. */
import './brief-wasm.js';
import sqlite from 'node-sqlite3-wasm';
import type { Reading } from './metrics-digest.js';
import type { ReadRun, RunFacts } from './run-facts.js';
import { ascending, type RunQuery } from './run-query.js';

/** To be raised whenever the tables, or what is in them, mean something else. */
export const TABLES_VERSION = 1;

// The columns beside `facts` are those that questions are about: taking them out of JSON is slow.
const TABLES = `
  CREATE TABLE runs (
    name TEXT PRIMARY KEY, signature TEXT, facts TEXT NOT NULL,
    state TEXT NOT NULL, algorithm TEXT, environment TEXT, created TEXT, updated TEXT,
    step INTEGER NOT NULL, last REAL, best REAL, duration REAL NOT NULL
  );
  CREATE TABLE readings (name TEXT PRIMARY KEY, reading TEXT NOT NULL);
`;

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
      // Large pages: all of them are read, and each is a call out of WebAssembly.
      `PRAGMA page_size = 65536; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; BEGIN; ${isNew ? TABLES : ''}`,
    );
  }

  /** Signature of every run; null where its facts are to be read again in any case. */
  signatures(): Map<string, number[] | null> {
    const list = this.#value(
      `SELECT group_concat('[' || json_quote(name) || ',' || ifnull(signature, 'null') || ']') FROM runs`,
    );
    return new Map(JSON.parse(`[${list}]`));
  }

  /** What was read of a run's metrics. */
  readingOf(name: string): Reading | null {
    const row = this.#database.get('SELECT reading FROM readings WHERE name = ?', name);
    return row === null ? null : JSON.parse(row.reading as string);
  }

  /** Adds a run, or replaces what is known of it. */
  put(signature: readonly number[] | null, { facts, reading }: ReadRun): void {
    const { name, state, algorithm, environment, created, updated, step, seconds } = facts;
    const scores = [facts.lastEvaluation?.return ?? null, facts.bestEvaluation?.return ?? null];
    const columns = [state, algorithm, environment, created, updated, step, ...scores, seconds];
    this.#change(
      `INSERT INTO runs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT DO UPDATE SET
         signature = ?2, facts = ?3, state = ?4, algorithm = ?5, environment = ?6, created = ?7, updated = ?8,
         step = ?9, last = ?10, best = ?11, duration = ?12
       WHERE signature IS NOT ?2 OR facts <> ?3`,
      [name, signature && JSON.stringify(signature), JSON.stringify(facts), ...columns],
    );
    this.#change(
      'INSERT INTO readings VALUES (?1, ?2) ON CONFLICT DO UPDATE SET reading = ?2 WHERE reading <> ?2',
      [name, JSON.stringify(reading)],
    );
  }

  remove(name: string): void {
    this.#change('DELETE FROM runs WHERE name = ?', [name]);
    this.#change('DELETE FROM readings WHERE name = ?', [name]);
  }

  /** The runs that a question is about. */
  find({ states, algorithm, environment, sort, limit }: RunQuery): RunFacts[] {
    const list = this.#value(
      // One text for all: taking row by row out of the database costs more than everything else.
      `SELECT group_concat(facts) FROM (
         SELECT facts FROM runs
         WHERE (?1 IS NULL OR state IN (SELECT value FROM json_each(?1)))
           AND (?2 IS NULL OR algorithm = ?2) AND (?3 IS NULL OR environment = ?3)
         ORDER BY ${sort} ${ascending.includes(sort) ? 'ASC' : 'DESC'} NULLS LAST, name LIMIT ?4)`,
      [states === null ? null : JSON.stringify(states), algorithm, environment, limit ?? -1],
    );
    return JSON.parse(`[${list}]`);
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

  #change(sql: string, values: (string | number | null)[]): void {
    this.#changes += this.#database.run(sql, values).changes;
  }

  /** The only column of the only row, as text; null is no text at all. */
  #value(sql: string, values: (string | number | null)[] = []): string {
    const [value] = Object.values(this.#database.get(sql, values) ?? {});
    return String(value ?? '');
  }
}
