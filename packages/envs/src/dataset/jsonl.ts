/** JSON Lines: one object per line. */
import { EnvError } from '../env-error.js';
import { readLines } from './lines.js';
import { badData, type DataFile, type ReadOptions, reasonOf, recordOf } from './record.js';
import type { DataRecord } from './source.js';

/** The records of a file; blank lines are none. */
export async function readJsonl(file: DataFile, { limit, onBadRecord }: ReadOptions): Promise<DataRecord[]> {
  const records: DataRecord[] = [];
  for await (const { text, number } of readLines(file)) {
    if (text.trim() === '') continue;
    try {
      records.push(parseRecord(text, `${file.name}:${number}`));
    } catch (error) {
      if (!(error instanceof EnvError)) throw error;
      onBadRecord(error);
    }
    if (records.length >= limit) break;
  }
  return records;
}

/** @throws {EnvError} `bad_dataset` when the line is no JSON object */
export function parseRecord(text: string, where: string): DataRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw badData(`${where}: the line is no JSON (${reasonOf(cause)}).`, cause);
  }
  return recordOf(value, where);
}
