/** Configurations for other machines: of a path only its last name is told. */
import { posix, win32 } from 'node:path';
import type { Config } from './schema.js';

/** The same configuration with names in place of paths. */
export function withoutPaths(config: Config): Record<string, unknown> {
  const named = (value: unknown): unknown => {
    if (typeof value === 'string') return isPath(value) ? lastName(value) : value;
    if (Array.isArray(value)) return value.map(named);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, named(inner)]));
  };
  return named(config) as Record<string, unknown>;
}

/** A path of this system or of Windows, or one in a home folder. */
export function isPath(value: string): boolean {
  return posix.isAbsolute(value) || /^([a-z]:[\\/]|~\/|file:)/i.test(value);
}

/** The last part of a path; the whole where there is none. */
export function lastName(path: string): string {
  return win32.basename(path) || path;
}
