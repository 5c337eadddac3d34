/**
 * Reads TensorBoard's event files as TensorBoard does, written apart from what writes them: checksums bit by bit, messages
 * field by field.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Values of a message by field number, in order: varints and floats as numbers, the rest as bytes. */
export type Fields = ReadonlyMap<number, readonly (number | Buffer)[]>;

export interface ReadEvent {
  readonly step: number;
  readonly wallTime: number;
  readonly version?: string;
  /** 1: START. */
  readonly session?: number;
  readonly values: readonly ReadValue[];
}

export interface ReadValue {
  readonly tag: string;
  readonly scalar?: number;
  readonly plugin?: string;
  /** Of the plugin. */
  readonly content?: Fields;
  /** Texts of a tensor. */
  readonly texts: readonly string[];
}

/** Remainder of the division by the Castagnoli polynomial, bits in reverse. */
export function crc32c(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest & 1) === 0 ? rest >>> 1 : (rest >>> 1) ^ 0x82f63b78;
  }
  return ~rest >>> 0;
}

function unmasked(stored: number): number {
  const rotated = (BigInt(stored) - 0xa282ead8n) & 0xffffffffn;
  return Number(((rotated >> 17n) | (rotated << 15n)) & 0xffffffffn);
}

/** The records of a file. @throws when a checksum is wrong or the file ends within a record */
export function readRecords(bytes: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    if (crc32c(bytes.subarray(at, at + 8)) !== unmasked(bytes.readUInt32LE(at + 8)))
      throw new Error(`the length at byte ${at} has another checksum`);
    const record = bytes.subarray(at + 12, at + 12 + length);
    if (crc32c(record) !== unmasked(bytes.readUInt32LE(at + 12 + length)))
      throw new Error(`the record at byte ${at} has another checksum`);
    records.push(record);
    at += 16 + length;
  }
  return records;
}

export function readFields(bytes: Buffer): Fields {
  const fields = new Map<number, (number | Buffer)[]>();
  let at = 0;
  const varint = (): number => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(value);
    }
  };
  while (at < bytes.length) {
    const key = varint();
    const kind = key & 7;
    let value: number | Buffer;
    if (kind === 0) value = varint();
    else if (kind === 1) {
      value = bytes.readDoubleLE(at);
      at += 8;
    } else if (kind === 2) {
      const length = varint();
      value = bytes.subarray(at, at + length);
      at += length;
    } else if (kind === 5) {
      value = bytes.readFloatLE(at);
      at += 4;
    } else throw new Error(`wire type ${kind} at byte ${at}`);
    fields.set(key >>> 3, [...(fields.get(key >>> 3) ?? []), value]);
  }
  return fields;
}

const inner = (fields: Fields, number: number): Fields | undefined => {
  const value = fields.get(number)?.[0];
  return value instanceof Buffer ? readFields(value) : undefined;
};
const text = (fields: Fields | undefined, number: number): string => String(fields?.get(number)?.[0] ?? '');
const number = (fields: Fields, field: number): number => Number(fields.get(field)?.[0] ?? 0);

function readEvent(record: Buffer): ReadEvent {
  const event = readFields(record);
  const session = inner(event, 7);
  const values = (inner(event, 5)?.get(1) ?? []).map((bytes): ReadValue => {
    const value = readFields(bytes as Buffer);
    const metadata = inner(value, 9);
    const plugin = metadata && inner(metadata, 1);
    const tensor = inner(value, 8);
    return {
      tag: text(value, 1),
      texts: (tensor?.get(8) ?? []).map(String),
      ...(value.has(2) ? { scalar: number(value, 2) } : {}),
      ...(plugin === undefined ? {} : { plugin: text(plugin, 1), content: inner(plugin, 2) as Fields }),
    };
  });
  return {
    step: number(event, 2),
    wallTime: number(event, 1),
    values,
    ...(event.has(3) ? { version: text(event, 3) } : {}),
    ...(session === undefined ? {} : { session: number(session, 1) }),
  };
}

/** The events of every file of a folder, file by file. */
export function readEventFiles(dir: string): ReadEvent[][] {
  const names = readdirSync(dir).filter((name) => name.includes('tfevents'));
  return names.sort().map((name) => readRecords(readFileSync(join(dir, name))).map(readEvent));
}

/** What TensorBoard shows of a scalar: later files void the steps from their START on. */
export function shownScalar(files: readonly ReadEvent[][], tag: string): [step: number, value: number][] {
  let shown: [number, number][] = [];
  for (const event of files.flat()) {
    if (event.session === 1) shown = shown.filter(([step]) => step < event.step);
    for (const value of event.values)
      if (value.tag === tag && value.scalar !== undefined) shown.push([event.step, value.scalar]);
  }
  return shown;
}
