/** Reads configurations: defaults < YAML files left to right < `--set a.b=c`. */
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { isOwnDataset } from '@collm/envs';
import { stringify } from 'yaml';
import { ConfigError } from '../errors.js';
import { mayBeOnHub } from '../fetch-model.js';
import { parseYaml, YamlError } from '../yaml-tree.js';
import { checkConfig } from './check.js';
import { type Config, hubKeys, pathKeys } from './schema.js';

type Dict = Record<string, unknown>;

export interface ConfigSources {
  /** YAML files; later ones win. */
  readonly files: readonly string[];
  /** Assignments such as `train.seed=1`; the value is read as YAML. Later ones win. */
  readonly assignments?: readonly string[];
  /** Folder that paths in assignments are relative to. Default: the current one. */
  readonly cwd?: string;
}

/**
 * Reads, merges and checks a configuration. Paths in it become absolute; models of the hub keep their names.
 *
 * @throws ConfigError with all problems at once
 */
export function loadConfig(sources: ConfigSources): Config {
  return checkConfig(mergeSources(sources));
}

/** What the sources hold together, with absolute paths, before it is checked and defaults are filled in. */
export function mergeSources({ files, assignments = [], cwd = process.cwd() }: ConfigSources): Dict {
  const layers = [
    ...files.map((file) => absolutePaths(readYaml(resolve(cwd, file), file), dirname(resolve(cwd, file)))),
    ...assignments.map((text) => absolutePaths(parseAssignment(text), cwd)),
  ];
  return layers.reduce((merged, layer) => merge(merged, layer), {});
}

/** The configuration as YAML for a file in `dir`; paths are written relative to it. */
export function formatConfig(config: Config, dir: string): string {
  const layer = mapPaths(structuredClone(config) as unknown as Dict, (path) =>
    isAbsolute(path) ? relative(dir, path) || '.' : path,
  );
  return stringify(layer, { lineWidth: 0 });
}

/** Dicts merge, everything else replaces; null replaces too, and the check takes it for the default. */
export function merge(under: Dict, over: Dict): Dict {
  const merged: Dict = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const old = merged[key];
    merged[key] = isDict(value) && isDict(old) ? merge(old, value) : value;
  }
  return merged;
}

/** Reads `a.b=c`. */
export function parseAssignment(text: string): Dict {
  const split = text.indexOf('=');
  const keys = text.slice(0, Math.max(split, 0)).split('.');
  if (split < 1 || keys.some((key) => key.trim() === '')) {
    throw problem(`\`--set ${text}\` is no assignment. Write it as \`--set train.seed=1\`.`);
  }
  let value: unknown;
  try {
    value = parseYaml(text.slice(split + 1)) ?? null;
  } catch (cause) {
    throw problem(`\`--set ${text}\`: the value is not YAML. Quote it, e.g. \`--set "a.b='c: d'"\`.`, cause);
  }
  return keys.reduceRight<unknown>((inner, key) => ({ [key.trim()]: inner }), value) as Dict;
}

function readYaml(path: string, given: string): Dict {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : 'cannot be read';
    throw problem(`The configuration \`${given}\` ${why}. Check the path.`, cause);
  }
  let value: unknown;
  try {
    value = parseYaml(text) ?? {};
  } catch (cause) {
    if (!(cause instanceof YamlError)) throw cause;
    throw problem(`\`${given}\` is not valid YAML: ${cause.message}. Correct the file.`, cause);
  }
  if (!isDict(value)) {
    throw problem(
      `\`${given}\` holds no sections. Start it with \`env:\`, \`agent_model:\`, \`algorithm:\`.`,
    );
  }
  return value;
}

/** The layer with paths that were relative to `dir` made absolute; changes it in place. */
export function absolutePaths(layer: Dict, dir: string): Dict {
  return mapPaths(layer, (path, key) => {
    const named = key === 'env.dataset' && isOwnDataset(path);
    const onHub = hubKeys.includes(key) && mayBeOnHub(path, dir);
    return named || onHub || isAbsolute(path) ? path : resolve(dir, path);
  });
}

function mapPaths(layer: Dict, change: (path: string, key: string) => string): Dict {
  for (const dotted of pathKeys) {
    const [section, key] = dotted.split('.') as [string, string];
    const parent = layer[section];
    if (!isDict(parent) || !Object.hasOwn(parent, key)) continue;
    const each = (value: unknown) =>
      typeof value === 'string' && value !== '' ? change(value, dotted) : value;
    const value = parent[key];
    parent[key] = Array.isArray(value) ? value.map(each) : each(value);
  }
  return layer;
}

function isDict(value: unknown): value is Dict {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function problem(message: string, cause?: unknown): ConfigError {
  return new ConfigError([{ path: '', message }], { cause });
}
