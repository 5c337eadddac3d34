/** What every reader of data files shares: how a file is named in messages, and what a record may look like. */
import { EnvError } from '../env-error.js';
import type { DataRecord } from './source.js';

/** A file to read. */
export interface DataFile {
  readonly path: string;
  /** How messages call it. */
  readonly name: string;
}

/** How a file is read. */
export interface ReadOptions {
  /** Records that are needed; reading may stop there. Infinity for all. */
  readonly limit: number;
  /**
   * Called with what is wrong with a single record, which is then left out. What makes the rest of a file unreadable is
   * thrown all the same.
   */
  readonly onBadRecord: (error: EnvError) => void;
}

/** Deeper records are refused: whatever walks over them later, such as `JSON.stringify`, would run out of stack. */
const maxDepth = 100;

/**
 * Takes a parsed value for a record.
 *
 * @throws {EnvError} `bad_dataset` when it is no object, nests too deep, or has a key that changes prototypes
 */
export function recordOf(value: unknown, where: string): DataRecord {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw badData(
      `${where}: a record must be an object, but this is ${kindOf(value)}. Write {"field": value, ...}.`,
    );
  }
  let level: object[] = [value];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > maxDepth) throw badData(`${where}: the record nests deeper than ${maxDepth} levels.`);
    const inner: object[] = [];
    for (const one of level) {
      if (Object.hasOwn(one, '__proto__')) {
        throw badData(`${where}: the key \`__proto__\` is not allowed. Rename it.`);
      }
      for (const part of Object.values(one)) if (part !== null && typeof part === 'object') inner.push(part);
    }
    level = inner;
  }
  return { value: value as Readonly<Record<string, unknown>>, where };
}

export function badData(message: string, cause?: unknown): EnvError {
  return new EnvError('bad_dataset', message, cause === undefined ? undefined : { cause });
}

/** An error's message on one line, short enough to stand within another. */
export function reasonOf(cause: unknown): string {
  const text = (cause instanceof Error ? cause.message : String(cause)).replaceAll(/\s+/g, ' ').trim();
  return (text.length > 200 ? `${text.slice(0, 200)}...` : text).replace(/\.$/, '');
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`;
}
