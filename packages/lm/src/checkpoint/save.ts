/** Saves decoders as folders that Hugging Face, vLLM and llama.cpp's converter read. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  type DType,
  dtypeBytes,
  type LazyTensor,
  noGrad,
  saveSafetensors,
  type Tensor,
  tidy,
} from '@collm/torch';
import { ModelError } from '../errors.js';
import { toHuggingFaceConfig } from '../model/config.js';
import type { Decoder } from '../model/decoder.js';
import { indexFile, weightsFile } from './folder.js';
import { generationConfigFile, rememberedGenerationConfig } from './generation-config.js';
import { toNamed } from './names.js';

export interface SaveOptions {
  /** Largest file of weights in bytes, > 0; a single tensor may exceed it. Default: 5 GB. */
  maxShardBytes?: number;
  /** Default: the decoder's own. */
  dtype?: DType;
}

/** Where a save puts its files until all are complete; what an interrupted save left there is of no use. */
const stagingFolder = '.saving';
const ownWeights = /^model(-\d{5}-of-\d{5})?\.safetensors$/;

/**
 * Saves config.json, the weights in one file or shards with an index, and the generation_config.json that
 * the decoder was loaded with.
 *
 * All files are written and flushed beside the old ones before those are replaced. config.json goes first
 * and comes last, so that a process killed between the renames leaves a folder without it, which no reader
 * takes for a model, never a mixture of two.
 *
 * @param change what to write in place of a weight, made when its turn comes, one at a time
 * @throws ModelError or TorchError naming the file that cannot be written.
 */
export function saveDecoder(
  decoder: Decoder,
  dir: string,
  options: SaveOptions = {},
  change: (name: string, weight: Tensor) => Tensor = (_, weight) => weight,
): void {
  const { maxShardBytes = 5e9, dtype = decoder.dtype } = options;
  if (!(maxShardBytes > 0)) throw new ModelError(`maxShardBytes is ${maxShardBytes}; give a positive size.`);
  const staging = join(dir, stagingFolder);
  try {
    rmSync(staging, { recursive: true, force: true });
    mkdirSync(staging, { recursive: true });
    writeWeights(decoder, staging, dtype, maxShardBytes, change);
    writeJson(join(staging, 'config.json'), toHuggingFaceConfig(decoder.config, named(dtype)));
    const generation = rememberedGenerationConfig(decoder);
    if (generation !== undefined) writeJson(join(staging, generationConfigFile), generation);
    replaceFiles(dir, staging);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

/** The formats that config.json of the hub's models has; f64 is one of our own, which other readers narrow. */
const named = (dtype: DType) => (dtype === 'bf16' || dtype === 'f16' ? dtype : 'f32');

function writeWeights(
  decoder: Decoder,
  dir: string,
  dtype: DType,
  maxShardBytes: number,
  change: (name: string, weight: Tensor) => Tensor,
): void {
  tidy(() => {
    const tensors = toNamed(decoder.config, decoder.weights);
    const bytes = (tensor: Tensor) => tensor.numel * dtypeBytes(dtype);
    const shards = split(Object.entries(tensors), ([, tensor]) => bytes(tensor), maxShardBytes);
    const weightMap: Record<string, string> = {};
    for (const [i, shard] of shards.entries()) {
      const file = shards.length === 1 ? weightsFile : shardFile(i + 1, shards.length);
      for (const [name] of shard) weightMap[name] = file;
      const written = shard.map(([name, tensor]): [string, LazyTensor] => {
        const make = () => noGrad(() => change(name, tensor).to({ dtype }));
        return [name, { dtype, shape: tensor.shape, make }];
      });
      // transformers refuses a file that does not say which framework's layout it has.
      saveSafetensors(join(dir, file), Object.fromEntries(written), { format: 'pt' });
    }
    if (shards.length === 1) return;
    const total = Object.values(tensors).reduce((sum, tensor) => sum + bytes(tensor), 0);
    writeJson(join(dir, indexFile), { metadata: { total_size: total }, weight_map: weightMap });
  });
}

/** Fills one group after the other, in order, up to the limit; a larger item has a group of its own. */
function split<T>(items: readonly T[], bytes: (item: T) => number, limit: number): T[][] {
  const groups: T[][] = [[]];
  let size = 0;
  for (const item of items) {
    if (size > 0 && size + bytes(item) > limit) {
      groups.push([]);
      size = 0;
    }
    groups.at(-1)?.push(item);
    size += bytes(item);
  }
  return groups;
}

function shardFile(number: number, of: number): string {
  const padded = (value: number) => String(value).padStart(5, '0');
  return `model-${padded(number)}-of-${padded(of)}.safetensors`;
}

/** Writes a JSON file and makes it durable. */
export function writeJson(path: string, json: unknown): void {
  writeFileSync(path, `${JSON.stringify(json, null, 2)}\n`);
  sync(path);
}

/** Moves complete files over old ones and removes the old files of weights that none of them replaces. */
function replaceFiles(dir: string, staging: string): void {
  const files = readdirSync(staging);
  const stale = readdirSync(dir).filter(
    (file) => (ownWeights.test(file) || file === indexFile) && !files.includes(file),
  );
  const config = join(dir, 'config.json');
  const sameConfig =
    existsSync(config) && readFileSync(config).equals(readFileSync(join(staging, 'config.json')));
  // One rename of one file replaces a model of the same shape at once: then nothing can be mixed up.
  const atOnce = sameConfig && files.includes(weightsFile) && stale.length === 0;
  if (!atOnce) {
    rmSync(config, { force: true });
    sync(dir);
  }
  for (const file of stale) rmSync(join(dir, file));
  for (const file of files.filter((name) => name !== 'config.json'))
    renameSync(join(staging, file), join(dir, file));
  sync(dir);
  renameSync(join(staging, 'config.json'), config);
  sync(dir);
}

/** Makes a file's content, or the names in a folder, durable. */
export function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
