/** TensorBoard's event files: records of TFRecord that hold messages of the type Event. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { crc32 } from './crc.js';
import { Message } from './protobuf.js';

/** What TensorBoard knows from the first event: it then throws away what a START event voids. */
const fileVersion = 'brain.Event:2';
const sessionStart = 1;
const dataTypes = { float: 1, string: 7 } as const;
const dataClassTensor = 2;

/** Appends events to a file of its own. */
export class EventFile {
  readonly #handle: number;

  /** @param path a new file, with `tfevents` in its name; TensorBoard reads those of a folder in order of their names */
  constructor(path: string) {
    this.#handle = openSync(path, 'wx');
    this.#append(new Message().double(1, now()).field(3, fileVersion));
  }

  /**
   * Voids what earlier files of the folder hold of this step and later ones. Every file needs it, the first one too: the
   * first of a folder voids nothing.
   */
  begin(step: number): void {
    const log = new Message().varint(1, sessionStart);
    this.#append(event(step).field(7, log));
  }

  /** One value by tag, all of one step. They are stored in f32. */
  scalars(step: number, values: Readonly<Record<string, number>>): void {
    const summary = new Message();
    for (const [name, value] of Object.entries(values)) {
      summary.field(1, new Message().field(1, name).float(2, value));
    }
    this.#append(event(step).field(5, summary));
  }

  /** A text, shown as Markdown. */
  text(step: number, tag: string, markdown: string): void {
    const tensor = new Message().varint(1, dataTypes.string).field(2, new Message()).field(8, markdown);
    this.#append(event(step).field(5, pluginSummary(tag, 'text', new Message(), tensor)));
  }

  /** The settings of the run, for the tab HPARAMS. */
  settings(values: Readonly<Record<string, string | number | boolean>>): void {
    const start = new Message().double(5, now());
    for (const [key, value] of Object.entries(values)) {
      start.field(1, new Message().field(1, key).field(2, structValue(value)));
    }
    this.#hparams('_hparams_/session_start_info', new Message().field(3, start));
  }

  /** How the run has ended, for the same tab. */
  ended(outcome: 'finished' | 'failed'): void {
    const status = outcome === 'finished' ? 1 : 2;
    const end = new Message().varint(1, status).double(2, now());
    this.#hparams('_hparams_/session_end_info', new Message().field(4, end));
  }

  close(): void {
    closeSync(this.#handle);
  }

  #hparams(tag: string, data: Message): void {
    // The data are the content of the plugin; the tensor beside them is empty.
    const noRows = new Message().field(2, new Message().varint(1, 0));
    const nothing = new Message().varint(1, dataTypes.float).field(2, noRows);
    this.#append(event(0).field(5, pluginSummary(tag, 'hparams', data, nothing)));
  }

  /** A record: its length, a checksum of that, the bytes, a checksum of those. */
  #append(message: Message): void {
    const bytes = message.bytes();
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(bytes.length));
    writeSync(this.#handle, Buffer.concat([length, checksum(length), bytes, checksum(bytes)]));
  }
}

function event(step: number): Message {
  return new Message().double(1, now()).varint(2, step);
}

function pluginSummary(tag: string, plugin: string, content: Message, tensor: Message): Message {
  const data = new Message().field(1, plugin).field(2, content);
  const metadata = new Message().field(1, data).varint(4, dataClassTensor);
  return new Message().field(1, new Message().field(1, tag).field(9, metadata).field(8, tensor));
}

/** google.protobuf.Value */
function structValue(value: string | number | boolean): Message {
  if (typeof value === 'number') return new Message().double(2, value);
  return typeof value === 'boolean' ? new Message().bool(4, value) : new Message().field(3, value);
}

/** Seconds since 1970. */
function now(): number {
  return Date.now() / 1000;
}

/** CRC-32C, masked as TFRecord wants it, so that a record inside a record does not look like one. */
function checksum(bytes: Uint8Array): Buffer {
  const crc = crc32('castagnoli', bytes);
  const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  const result = Buffer.alloc(4);
  result.writeUInt32LE(masked);
  return result;
}
