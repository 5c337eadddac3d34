import { resolve } from 'node:path';
import { CollmError } from '../../errors.js';
import { fetchFolder, mayBeOnHub } from '../../fetch-model.js';
import type { Io } from '../../io.js';

/**
 * The folder of a model that the user named: a path, or `org/name` on the hub, which is fetched if need be.
 *
 * @throws CollmError when neither is there
 */
export async function modelFolder(model: string, io: Io): Promise<string> {
  if (!mayBeOnHub(model, io.cwd)) return resolve(io.cwd, model);
  const { ModelError } = await import('@collm/lm');
  try {
    return await fetchFolder(model, io);
  } catch (cause) {
    if (!(cause instanceof ModelError)) throw cause;
    const message = `There is no folder ${model}. As a model of the hub: ${cause.message}`;
    throw new CollmError('MODEL', message, { cause });
  }
}
