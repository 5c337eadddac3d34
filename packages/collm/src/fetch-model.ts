/** Models by folder or by name on the hub, for every command. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { HubProgress, ResolveOptions } from '@collm/lm';
import type { Io } from './io.js';
import { Progress } from './sinks/progress.js';

/**
 * Whether a text may name a model of the hub: one slash, no folder of that name in `dir`, and not written as
 * a path.
 */
export function mayBeOnHub(value: string, dir: string): boolean {
  return /^[^./][^/]*\/[^/@]+(@.+)?$/.test(value) && !existsSync(resolve(dir, value));
}

/**
 * The folder of `org/name` or `org/name@revision`: from the cache, else fetched, which is told.
 *
 * @throws ModelError when the model cannot be had
 */
export async function fetchFolder(model: string, io: Pick<Io, 'stderr'>): Promise<string> {
  const { resolveModel } = await import('@collm/lm');
  return tellFetching(model, io, (options) => resolveModel(model, options));
}

/** Tells what is fetched, and how far it has come. */
export async function tellFetching(
  name: string,
  io: Pick<Io, 'stderr'>,
  fetch: (options: Pick<ResolveOptions, 'onProgress' | 'onWarning'>) => Promise<string>,
): Promise<string> {
  const progress = new Progress(io.stderr);
  let announced = false;
  const onProgress = ({ file, bytesDone, bytesTotal }: HubProgress) => {
    if (!announced) progress.line(`Fetching ${name}`);
    announced = true;
    progress.status(`${file} ${Math.floor((100 * bytesDone) / Math.max(bytesTotal, 1))}%`);
  };
  const folder = resolve(await fetch({ onProgress, onWarning: (text) => progress.line(text) }));
  if (announced) progress.line(`Fetched to ${folder}`);
  return folder;
}
