/** Saves two models to one folder in turn, whole and in shards, until it is killed. */
import { Decoder, saveDecoder } from '../../src/index.js';
import { tinyConfig } from '../tiny.js';

const [dir = ''] = process.argv.slice(2);
const first = Decoder.random(tinyConfig, { seed: 5 });
const other = Decoder.random({ ...tinyConfig, maxPositions: 77 }, { seed: 6 });
saveDecoder(first, dir);
process.stdout.write('saved\n');
for (let round = 0; ; round++) {
  saveDecoder(round % 2 === 0 ? other : first, dir, round % 3 === 0 ? {} : { maxShardBytes: 30_000 });
}
