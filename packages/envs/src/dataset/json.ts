/** JSON files: a list of objects, one object, or `{"train": [...], "test": [...]}`. */
import { open } from 'node:fs/promises';
import { EnvError } from '../env-error.js';
import { HeapGuard } from './heap-guard.js';
import { jsonErrorLine } from './json-error-line.js';
import { unreadable } from './lines.js';
import { badData, type DataFile, type ReadOptions, reasonOf, recordOf } from './record.js';
import type { DataRecord } from './source.js';

/** In bytes. A JSON file is parsed whole. */
const maxSize = 256 * 2 ** 20;

/** The records of a file by the names of its splits; the only split of a file without any is ''. */
export async function readJson(file: DataFile, options: ReadOptions): Promise<Map<string, DataRecord[]>> {
  const { name } = file;
  const text = await readText(file);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw badData(`${name}:${jsonErrorLine(text)}: the file is no JSON (${reasonOf(cause)}).`, cause);
  }
  if (Array.isArray(value)) return new Map([['', recordsOf(value, name, options)]]);
  if (holdsSplits(value)) {
    const splits = Object.entries(value);
    return new Map(splits.map(([split, list]) => [split, recordsOf(list, `${name} ${split}`, options)]));
  }
  return new Map([['', [recordOf(value, name)]]]);
}

function recordsOf(
  values: readonly unknown[],
  name: string,
  { limit, onBadRecord }: ReadOptions,
): DataRecord[] {
  const records: DataRecord[] = [];
  for (const [index, value] of values.entries()) {
    if (records.length >= limit) break;
    try {
      records.push(recordOf(value, `${name} record ${index + 1}`));
    } catch (error) {
      if (!(error instanceof EnvError)) throw error;
      onBadRecord(error);
    }
  }
  return records;
}

/** An object whose every value is a list of objects, one of them not empty. */
function holdsSplits(value: unknown): value is Record<string, unknown[]> {
  if (value === null || typeof value !== 'object') return false;
  const lists: unknown[] = Object.values(value);
  const isObject = (one: unknown) => one !== null && typeof one === 'object' && !Array.isArray(one);
  const ofObjects = (list: unknown) => Array.isArray(list) && (list.length === 0 || isObject(list[0]));
  return lists.every(ofObjects) && lists.some((list) => (list as unknown[]).length > 0);
}

async function readText({ path, name }: DataFile): Promise<string> {
  let bytes: Buffer;
  try {
    await using handle = await open(path);
    const { size } = await handle.stat();
    if (size > maxSize) {
      throw badData(
        `The data file \`${name}\` has ${Math.round(size / 2 ** 20)} MiB, too much for one JSON value. Write one record per line, as .jsonl.`,
      );
    }
    new HeapGuard(name).expect(size);
    bytes = await handle.readFile();
  } catch (cause) {
    throw cause instanceof EnvError ? cause : unreadable(name, cause);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw badData(`The data file \`${name}\` is not UTF-8. Convert it.`, cause);
  }
}
