/**
 * Repositories of the Hugging Face hub as folders of the local cache. What is wanted of one is the caller's affair; how it
 * is asked for, checked, fetched and found again offline is the same for models and data sets.
 */
import { ModelError } from '../errors.js';
import { type HubRepo, type HubSettings, hubSettings, isCommit, RepoCache } from './hub-cache.js';
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

/** The name of a repository, read. */
export type HubId = Omit<HubRepo, 'type'>;

/** What is wanted of a repository. */
export interface Wanted {
  /** Files that are fetched first: which others are needed may stand in them. */
  readonly first: (path: string) => boolean;
  /** The other files, given what the hub lists and the folder where the first ones lie. */
  readonly rest: (listed: ReadonlyMap<string, HubFile>, snapshot: string) => readonly HubFile[];
  /** What a folder of the cache lacks: names of files, empty when all is there. */
  readonly missing: (snapshot: string) => readonly string[];
}

const kindOf = { model: 'model', dataset: 'data set' } as const;
/** The hub answers questions within this, in ms, or counts as out of reach. */
const answerTime = 30_000;

/** The hub was not reached, as opposed to reached and unwilling. */
class Unreachable extends Error {}

/**
 * Reads `org/name` or `org/name@revision`; undefined for what can only be a path.
 *
 * @param revision goes before the one in the name
 */
export function parseHubId(name: string, revision?: string): HubId | undefined {
  const text = revision === undefined ? name : `${name.split('@')[0]}@${revision}`;
  const match = /^([\w-][\w.-]*\/[\w-][\w.-]*)(?:@([\w.][\w./-]*))?$/.exec(text);
  if (match === null || text.includes('..') || match[1]?.includes('--')) return undefined;
  return { repo: match[1] as string, revision: match[2] ?? 'main' };
}

/**
 * The folder of a repository: looked for in the cache, and what is missing there is fetched. A download that was
 * interrupted goes on where it ended. Every file is checked against the size and the hash that the hub lists before it is
 * used.
 *
 * @throws ModelError that says what to do: a wrong name, a licence to accept, no connection, not in the cache.
 */
export async function resolveRepo(repo: HubRepo, wanted: Wanted, options: ResolveOptions): Promise<string> {
  const settings = hubSettings(options);
  const cache = new RepoCache(settings.cacheDir, repo);
  const cached = cache.find(repo.revision);
  if (settings.offline) return fromCache(repo, wanted, settings, cached, 'offline mode is on');
  // A commit never changes.
  if (isCommit(repo.revision) && cached !== undefined && wanted.missing(cached).length === 0) return cached;
  try {
    return await fetchSnapshot(repo, wanted, settings, cache, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (!(error instanceof Unreachable)) throw error;
    const folder = fromCache(repo, wanted, settings, cached, error.message);
    options.onWarning?.(`${error.message}; ${repo.repo} is taken from the cache as it was last fetched.`);
    return folder;
  }
}

function fromCache(
  { repo, revision }: HubRepo,
  wanted: Wanted,
  { cacheDir }: HubSettings,
  cached: string | undefined,
  why: string,
): string {
  const missing = cached === undefined ? [] : wanted.missing(cached);
  if (cached !== undefined && missing.length === 0) return cached;
  const lacks =
    cached === undefined
      ? `revision "${revision}" of ${repo} is not in the cache ${cacheDir}`
      : `the cache ${cacheDir} lacks ${missing.join(', ')} of ${repo}`;
  throw new ModelError(`${lacks}, and ${why}. Fetch it once with a connection, or give a folder.`);
}

async function fetchSnapshot(
  { type, repo: name, revision }: HubRepo,
  wanted: Wanted,
  { endpoint, token, cacheDir }: HubSettings,
  cache: RepoCache,
  { onProgress, signal }: ResolveOptions,
): Promise<string> {
  // Imported here: local folders need no client.
  const client = await import('@huggingface/hub');
  const ask = {
    hubUrl: endpoint,
    ...(token === undefined ? {} : { accessToken: token }),
    fetch: reaching(endpoint, signal),
  };
  const repo = { type, name };
  const refused = (error: unknown) => explain(error, { type, repo: name, revision }, endpoint);
  try {
    const about = { ...ask, name, revision, additionalFields: ['sha' as const] };
    const info = type === 'model' ? await client.modelInfo(about) : await client.datasetInfo(about);
    const commit = String(info.sha);
    if (!isCommit(commit)) throw new ModelError(`${endpoint} names no commit for ${name}@${revision}.`);
    const listed = new Map<string, HubFile>();
    const recursive = type === 'dataset'; // a model's files lie at the top
    for await (const entry of client.listFiles({ ...ask, repo, revision: commit, recursive })) {
      if (entry.type === 'file') listed.set(entry.path, checkEntry(entry, name));
    }
    const fetchFile = async (file: HubFile) => {
      const openBlob = async (connection: AbortSignal) => {
        const fetching: typeof fetch = (url, init) => fetch(url, { ...init, signal: connection });
        // Plain ranges instead of the Xet protocol: every mirror serves them, and they resume at any byte.
        const request = { ...ask, fetch: fetching, repo, path: file.path, revision: commit, xet: false };
        const blob = await client.downloadFile(request).catch((error: unknown) => {
          throw isRefusal(error) ? refused(error) : error;
        });
        if (blob === null) throw new ModelError(`${name} lists ${file.path}, but does not have it.`);
        return blob;
      };
      const onBytes = (bytesDone: number) =>
        onProgress?.({ file: file.path, bytesDone, bytesTotal: file.size });
      const options = { ...(signal === undefined ? {} : { signal }), onBytes };
      await downloadFile(file, cache.blob(file.hash), openBlob, options);
      cache.link(file.hash, commit, file.path);
    };
    for (const file of listed.values()) if (wanted.first(file.path)) await fetchFile(file);
    for (const file of wanted.rest(listed, cache.snapshot(commit))) await fetchFile(file);
    cache.setRef(revision, commit);
    return cache.snapshot(commit);
  } catch (error) {
    signal?.throwIfAborted();
    const code = (error as NodeJS.ErrnoException | null)?.code;
    if (code !== undefined && /^E(ACCES|PERM|ROFS|NOSPC|DQUOT)$/.test(code))
      throw new ModelError(
        `${name} cannot be kept in the cache ${cacheDir}: ${(error as Error).message}. Make room, or name another cache in HF_HUB_CACHE.`,
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

const statusOf = (error: unknown) => (error as { statusCode?: number } | null)?.statusCode;
const isRefusal = (error: unknown) => [401, 403, 404].includes(statusOf(error) ?? 0);

/** What a failure means for whoever named the repository. */
function explain(error: unknown, { type, repo, revision }: HubRepo, endpoint: string): Error {
  if (error instanceof ModelError || error instanceof Unreachable) return error;
  const { message } = error as Error;
  const status = statusOf(error) ?? 0;
  if (status >= 500 || status === 429) return new Unreachable(`${endpoint} answers with status ${status}`);
  const why =
    status === 401 || status === 403
      ? `refuses ${repo} (${status}): it is gated or private, or its name is misspelt. Accept its licence at ${endpoint}/${type === 'dataset' ? 'datasets/' : ''}${repo}, and set HF_TOKEN to the token of an account that may read it`
      : status === 404
        ? `knows no ${kindOf[type]} ${repo} with a revision "${revision}". Check the spelling; a private one also needs HF_TOKEN`
        : `could not be asked for ${repo}: ${message}`;
  return new ModelError(`${endpoint} ${why}.`, { cause: error });
}
