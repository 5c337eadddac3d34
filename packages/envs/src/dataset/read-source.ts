/** Local data sets: one file, or a folder as the Hugging Face hub has them. */
import { stat } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';
import type { EnvError } from '../env-error.js';
import { readCsv } from './csv.js';
import { dataExtensions, filesOfSplits, listFolder, resolveSplits } from './folder.js';
import { readJson } from './json.js';
import { readJsonl } from './jsonl.js';
import { unreadable } from './lines.js';
import { readParquet } from './parquet.js';
import { badData, type DataFile, type ReadOptions } from './record.js';
import { type DataRecord, type DataSource, splitName } from './source.js';
import { recordsNeeded } from './split.js';

export interface ReadSourceOptions {
  /** How messages call the data set; left out, its path. */
  readonly name?: string;
  /** Called with what is wrong with single records, which are then left out; left out, the first one is thrown. */
  readonly onBadRecord?: (error: EnvError) => void;
}

/**
 * Reads the splits of a local data set that expressions such as `train[:1100]` ask for, and of those no more records than
 * they select. A file is JSON Lines, JSON, CSV or Parquet by its extension. In a folder the splits are those that the
 * front matter of its README.md declares as the hub's data sets do (`configs: data_files`), else those that the names of
 * files and folders speak of: `train.jsonl`, `data/train-00000-of-00001.parquet`, `test/part-1.csv`.
 *
 * Where there is only one split, it is read whatever it is called.
 *
 * @param splits names of splits, with or without a slice, or `all`
 * @throws {EnvError} `bad_dataset` naming file and line, or the splits that there are
 */
export async function readDataSource(
  location: string,
  splits: readonly string[] | 'all',
  { name = shortPath(location), onBadRecord = raise }: ReadSourceOptions = {},
): Promise<DataSource> {
  const kind = await stat(location).catch((cause: unknown) => {
    throw unreadable(name, cause);
  });
  if (!kind.isDirectory()) return readSingleFile({ path: location, name }, splits, onBadRecord);
  const { paths, readme } = await listFolder(location);
  const files = filesOfSplits(paths, readme, name);
  const records = new Map<string, readonly DataRecord[]>();
  for (const { split, names, limit } of wantedSplits([...files.keys()], splits, name)) {
    const read: DataRecord[] = [];
    for (const path of files.get(split) ?? []) {
      if (read.length >= limit) break;
      const file = { path: join(location, path), name: `${name}/${path}` };
      const part = await readFile(file, { limit: limit - read.length, onBadRecord });
      for (const record of wholeFile(file, part)) read.push(record);
    }
    for (const one of names) records.set(one, read);
  }
  return { name, splits: records };
}

async function readSingleFile(
  file: DataFile,
  splits: readonly string[] | 'all',
  onBadRecord: (error: EnvError) => void,
): Promise<DataSource> {
  const limit = splits === 'all' ? Number.POSITIVE_INFINITY : recordsNeeded(splits);
  const held = await readFile(file, { limit, onBadRecord });
  const records = new Map<string, readonly DataRecord[]>();
  for (const { split, names } of wantedSplits([...held.keys()], splits, file.name)) {
    const read = held.get(split) as DataRecord[];
    if (read.length === 0) throw badData(`${file.name}: the split ${JSON.stringify(split)} is empty.`);
    for (const one of names) records.set(one, read);
  }
  return { name: file.name, splits: records };
}

/** The splits to read, the names they are asked for under, and how many records of each are enough. */
function wantedSplits(
  known: readonly string[],
  splits: readonly string[] | 'all',
  name: string,
): { split: string; names: readonly string[]; limit: number }[] {
  if (splits === 'all') {
    return known.map((split) => ({ split, names: [split], limit: Number.POSITIVE_INFINITY }));
  }
  return [...resolveSplits(known, splits, name)].map(([split, expressions]) => ({
    split,
    names: expressions.map(splitName),
    limit: recordsNeeded(expressions),
  }));
}

/** The records of one file by split; '' where it has none. */
async function readFile(file: DataFile, options: ReadOptions): Promise<Map<string, DataRecord[]>> {
  const extension = extname(file.path).toLowerCase();
  const read = readers[extension];
  if (read === undefined) {
    throw badData(
      `The data file \`${file.name}\` has the extension ${JSON.stringify(extension)}; known are ${dataExtensions.join(', ')}.`,
    );
  }
  const found = await read(file, options);
  const splits = Array.isArray(found) ? new Map([['', found]]) : found;
  if ([...splits.values()].every((records) => records.length === 0)) {
    throw badData(`The data file \`${file.name}\` holds no records.`);
  }
  return splits;
}

type Reader = (file: DataFile, options: ReadOptions) => Promise<DataRecord[] | Map<string, DataRecord[]>>;

const readers: Readonly<Record<string, Reader>> = {
  '.jsonl': readJsonl,
  '.ndjson': readJsonl,
  '.json': readJson,
  '.csv': readCsv,
  '.parquet': readParquet,
};

/** A file within a folder belongs to one split, so it cannot hold several. */
function wholeFile({ name }: DataFile, splits: ReadonlyMap<string, DataRecord[]>): DataRecord[] {
  const [records, ...others] = splits.values();
  if (records !== undefined && others.length === 0) return records;
  throw badData(
    `The data file \`${name}\` has the splits ${[...splits.keys()].join(', ')} within it. Name that file itself, not its folder.`,
  );
}

/** A path as seen from here, where that is shorter. */
function shortPath(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere === '' || fromHere.startsWith('..') ? path : fromHere;
}

function raise(error: EnvError): never {
  throw error;
}
