/** CSV files with a header line, read as Python's `csv.DictReader` reads them. */
import { readFileSync } from 'node:fs';
import { CsvError, parse } from 'csv-parse/sync';
import { EnvError } from '../env-error.js';

/** One data row: cell texts by column name. A short row lacks its last columns. */
export type CsvRow = ReadonlyMap<string, string>;

/**
 * Reads a UTF-8 CSV file. Empty lines are no rows; a byte order mark is ignored.
 * @throws {EnvError} `bad_dataset` if the file cannot be read, is no CSV, or has no header line
 */
export function readCsv(path: string): CsvRow[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new EnvError('bad_dataset', `The data file \`${path}\` cannot be read. Check the path.`, { cause });
  }
  try {
    return parseCsv(text);
  } catch (cause) {
    if (!(cause instanceof EnvError)) throw cause;
    throw new EnvError('bad_dataset', `The data file \`${path}\`: ${cause.message}`, { cause });
  }
}

/**
 * Reads CSV text; see {@link readCsv}. Where a column name occurs twice, the last one counts.
 * @throws {EnvError} `bad_dataset` if the text is no CSV or empty
 */
export function parseCsv(text: string): CsvRow[] {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text;
  // A first line without any column: no row has a name for what it holds.
  if (/^[\r\n]/.test(body)) return [];
  let records: string[][];
  try {
    records = parse(body, {
      record_delimiter: ['\r\n', '\n', '\r'],
      skip_empty_lines: true,
      relax_column_count: true,
      relax_quotes: true,
    });
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new EnvError('bad_dataset', `not a CSV file: ${cause.message}`, { cause });
  }
  const [header, ...rows] = records;
  if (header === undefined)
    throw new EnvError('bad_dataset', 'no header line. The first line names the columns.');
  return rows.map(
    (row) => new Map(row.slice(0, header.length).map((cell, i) => [header[i] as string, cell])),
  );
}
