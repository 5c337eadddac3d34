/** CSV files with a header line, read as Python's `csv.DictReader` reads them. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import { readLines } from './lines.js';
import { badData, type DataFile, type ReadOptions, reasonOf, recordOf } from './record.js';
import type { DataRecord } from './source.js';

/** What csv-parse gives for a row, with `info` on. */
interface Row {
  readonly record: readonly string[];
  /** `lines`: the line that the row ends on. */
  readonly info: { readonly lines: number };
}

/** In bytes. A quote that nobody closes would otherwise swallow the rest of any file. */
const maxRow = 64 * 2 ** 20;

/**
 * The rows of a file as records of texts by column name. Empty lines are no rows; a short row lacks its last columns, what
 * a long row has beyond the header is left out; where a column name occurs twice, the last one counts.
 *
 * @throws {EnvError} `bad_dataset` if the file is no CSV or has no header line
 */
export async function readCsv(file: DataFile, { limit }: ReadOptions): Promise<DataRecord[]> {
  const parser = parse({
    info: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    skip_empty_lines: true,
    relax_column_count: true,
    relax_quotes: true,
    max_record_size: maxRow,
  });
  // A failure reaches the loop below through the parser.
  pipeline(Readable.from(chunks(file)), parser).catch(() => {});
  const records: DataRecord[] = [];
  let header: readonly string[] | undefined;
  try {
    for await (const { record: cells, info } of parser as AsyncIterable<Row>) {
      if (header === undefined) {
        header = cells;
        // A first line without any column: no row has a name for what it holds.
        if (info.lines > 1 + lineBreaks(cells)) return [];
        continue;
      }
      const named = cells.slice(0, header.length).map((cell, i) => [(header as string[])[i], cell]);
      const where = `${file.name}:${info.lines - lineBreaks(cells)}`;
      records.push(recordOf(Object.fromEntries(named), where));
      if (records.length >= limit) break;
    }
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw badData(`The data file \`${file.name}\` is not a CSV file: ${reasonOf(cause)}.`, cause);
  }
  if (header === undefined) {
    throw badData(`The data file \`${file.name}\` has no header line. The first line names the columns.`);
  }
  return records;
}

async function* chunks(file: DataFile): AsyncGenerator<string> {
  let chunk = '';
  for await (const { text } of readLines(file)) {
    chunk += `${text}\n`;
    if (chunk.length < 2 ** 16) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

function lineBreaks(cells: readonly string[]): number {
  return cells.reduce((sum, cell) => sum + (cell.match(/\r\n|\r|\n/g)?.length ?? 0), 0);
}
