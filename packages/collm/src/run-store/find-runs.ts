/**
 * Finds runs by an index of their folder. The run folders are the truth: every look compares them with the index by sizes
 * and times and reads what has changed, and an index that is missing or damaged only takes longer.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readIndexFile, writeIndexFile } from './index-file.js';
import { RunTables, TABLES_VERSION } from './index-tables.js';
import { type RunFacts, readRun, sameSignature, signatureOf } from './run-facts.js';
import type { RunQuery } from './run-query.js';

/** What a look at a folder of runs found. */
export interface FoundRuns {
  readonly runs: readonly RunFacts[];
  /** Runs in the folder, whatever was asked for. */
  readonly total: number;
}

/**
 * Looks at a folder of runs.
 *
 * @param rebuild reads every run again
 */
export function findRuns(runsDir: string, query: RunQuery, rebuild = false): FoundRuns {
  const work = makeWorkFolder();
  try {
    const known = rebuild || work === null ? null : readIndexFile(runsDir, TABLES_VERSION);
    const path = work === null ? ':memory:' : join(work, 'index.sqlite');
    if (known !== null) writeFileSync(path, known);
    const { found, changed } = look(path, known === null, runsDir, query);
    if (changed && work !== null) writeIndexFile(runsDir, TABLES_VERSION, readFileSync(path));
    return found;
  } finally {
    if (work !== null) rmSync(work, { recursive: true, force: true });
  }
}

/** null where nothing can be written. */
function makeWorkFolder(): string | null {
  try {
    return mkdtempSync(join(tmpdir(), 'collm-index-'));
  } catch {
    return null;
  }
}

function look(
  path: string,
  isNew: boolean,
  runsDir: string,
  query: RunQuery,
): { found: FoundRuns; changed: boolean } {
  using tables = new RunTables(path, isNew);
  update(tables, runsDir);
  const found = { runs: tables.find(query), total: tables.count() };
  return { found, changed: tables.commit() };
}

/** Makes the tables say what the folders say. */
function update(tables: RunTables, runsDir: string): void {
  const gone = tables.signatures();
  for (const name of folderNames(runsDir)) {
    const dir = join(runsDir, name);
    const before = gone.get(name);
    // Taken before reading: what is written in between is found the next time.
    const signature = signatureOf(dir);
    if (sameSignature(signature, before)) {
      gone.delete(name);
      continue;
    }
    const run = readRun(dir, before === undefined ? null : tables.readingOf(name));
    if (run === null) continue;
    gone.delete(name);
    // A process may end without a trace, so the runs that have one are always read.
    tables.put(run.facts.process === null ? signature : null, run);
  }
  for (const name of gone.keys()) tables.remove(name);
}

/** Folders, and links to folders, that can be runs. */
function folderNames(runsDir: string): string[] {
  return readdirSync(runsDir, { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith('.') && (entry.isDirectory() || entry.isSymbolicLink()))
    .map(({ name }) => name);
}
