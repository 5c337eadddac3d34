/**
 * Fetches one file of the hub into the cache. Hugging Face's client asks and streams; it starts a file over
 * when the connection breaks, so here the part that arrived is kept, and a slice of the client's blob, which
 * is a range request, brings the rest. That holds within a call, and across calls and processes as long as
 * the part stays in the cache.
 */
import { createHash, type Hash, randomUUID } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import { ModelError } from '../errors.js';

/** A file as the hub lists it. */
export interface HubFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** SHA-256 of large files, git's SHA-1 of a blob for small ones: also its name in the cache. */
  readonly hash: string;
}

/** The client's view of the file's content; asked anew after every broken connection. */
export type OpenBlob = (signal: AbortSignal) => Promise<Blob>;

export interface DownloadOptions {
  readonly signal?: AbortSignal;
  /** Called with the bytes there are. */
  readonly onBytes?: (done: number) => void;
}

/** Attempts in a row that bring nothing. */
const maxAttempts = 5;
/** A connection that brings nothing for so long is given up, in ms. */
const stallTime = 60_000;
/** A part that nobody wrote to for so long belongs to nobody, in ms. */
const orphanTime = 300_000;

/** The connection broke, or never came about. */
class Interrupted extends Error {}

/**
 * Fetches the file to `target` unless it is there. Size and hash are checked before it gets that name.
 *
 * @throws ModelError when the content is not what the hub lists, or when the connection keeps breaking.
 */
export async function downloadFile(
  file: HubFile,
  target: string,
  openBlob: OpenBlob,
  options: DownloadOptions = {},
): Promise<void> {
  if (statSync(target, { throwIfNoEntry: false })?.size === file.size) return;
  mkdirSync(dirname(target), { recursive: true });
  const part = claimPart(target);
  try {
    const resumed = existsSync(part) && statSync(part).size > 0;
    let right = await complete(file, part, openBlob, options);
    if (!right && resumed) {
      // What an earlier process left may be to blame.
      rmSync(part);
      right = await complete(file, part, openBlob, options);
    }
    if (!right) {
      rmSync(part);
      throw new ModelError(
        `${file.path} arrived with another content than the hub lists (hash ${file.hash}, ${file.size} bytes). Try again; if it stays so, the server or a proxy changes it.`,
      );
    }
    renameSync(part, target);
  } finally {
    active.delete(part);
  }
}

/** Brings the part to its full size. Returns whether size and hash are right. */
async function complete(
  file: HubFile,
  part: string,
  openBlob: OpenBlob,
  { signal, onBytes }: DownloadOptions,
): Promise<boolean> {
  const isSha256 = file.hash.length === 64;
  const hash = createHash(isSha256 ? 'sha256' : 'sha1');
  if (!isSha256) hash.update(`blob ${file.size}\0`); // what git hashes
  let done = existsSync(part) ? await hashPart(part, hash) : 0;
  const handle = await open(part, 'a');
  try {
    onBytes?.(done);
    for (let attempt = 1; done < file.size; attempt++) {
      try {
        for await (const chunk of read(openBlob, done, signal)) {
          await writeAll(handle, chunk);
          hash.update(chunk);
          done += chunk.length;
          attempt = 0;
          onBytes?.(done);
          if (done > file.size) return false;
        }
        if (done < file.size) throw new Interrupted(`it ended after ${done} of ${file.size} bytes`);
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error;
        if (attempt >= maxAttempts)
          throw new ModelError(
            `${file.path} could not be fetched: ${error.message}. The ${done} of ${file.size} bytes that arrived are kept, and the next try goes on from there.`,
            { cause: error },
          );
        await sleep(250 * 2 ** attempt, undefined, signal === undefined ? {} : { signal });
      }
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return done === file.size && hash.digest('hex') === file.hash;
}

/** The file's bytes from `start` on. Everything that goes wrong on the way is an `Interrupted`. */
async function* read(
  openBlob: OpenBlob,
  start: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const connection = new AbortController();
  const abort = () => connection.abort(signal?.reason);
  signal?.addEventListener('abort', abort, { once: true });
  const stalled = setTimeout(() => connection.abort(), stallTime);
  try {
    signal?.throwIfAborted();
    const blob = await openBlob(connection.signal);
    for await (const chunk of blob.slice(start).stream()) {
      stalled.refresh();
      yield chunk;
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof ModelError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new Interrupted(`the connection broke (${why})`, { cause: error });
  } finally {
    clearTimeout(stalled);
    signal?.removeEventListener('abort', abort);
    connection.abort();
  }
}

async function hashPart(part: string, hash: Hash): Promise<number> {
  let bytes = 0;
  for await (const chunk of createReadStream(part) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return bytes;
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; )
    done += (await handle.write(bytes, done, bytes.length - done)).bytesWritten;
}

/** Parts that this thread is writing. */
const active = new Set<string>();
const owner = `${hostname().replaceAll('.', '_')}.${process.pid}.${threadId}`;

/**
 * A part of its own for every download, so that two processes fetching the same file cannot write into each
 * other's. One that a dead process left is taken over; the rename decides between two that want it.
 */
function claimPart(target: string): string {
  const mine = `${target}.${owner}.${randomUUID().slice(0, 8)}.incomplete`;
  active.add(mine);
  const folder = dirname(target);
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(`${basename(target)}.`) || !isOrphan(join(folder, name))) continue;
    try {
      renameSync(join(folder, name), mine);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return mine;
}

function isOrphan(path: string): boolean {
  const match = /^[0-9a-f]+\.(([^.]+)\.(\d+)\.\d+)\.[0-9a-f]+\.incomplete$/.exec(basename(path));
  if (match === null) return false; // Python's own part: its process may be alive
  const [, writer, host, pid] = match;
  if (writer === owner) return !active.has(path);
  if (host === owner.split('.')[0] && !isAlive(Number(pid))) return true;
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && Date.now() - stats.mtimeMs > orphanTime;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
