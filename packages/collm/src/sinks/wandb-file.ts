/**
 * Runs for `wandb sync`: W&B's own records (wandb_internal.proto) in a log of LevelDB's format. Records are cut at blocks
 * of 32 KiB, so that a reader finds its way again behind damage.
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { versions } from '../versions.js';
import { crc32 } from './crc.js';
import { Message } from './protobuf.js';
import type { WandbRow, WandbRun, WandbTransport } from './wandb.js';

const blockBytes = 32 * 1024;
/** Checksum, length and kind of a piece; as long as the header of the file. */
const headBytes = 7;
const pieces = { full: 1, first: 2, middle: 3, last: 4 } as const;

/** Numbers of the fields of Record that are used. */
const records = { history: 2, summary: 3, run: 17, exit: 18, header: 21, footer: 22 } as const;

export class WandbFile implements WandbTransport {
  readonly #handle: number;
  #place = 0;
  #number = 0;

  /** @param dir the folder `wandb/` of the run; the new run gets a folder in it */
  constructor(dir: string, run: WandbRun) {
    const time = new Date(run.started)
      .toISOString()
      .replace(/[-:]|\..*/g, '')
      .replace('T', '_');
    const folder = join(dir, `offline-run-${time}-${run.id}`);
    mkdirSync(folder, { recursive: true });
    this.#handle = openSync(join(folder, `run-${run.id}.wandb`), 'wx');
    const head = Buffer.alloc(headBytes);
    head.write(':W&B', 'latin1');
    head.writeUInt16LE(0xbee1, 4);
    this.#write(head);
    const version = new Message().field(1, `collm ${versions().collm}`).field(2, '0.0.0');
    this.#record(records.header, new Message().field(1, version));
    this.#record(records.run, runRecord(run));
  }

  row(row: WandbRow): void {
    const history = items(new Message(), 1, row).field(2, new Message().varint(1, row._step ?? 0));
    this.#record(records.history, history);
  }

  close(exitCode: number, summary: WandbRow): void {
    this.#record(records.summary, items(new Message(), 1, summary));
    const runtime = Math.round(summary._runtime ?? 0);
    this.#record(records.exit, new Message().varint(1, exitCode).varint(2, runtime));
    this.#record(records.footer, new Message());
    closeSync(this.#handle);
  }

  #record(field: number, content: Message): void {
    const bytes = new Message()
      .varint(1, this.#number++)
      .field(field, content)
      .bytes();
    let kind: number = pieces.first;
    for (let at = 0; ; ) {
      const room = blockBytes - (this.#place % blockBytes);
      // What no piece fits into is filled with zeros.
      if (room < headBytes) this.#write(Buffer.alloc(room));
      const length = Math.min(bytes.length - at, blockBytes - (this.#place % blockBytes) - headBytes);
      const ends = at + length === bytes.length;
      if (ends) kind = at === 0 ? pieces.full : pieces.last;
      this.#piece(kind, bytes.subarray(at, at + length));
      if (ends) return;
      at += length;
      kind = pieces.middle;
    }
  }

  #piece(kind: number, bytes: Buffer): void {
    const checked = Buffer.concat([Buffer.from([kind]), bytes]);
    const head = Buffer.alloc(headBytes - 1);
    head.writeUInt32LE(crc32('ieee', checked));
    head.writeUInt16LE(bytes.length, 4);
    this.#write(Buffer.concat([head, checked]));
  }

  #write(bytes: Buffer): void {
    writeSync(this.#handle, bytes);
    this.#place += bytes.length;
  }
}

function runRecord(run: WandbRun): Message {
  const message = new Message()
    .field(1, run.id)
    .field(2, run.entity ?? undefined)
    .field(3, run.project)
    .field(4, items(new Message(), 1, run.settings))
    .field(6, run.group)
    .field(8, run.name);
  for (const tag of run.tags) message.field(10, tag);
  const seconds = Math.floor(run.started / 1000);
  return message.field(17, new Message().varint(1, seconds).varint(2, (run.started % 1000) * 1e6));
}

/** Values by key, each as JSON. */
function items(into: Message, field: number, values: Readonly<Record<string, unknown>>): Message {
  for (const [key, value] of Object.entries(values)) {
    into.field(field, new Message().field(1, key).field(16, JSON.stringify(value)));
  }
  return into;
}
