/** Models by name: `org/name` on the Hugging Face hub becomes a folder of the local cache. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ModelError } from '../errors.js';
import { indexFile, readIndex, weightsFile } from './folder.js';
import { type HubSettings, hubSettings, isCommit, ModelCache, missingFiles } from './hub-cache.js';
import { downloadFile, type HubFile } from './hub-download.js';

/** How far a file has come. */
export interface HubProgress {
  readonly file: string;
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

export interface ResolveOptions {
  /** Branch, tag or commit; goes before an `@revision` in the name. Default: main. */
  revision?: string;
  /** Default: as HF_HUB_CACHE or HF_HOME say, else ~/.cache/huggingface/hub. */
  cacheDir?: string;
  /** Only look into the cache. Default: as HF_HUB_OFFLINE says. */
  offline?: boolean;
  /** Default: as HF_TOKEN or the token file say. */
  token?: string;
  /** Default: as HF_ENDPOINT says, else the public hub. */
  endpoint?: string;
  /** Called as bytes arrive; not for files that are in the cache. */
  onProgress?: (progress: HubProgress) => void;
  /** Called when the hub cannot be reached and the cached model is taken. */
  onWarning?: (message: string) => void;
  signal?: AbortSignal;
}

/** A model on the hub. */
export interface HubId {
  readonly repo: string;
  readonly revision: string;
}

/** Small files that a model is used with; weights come after them. Never pickles, GGUF or ONNX. */
const wanted =
  /^(config\.json|generation_config\.json|tokenizer[^/\\]*|special_tokens_map\.json|chat_template\.(jinja|json)|model\.safetensors\.index\.json)$/;
/** The hub answers questions about a model within this, in ms, or counts as out of reach. */
const answerTime = 30_000;

/** The hub was not reached, as opposed to reached and unwilling. */
class Unreachable extends Error {}

/** Reads `org/name` or `org/name@revision`; undefined for what can only be a path. */
export function parseHubId(model: string): HubId | undefined {
  const match = /^([\w-][\w.-]*\/[\w-][\w.-]*)(?:@([\w.][\w./-]*))?$/.exec(model);
  if (match === null || model.includes('..') || match[1]?.includes('--')) return undefined;
  return { repo: match[1] as string, revision: match[2] ?? 'main' };
}

/**
 * The folder of a model. A path that exists, or that starts with `.` or `/`, is returned as it is; `org/name`
 * and `org/name@revision` are looked for in the cache, and what is missing there is fetched: configuration,
 * tokenizer and safetensors. A download that was interrupted goes on where it ended. Every file is checked
 * against the size and the hash that the hub lists before it is used.
 *
 * @throws ModelError that says what to do: a wrong name, a licence to accept, no connection, not in the cache.
 */
export async function resolveModel(model: string, options: ResolveOptions = {}): Promise<string> {
  if (existsSync(model) || /^[./]/.test(model)) return model;
  const id = parseHubId(
    options.revision === undefined ? model : `${model.split('@')[0]}@${options.revision}`,
  );
  if (id === undefined)
    throw new ModelError(
      `"${model}" is neither a folder that exists nor a model of the hub (org/name or org/name@revision).`,
    );
  const settings = hubSettings(options);
  const cache = new ModelCache(settings.cacheDir, id.repo);
  const cached = cache.find(id.revision);
  if (settings.offline) return fromCache(id, settings, cached, 'offline mode is on');
  // A commit never changes.
  if (isCommit(id.revision) && cached !== undefined && missingFiles(cached).length === 0) return cached;
  try {
    return await fetchSnapshot(id, settings, cache, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof Unreachable)) throw error;
    const folder = fromCache(id, settings, cached, error.message);
    options.onWarning?.(`${error.message}; ${id.repo} is taken from the cache as it was last fetched.`);
    return folder;
  }
}

function fromCache(id: HubId, { cacheDir }: HubSettings, cached: string | undefined, why: string): string {
  const missing = cached === undefined ? [] : missingFiles(cached);
  if (cached !== undefined && missing.length === 0) return cached;
  const lacks =
    cached === undefined
      ? `revision "${id.revision}" of ${id.repo} is not in the cache ${cacheDir}`
      : `the cache ${cacheDir} lacks ${missing.join(', ')} of ${id.repo}`;
  throw new ModelError(`${lacks}, and ${why}. Fetch it once with a connection, or give a folder.`);
}

async function fetchSnapshot(
  { repo, revision }: HubId,
  { endpoint, token, cacheDir }: HubSettings,
  cache: ModelCache,
  { onProgress, signal }: ResolveOptions,
): Promise<string> {
  // Imported here: local folders need no client.
  const client = await import('@huggingface/hub');
  const ask = {
    hubUrl: endpoint,
    ...(token === undefined ? {} : { accessToken: token }),
    fetch: reaching(endpoint, signal),
  };
  const refused = (error: unknown) => explain(error, { repo, revision }, endpoint);
  try {
    const info = await client.modelInfo({ ...ask, name: repo, revision, additionalFields: ['sha'] });
    const commit = String(info.sha);
    if (!isCommit(commit)) throw new ModelError(`${endpoint} names no commit for ${repo}@${revision}.`);
    const listed = new Map<string, HubFile>();
    for await (const entry of client.listFiles({ ...ask, repo, revision: commit })) {
      if (entry.type === 'file') listed.set(entry.path, checkEntry(entry, repo));
    }
    const fetchFile = async (file: HubFile) => {
      const openBlob = async (connection: AbortSignal) => {
        const fetching: typeof fetch = (url, init) => fetch(url, { ...init, signal: connection });
        // Plain ranges instead of the Xet protocol: every mirror serves them, and they resume at any byte.
        const request = { ...ask, fetch: fetching, repo, path: file.path, revision: commit, xet: false };
        const blob = await client.downloadFile(request).catch((error: unknown) => {
          throw isRefusal(error) ? refused(error) : error;
        });
        if (blob === null) throw new ModelError(`${repo} lists ${file.path}, but does not have it.`);
        return blob;
      };
      const onBytes = (bytesDone: number) =>
        onProgress?.({ file: file.path, bytesDone, bytesTotal: file.size });
      const options = { ...(signal === undefined ? {} : { signal }), onBytes };
      await downloadFile(file, cache.blob(file.hash), openBlob, options);
      cache.link(file.hash, commit, file.path);
    };
    for (const file of listed.values()) if (wanted.test(file.path)) await fetchFile(file);
    for (const file of weightFiles(repo, listed, cache.snapshot(commit))) await fetchFile(file);
    cache.setRef(revision, commit);
    return cache.snapshot(commit);
  } catch (error) {
    signal?.throwIfAborted();
    const code = (error as NodeJS.ErrnoException | null)?.code;
    if (code !== undefined && /^E(ACCES|PERM|ROFS|NOSPC|DQUOT)$/.test(code))
      throw new ModelError(
        `${repo} cannot be kept in the cache ${cacheDir}: ${(error as Error).message}. Make room, or name another cache in HF_HUB_CACHE.`,
        { cause: error },
      );
    throw refused(error);
  }
}

/** `fetch` for questions, whose failure to connect is told apart from every other failure. */
function reaching(endpoint: string, signal: AbortSignal | undefined): typeof fetch {
  return async (url, init) => {
    const limit = AbortSignal.timeout(answerTime);
    try {
      return await fetch(url, {
        ...init,
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      });
    } catch (cause) {
      const { message, cause: inner } = cause as Error;
      const why = inner instanceof Error ? inner.message || (inner as NodeJS.ErrnoException).code : message;
      throw new Unreachable(`${endpoint} cannot be reached (${why})`, { cause });
    }
  };
}

type Entry = { path: string; size: number; oid?: string; lfs?: { oid: string; size: number } };

/** Names and hashes become paths in the cache, and the list comes from strangers. */
function checkEntry({ path, size, oid, lfs }: Entry, repo: string): HubFile {
  const hash = lfs?.oid ?? oid ?? '';
  if (path.startsWith('/') || /[\\\0]/.test(path) || path.split('/').includes('..'))
    throw new ModelError(`${repo} lists a file ${JSON.stringify(path)}, whose name leads out of its folder.`);
  const bytes = lfs?.size ?? size;
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(hash) || !Number.isSafeInteger(bytes) || bytes < 0)
    throw new ModelError(`${repo} lists ${path} without a usable hash and size.`);
  return { path, size: bytes, hash };
}

/** The files of the weights: the single one, or the shards of the index that was fetched before. */
function weightFiles(repo: string, listed: ReadonlyMap<string, HubFile>, snapshot: string): HubFile[] {
  const single = listed.get(weightsFile);
  if (single !== undefined) return [single];
  if (!listed.has(indexFile)) {
    const others = [...listed.keys()].filter((path) => /\.(bin|gguf|onnx|pth|safetensors)$/.test(path));
    const instead = others.length === 0 ? 'no weights at all' : `only ${others.slice(0, 3).join(', ')}`;
    throw new ModelError(
      `${repo} holds neither ${weightsFile} nor ${indexFile}, ${instead}. Take a model or a revision with safetensors.`,
    );
  }
  return [...new Set(readIndex(join(snapshot, indexFile)).values())].map((path) => {
    const file = listed.get(path);
    if (file !== undefined) return file;
    throw new ModelError(`${repo}: ${indexFile} places tensors in ${path}, which the hub does not have.`);
  });
}

const statusOf = (error: unknown) => (error as { statusCode?: number } | null)?.statusCode;
const isRefusal = (error: unknown) => [401, 403, 404].includes(statusOf(error) ?? 0);

/** What a failure means for whoever named the model. */
function explain(error: unknown, { repo, revision }: HubId, endpoint: string): Error {
  if (error instanceof ModelError || error instanceof Unreachable) return error;
  const { message } = error as Error;
  const status = statusOf(error) ?? 0;
  if (status >= 500 || status === 429) return new Unreachable(`${endpoint} answers with status ${status}`);
  const why =
    status === 401 || status === 403
      ? `refuses ${repo} (${status}): it is gated or private, or its name is misspelt. Accept its licence at ${endpoint}/${repo}, and set HF_TOKEN to the token of an account that may read it`
      : status === 404
        ? `knows no model ${repo} with a revision "${revision}". Check the spelling; a private model also needs HF_TOKEN`
        : `could not be asked for ${repo}: ${message}`;
  return new ModelError(`${endpoint} ${why}.`, { cause: error });
}
