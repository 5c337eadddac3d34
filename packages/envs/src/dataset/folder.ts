/** Which files of a folder belong to which split; the same for a folder on disk and for one on the hub. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvError } from '../env-error.js';
import { matchesGlob } from './glob.js';
import { unreadable } from './lines.js';
import { dataFilesOfReadme } from './readme.js';
import { badData } from './record.js';
import { splitName } from './source.js';

export const dataExtensions = ['.jsonl', '.ndjson', '.json', '.csv', '.parquet'] as const;

/** Files that describe a data set and hold none of it. */
const descriptions = /(^|\/)(dataset_infos?|state|config|package(-lock)?|tsconfig)\.json$/;
const maxFiles = 5000;
const maxFolders = 8;

/** Words in names of files and folders that speak of a split. The first of a line stands for the others. */
const splitWords = [
  ['train', 'training'],
  ['validation', 'valid', 'val', 'dev'],
  ['test', 'testing', 'eval', 'evaluation'],
] as const;
const isSplitWord = (word: string) => splitWords.some((words) => (words as readonly string[]).includes(word));

export interface FolderListing {
  /** Relative, with `/`, sorted. */
  readonly paths: readonly string[];
  /** Text of README.md at the top. */
  readonly readme: string | undefined;
}

/** All files of a folder, hidden ones left out. */
export async function listFolder(folder: string): Promise<FolderListing> {
  const paths: string[] = [];
  const visit = async (inner: string, depth: number): Promise<void> => {
    const entries = await readdir(join(folder, inner), { withFileTypes: true });
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      const path = inner === '' ? entry.name : `${inner}/${entry.name}`;
      if (entry.isDirectory()) {
        if (depth < maxFolders) await visit(path, depth + 1);
        // The hub's cache shows its files by links; links to folders could lead around in circles.
      } else if (entry.isFile() || (await stat(join(folder, path)).catch(() => null))?.isFile()) {
        paths.push(path);
      }
      if (paths.length > maxFiles) {
        throw badData(
          `\`${folder}\` holds more than ${maxFiles} files. Name a folder with nothing but data.`,
        );
      }
    }
  };
  try {
    await visit('', 0);
    const readme = paths.includes('README.md')
      ? await readFile(join(folder, 'README.md'), 'utf8')
      : undefined;
    return { paths: paths.sort(), readme };
  } catch (cause) {
    throw cause instanceof EnvError ? cause : unreadable(folder, cause);
  }
}

/**
 * The data files by split, in the order they are read in.
 *
 * @param paths relative, with `/`
 * @param name how messages call the folder
 * @throws {EnvError} `bad_dataset` when there are none, or a split comes in two formats
 */
export function filesOfSplits(
  paths: readonly string[],
  readme: string | undefined,
  name: string,
): ReadonlyMap<string, readonly string[]> {
  const data = paths.filter((path) => hasDataExtension(path) && !descriptions.test(path)).sort();
  const splits = declaredSplits(data, readme) ?? splitsByName(data);
  if (splits.size === 0) {
    const others = paths.slice(0, 5).join(', ') || 'nothing';
    throw badData(`\`${name}\` holds no data files (${dataExtensions.join(', ')}). It holds ${others}.`);
  }
  for (const [split, files] of splits) {
    const extensions = new Map(files.map((path) => [path.slice(path.lastIndexOf('.')), path]));
    if (extensions.size <= 1) continue;
    throw badData(
      `\`${name}\`: the split ${JSON.stringify(split)} comes in more than one format: ${[...extensions.values()].join(', ')}. Name the file that you mean.`,
    );
  }
  return splits;
}

function hasDataExtension(path: string): boolean {
  return dataExtensions.some((extension) => path.toLowerCase().endsWith(extension));
}

function declaredSplits(
  data: readonly string[],
  readme: string | undefined,
): Map<string, string[]> | undefined {
  const declared = readme === undefined ? undefined : dataFilesOfReadme(readme);
  if (declared === undefined) return undefined;
  const splits = new Map<string, string[]>();
  for (const { split, pattern } of declared) {
    const matching = data.filter(
      (path) => matchesGlob(path, pattern) || matchesGlob(path, `${pattern.replace(/\/+$/, '')}/**`),
    );
    if (matching.length > 0) splits.set(split, [...new Set([...(splits.get(split) ?? []), ...matching])]);
  }
  return splits.size === 0 ? undefined : splits;
}

function splitsByName(data: readonly string[]): Map<string, string[]> {
  const splits = new Map<string, string[]>();
  for (const path of data) {
    const split = splitOfPath(path);
    splits.set(split, [...(splits.get(split) ?? []), path]);
  }
  return splits;
}

/** `test` for `data/test-00000-of-00003.parquet`, `val` for `val/part-1.csv`, `sanitized` for `sanitized.jsonl`. */
function splitOfPath(path: string): string {
  const folders = path.split('/');
  const file = folders.pop() as string;
  const stem = file.slice(0, file.lastIndexOf('.')).replace(/-\d{5}-of-\d{5}$/, '');
  const inFile = wordsOf(stem).find(isSplitWord);
  if (inFile !== undefined) return inFile;
  const inFolder = folders.reverse().flatMap(wordsOf).find(isSplitWord);
  return inFolder ?? stem.replace(/(^|[-_.])\d+$/, '');
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().split(/[^a-z]+/);
}

/**
 * The files of a folder that the splits asked for are in.
 *
 * @param expressions names of splits, with or without a slice
 * @throws {EnvError} `bad_dataset` naming the splits that there are
 */
export function chooseDataFiles(
  paths: readonly string[],
  readme: string | undefined,
  expressions: readonly string[],
  name: string,
): string[] {
  const files = filesOfSplits(paths, readme, name);
  const splits = resolveSplits([...files.keys()], expressions, name);
  return [...splits.keys()].flatMap((split) => files.get(split) ?? []);
}

/**
 * The splits that expressions mean: the one of the name, else the only one of the same meaning (`val` and `validation`),
 * else the only one that there is.
 *
 * @param known names of the splits that there are, at least one
 * @returns expressions by the name of the split they mean
 * @throws {EnvError} `bad_dataset` naming what there is
 */
export function resolveSplits(
  known: readonly string[],
  expressions: readonly string[],
  name: string,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const expression of expressions) {
    const wanted = splitName(expression);
    const synonyms = splitWords.find((words) => (words as readonly string[]).includes(wanted)) ?? [];
    const alike = known.filter((split) => (synonyms as readonly string[]).includes(split));
    const split = known.includes(wanted)
      ? wanted
      : alike.length === 1
        ? alike[0]
        : known.length === 1
          ? known[0]
          : undefined;
    if (split === undefined) {
      const ask = wanted === '' ? 'names no split' : `names the split ${JSON.stringify(wanted)}`;
      const there = known.map((one) => JSON.stringify(one)).join(', ');
      throw badData(
        `\`${expression}\` ${ask}, but ${name} has ${there}. Write one of them, such as ${JSON.stringify(`${known[0]}[:100]`)}.`,
      );
    }
    found.set(split, [...(found.get(split) ?? []), expression]);
  }
  return found;
}
