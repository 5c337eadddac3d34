/**
 * The index of a folder of runs as it lies there: a SQLite database and a hash over it. Nobody opens it in place. Whoever
 * needs it takes a copy, and puts a newer one there at once by renaming. So it takes no locks, which a killed process would
 * leave behind, works on disks that cannot be written to, and loses no more than some reading when two put theirs there.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { isAlive } from './lock.js';

const NAME = '.index.sqlite';
const TEMPORARY = /^\.index\.sqlite\.(\d+)\.tmp$/;
const HASH_BYTES = 32;

/** The database of an index; null when there is none, or it is damaged or of another version of the tables. */
export function readIndexFile(runsDir: string, version: number): Buffer | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(join(runsDir, NAME));
  } catch {
    return null;
  }
  const database = bytes.subarray(0, -HASH_BYTES);
  return hashOf(database, version).equals(bytes.subarray(-HASH_BYTES)) ? database : null;
}

/** Puts a database in the place of the index. Where that cannot be written to, nothing happens. */
export function writeIndexFile(runsDir: string, version: number, database: Buffer): void {
  const temporary = join(runsDir, `${NAME}.${process.pid}.tmp`);
  try {
    removeLeftovers(runsDir);
    const handle = openSync(temporary, 'w');
    try {
      writeSync(handle, database);
      writeSync(handle, hashOf(database, version));
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, join(runsDir, NAME));
  } catch {
    rmSync(temporary, { force: true });
  }
}

/** What processes left that were killed while they wrote. */
function removeLeftovers(runsDir: string): void {
  for (const name of readdirSync(runsDir)) {
    const pid = TEMPORARY.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(runsDir, name), { force: true });
  }
}

function hashOf(database: Buffer, version: number): Buffer {
  return createHash('sha256').update(`collm runs ${version}\n`).update(database).digest();
}
