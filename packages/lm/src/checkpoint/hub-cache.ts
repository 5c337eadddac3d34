/**
 * The cache that Python's huggingface_hub keeps, in the same layout, so that both share what either fetched:
 * `models--org--name/blobs/<hash>` (or `datasets--org--name`) holds contents, `snapshots/<commit>/<file>` links to
 * them, and `refs/<branch>` names the commit that a branch had when it was last asked for. Beside them,
 * `listings/<commit>.json` is ours: all files of a data set, of which the cache may hold a few.
 */
import { randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { indexFile, readIndex, weightsFile } from './folder.js';
import { readJson } from './read-json.js';

/** Where the hub is and what it is asked with; the environment is that of Hugging Face's own tools. */
export interface HubSettings {
  readonly endpoint: string;
  readonly token: string | undefined;
  readonly cacheDir: string;
  readonly offline: boolean;
}

/** Reads HF_ENDPOINT, HF_TOKEN or the token file, HF_HUB_CACHE or HF_HOME, and HF_HUB_OFFLINE. */
export function hubSettings(given: Partial<HubSettings>, env: NodeJS.ProcessEnv = process.env): HubSettings {
  const text = (name: string) => env[name]?.trim() || undefined;
  const home = text('HF_HOME') ?? join(text('XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'huggingface');
  const isOn = (name: string) => /^(1|on|yes|true)$/i.test(text(name) ?? '');
  const tokenFile = text('HF_TOKEN_PATH') ?? join(home, 'token');
  const savedToken = existsSync(tokenFile) ? readFileSync(tokenFile, 'utf8').trim() || undefined : undefined;
  return {
    endpoint: (given.endpoint ?? text('HF_ENDPOINT') ?? 'https://huggingface.co').replace(/\/+$/, ''),
    token: given.token ?? text('HF_TOKEN') ?? text('HUGGING_FACE_HUB_TOKEN') ?? savedToken,
    cacheDir: given.cacheDir ?? text('HF_HUB_CACHE') ?? text('HUGGINGFACE_HUB_CACHE') ?? join(home, 'hub'),
    offline: given.offline ?? (isOn('HF_HUB_OFFLINE') || isOn('TRANSFORMERS_OFFLINE')),
  };
}

export const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision);

/** A repository at a revision: a branch, a tag or a commit. */
export interface HubRepo {
  readonly type: 'model' | 'dataset';
  /** `org/name`. */
  readonly repo: string;
  readonly revision: string;
}

/** One repository's part of the cache. */
export class RepoCache {
  private readonly dir: string;

  constructor(cacheDir: string, { type, repo }: HubRepo) {
    this.dir = join(cacheDir, `${type}s--${repo.replaceAll('/', '--')}`);
  }

  snapshot(commit: string): string {
    return join(this.dir, 'snapshots', commit);
  }

  blob(hash: string): string {
    return join(this.dir, 'blobs', hash);
  }

  /** The snapshot of a branch, tag or commit; undefined where it was never fetched. */
  find(revision: string): string | undefined {
    const ref = join(this.dir, 'refs', revision);
    const commit = existsSync(ref) ? readFileSync(ref, 'utf8').trim() : revision;
    if (!isCommit(commit) || !existsSync(this.snapshot(commit))) return undefined;
    return this.snapshot(commit);
  }

  /** Remembers the commit of a branch. Done when its files are complete, so that offline use finds whole models. */
  setRef(revision: string, commit: string): void {
    if (isCommit(revision)) return;
    const path = join(this.dir, 'refs', revision);
    writeWhole(path, commit);
  }

  /** Shows a blob as a file of a snapshot. */
  link(hash: string, commit: string, file: string): void {
    const path = join(this.snapshot(commit), file);
    mkdirSync(dirname(path), { recursive: true });
    const target = relative(dirname(path), this.blob(hash));
    if (isLinkTo(path, target)) return;
    // Renamed into place: another process may be making the same link.
    const temporary = `${path}.${randomUUID()}.tmp`;
    symlinkSync(target, temporary);
    renameSync(temporary, path);
  }
}

/** All files of a data set at the commit of a snapshot; undefined where the hub was never asked by us. */
export function readListing(snapshot: string): string[] | undefined {
  const path = listingOf(snapshot);
  if (!existsSync(path)) return undefined;
  const paths: unknown = readJson(path);
  return Array.isArray(paths) ? paths.filter((one) => typeof one === 'string') : undefined;
}

export function writeListing(snapshot: string, paths: readonly string[]): void {
  writeWhole(listingOf(snapshot), JSON.stringify(paths));
}

function listingOf(snapshot: string): string {
  return join(dirname(dirname(snapshot)), 'listings', `${basename(snapshot)}.json`);
}

function writeWhole(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  writeFileSync(temporary, content);
  renameSync(temporary, path);
}

function isLinkTo(path: string, target: string): boolean {
  try {
    return readlinkSync(path) === target;
  } catch {
    return false; // nothing, or a copy, as the cache has them on systems without links
  }
}

/** What a snapshot lacks to be loaded: names of files, empty for a whole model. */
export function missingFiles(snapshot: string): string[] {
  const missing = ['config.json', 'tokenizer.json'].filter((file) => !existsSync(join(snapshot, file)));
  if (existsSync(join(snapshot, weightsFile))) return missing;
  const index = join(snapshot, indexFile);
  if (!existsSync(index)) return [...missing, weightsFile];
  const shards = new Set(readIndex(index).values());
  return [...missing, ...[...shards].filter((file) => !existsSync(join(snapshot, file)))];
}
