/** Loads the model folder named first, and prints how far resident memory rose, in bytes. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { DType } from '@collm/torch';
import { loadDecoder } from '../../src/index.js';
import { writeTinyModel } from '../tiny.js';

const [dir = '', dtype = ''] = process.argv.slice(2);

/** Largest and present resident memory in bytes; pages of mapped files count. */
function resident(field: 'VmHWM' | 'VmRSS'): number {
  const line = new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(line?.[1]) * 1024;
}

// What the first load brings in beside weights (libraries, compiled code) is no concern of this test.
const small = writeTinyModel();
loadDecoder(small.dir).dispose();
small.remove();
writeFileSync('/proc/self/clear_refs', '5'); // the peak starts over
const before = resident('VmRSS');
using decoder = loadDecoder(dir, dtype === '' ? {} : { dtype: dtype as DType });
const weights = decoder.parameters().reduce((sum, { numel }) => sum + numel, 0);
process.stdout.write(JSON.stringify({ rise: resident('VmHWM') - before, weights, dtype: decoder.dtype }));
