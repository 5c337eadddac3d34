/** Environments of users: a file that exports one. */
import type { Environment } from '@collm/envs';

/** Opens the environment that a file exports. */
export async function openOwnEnvironment(path: string, options: object): Promise<Environment> {
  const module = await import(path);
  return typeof module.default === 'function' ? module.default(options) : module.default;
}
