/** What the README.md of a data set declares, as the Hugging Face hub reads it. */
import { parse } from 'yaml';

export interface DeclaredFiles {
  readonly split: string;
  /** Which files, relative to the folder; see `matchesGlob`. */
  readonly pattern: string;
}

type Dict = Readonly<Record<string, unknown>>;

/** More is no description of a data set but work for whoever reads it. */
const maxFrontMatter = 2 ** 20;
const maxPatterns = 50;
const maxPattern = 200;

/**
 * The data files of the front matter's default configuration: the one marked `default: true`, else the one of that name,
 * else the first. Undefined where none are declared, or the front matter is no YAML.
 */
export function dataFilesOfReadme(readme: string): DeclaredFiles[] | undefined {
  const configs = frontMatter(readme)?.configs;
  if (!Array.isArray(configs)) return undefined;
  const all = configs.filter(isDict);
  const config =
    all.find((one) => one.default === true) ?? all.find((one) => one.config_name === 'default') ?? all[0];
  if (config?.data_files === undefined) return undefined;
  const folder = typeof config.data_dir === 'string' ? `${config.data_dir.replace(/\/+$/, '')}/` : '';
  const files = declared(config.data_files).filter(({ pattern }) => pattern.length <= maxPattern);
  return files.slice(0, maxPatterns).map(({ split, pattern }) => ({ split, pattern: `${folder}${pattern}` }));
}

/** `data_files` is a pattern, a list of them, `{split: patterns}`, or a list of `{split, path: patterns}`. */
function declared(dataFiles: unknown): DeclaredFiles[] {
  if (isDict(dataFiles)) return Object.entries(dataFiles).flatMap(([split, patterns]) => of(split, patterns));
  if (!Array.isArray(dataFiles)) return of('train', dataFiles);
  return dataFiles.flatMap((one) =>
    isDict(one) ? of(nameOf(one.split) ?? 'train', one.path) : of('train', one),
  );
}

function of(split: string, patterns: unknown): DeclaredFiles[] {
  return [patterns].flat().flatMap((pattern) => (typeof pattern === 'string' ? [{ split, pattern }] : []));
}

/** YAML makes numbers of some names. */
function nameOf(split: unknown): string | undefined {
  return typeof split === 'string' || typeof split === 'number' ? String(split) : undefined;
}

function frontMatter(readme: string): Dict | undefined {
  const lines = readme
    .slice(0, maxFrontMatter)
    .replace(/^\ufeff/, '')
    .split(/\r?\n/);
  const end = lines.indexOf('---', 1);
  if (lines[0] !== '---' || end < 0) return undefined;
  try {
    const matter: unknown = parse(lines.slice(1, end).join('\n'));
    return isDict(matter) ? matter : undefined;
  } catch {
    return undefined; // a README that is not for programs
  }
}

function isDict(value: unknown): value is Dict {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
