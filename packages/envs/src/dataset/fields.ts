/** Reading fields of untrusted records, with errors that name file and line. */
import { EnvError } from '../env-error.js';
import type { DataRecord } from './source.js';

/**
 * A field that must be a text.
 *
 * @throws {EnvError} `bad_dataset` naming the place, the field and what it holds
 */
export function textField({ value, where }: DataRecord, field: string): string {
  const text = value[field];
  if (typeof text === 'string') return text;
  const fields = Object.keys(value).slice(0, 12).join(', ');
  throw new EnvError(
    'bad_dataset',
    `${where}: the field \`${field}\` must be a text, but it is ${describe(text)}. The record has: ${fields || 'nothing'}.`,
  );
}

/** A text field that may be absent or null. */
export function optionalTextField(record: DataRecord, field: string): string | undefined {
  const value = record.value[field];
  return value === undefined || value === null ? undefined : textField(record, field);
}

/** What is wrong with a field of a record, however deep it lies: `posts.jsonl:3: \`layers[0].y\` is "a", but ...`. */
export function badField({ where }: DataRecord, field: string, value: unknown, why: string): EnvError {
  return new EnvError('bad_dataset', `${where}: ${field} is ${describe(value)}, but ${why}.`);
}

function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
