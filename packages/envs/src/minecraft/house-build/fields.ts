/** Reading the nested fields of a house's record, with errors that name the place and the field. */
import { badField } from '../../dataset/fields.js';
import type { DataRecord } from '../../dataset/source.js';
import { parsePythonInt } from '../../text/python-text.js';

/** @throws {EnvError} `bad_dataset` unless the field holds an object */
export function dictOf(record: DataRecord, field: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw badField(record, field, value, 'it must be an object');
}

/**
 * A whole number: numbers lose their fraction, texts are read as Python reads integers.
 *
 * @throws {EnvError} `bad_dataset` for anything else
 */
export function integerOf(record: DataRecord, field: string, value: unknown): number {
  const number = typeof value === 'string' ? parsePythonInt(value) : value;
  const whole = typeof number === 'number' ? Math.trunc(number) : Number.NaN;
  if (Number.isSafeInteger(whole)) return whole === 0 ? 0 : whole;
  throw badField(record, field, value, 'it must be a whole number');
}
