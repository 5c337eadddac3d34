/** `collm model merge`: a model with an adapter in its weights, as a folder that needs no adapter. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { DType } from '@collm/torch';
import { exitCodes, UsageError } from '../../errors.js';
import type { Io } from '../../io.js';
import { modelFolder } from './model-folder.js';

export interface MergeArguments {
  readonly model: string;
  readonly adapter: string;
  readonly out: string;
  /** null: as the model is stored. */
  readonly dtype: DType | null;
}

/** Writes the merged folder and prints its path; returns the exit code. */
export async function mergeModel(given: MergeArguments, io: Io): Promise<number> {
  const out = resolve(io.cwd, given.out);
  checkEmpty(out, given.out);
  const dir = await modelFolder(given.model, io);
  const { exportMerged, loadAdapter, loadDecoder, Tokenizer } = await import('@collm/lm');
  const tokenizer = existsSync(resolve(dir, 'tokenizer.json')) ? Tokenizer.load(dir) : null;
  using decoder = loadDecoder(dir);
  using adapter = loadAdapter(resolve(io.cwd, given.adapter), decoder);
  exportMerged(decoder, adapter, out, given.dtype === null ? {} : { dtype: given.dtype });
  tokenizer?.save(out);
  if (tokenizer === null)
    io.stderr.write(`${given.model} has no tokenizer.json, so the merged folder has none.\n`);
  const short = relative(io.cwd, out);
  io.stdout.write(`${short.startsWith('..') ? out : short}\n`);
  return exitCodes.ok;
}

function checkEmpty(path: string, shown: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  const trouble = !stats.isDirectory()
    ? 'a file'
    : readdirSync(path).length > 0
      ? 'not empty, and would hold two models'
      : null;
  if (trouble === null) return;
  throw new UsageError(`\`--out\` is ${shown}, which is ${trouble}. Give a new folder, or empty that one.`);
}
