/**
 * A process that reads a Parquet file and writes its rows to standard output, one line of JSON each. Its arguments are the
 * path and how many rows are needed. When the file is damaged it says why on standard error and ends with code 3; damage
 * may also make the process run out of memory, which is why it is one of its own.
 */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { parquetRows } from './parquet-rows.mjs';

/** In characters. */
const BATCH = 2 ** 18;
/** In characters: at most 48 MiB of UTF-8, less than the longest line that is read. */
const MAX_ROW = 2 ** 24;

if (process.platform === 'linux') {
  // Where the whole machine runs out of memory, this process is the one to end.
  writeFileSync('/proc/self/oom_score_adj', '1000');
}

const [path = '', limit = ''] = process.argv.slice(2);
try {
  let batch = '';
  let count = 0;
  for await (const row of parquetRows(path, Number(limit))) {
    count++;
    const text = JSON.stringify(row);
    if (text.length > MAX_ROW) throw new Error(`row ${count} holds more than ${MAX_ROW} characters`);
    batch += `${text}\n`;
    if (batch.length < BATCH) continue;
    await write(batch);
    batch = '';
  }
  await write(batch);
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 3;
}

/** @param {string} text */
async function write(text) {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
