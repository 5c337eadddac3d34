/** Model folders in the Hugging Face layout: config.json and model.safetensors (one file or shards). */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  type Device,
  type DType,
  loadSafetensors,
  noGrad,
  readSafetensorsHeader,
  type SafetensorsHeader,
  type Tensor,
  tidy,
  unscoped,
} from '@collm/torch';
import { ModelError, shown } from '../errors.js';
import { type DecoderConfig, parseDecoderConfig } from '../model/config.js';
import { Decoder } from '../model/decoder.js';
import { rememberGenerationConfig, storedGenerationConfig } from './generation-config.js';
import { expectedTensors, fromNamed } from './names.js';
import { readJson } from './read-json.js';

export { readJson };

/** Weights in one file; transformers looks for it before the index, and so do we. */
export const weightsFile = 'model.safetensors';
/** Which of several files holds each tensor. */
export const indexFile = 'model.safetensors.index.json';

export interface LoadOptions {
  /** Default: as the embedding is stored. */
  dtype?: DType;
  device?: Device;
}

/** A file of tensors whose header was read and checked. */
interface Shard {
  path: string;
  header: SafetensorsHeader;
}

/** What models compute in. f64 is no format of the hub, but runs in it save their checkpoints so. */
const weightDtypes: readonly DType[] = ['f32', 'bf16', 'f16', 'f64'];
const shownProblems = 10;

/**
 * Loads a decoder. Files are memory-mapped; each weight is copied once, into the fused layout and onto
 * its device, and its pages are given back before the next: memory peaks at one copy of the weights
 * plus the largest of them.
 *
 * @throws ModelError or TorchError naming the file and the tensor at fault.
 */
export function loadDecoder(dir: string, options: LoadOptions = {}): Decoder {
  checkFolder(dir);
  const configPath = join(dir, 'config.json');
  const config = parseDecoderConfig(readJson(configPath), configPath);
  const shards = openShards(dir);
  const dtypes = checkTensors(dir, config, shards);
  const dtype = options.dtype ?? (dtypes.values().next().value as DType);
  const mapped: Tensor[] = [];
  const get = (name: string): Tensor => {
    const { path, header } = shards.get(name) as Shard;
    const tensor = loadSafetensors(path, [name], header)[name] as Tensor;
    mapped.push(tensor);
    return tensor;
  };
  const convert = (tensor: Tensor): Tensor => {
    // Several parts were joined into a tensor of its own already: only a mapped one must be copied.
    const copy = mapped.includes(tensor);
    if (!copy) for (const part of mapped.splice(0)) part.dispose();
    const weight = tensor.to({ dtype, device: options.device ?? 'cpu', copy });
    for (const source of [tensor, ...mapped.splice(0)]) if (source !== weight) source.dispose();
    return weight;
  };
  const weights = unscoped(() => tidy(() => noGrad(() => fromNamed(config, get, convert))));
  const decoder = new Decoder(config, weights);
  rememberGenerationConfig(decoder, storedGenerationConfig(dir));
  return decoder;
}

/** Says what is wrong with what was given for a model folder, before a file of it is missed. */
function checkFolder(dir: string): void {
  const stats = statSync(dir, { throwIfNoEntry: false });
  if (stats === undefined)
    throw new ModelError(
      `${join(dir, 'config.json')} does not exist: there is no folder ${dir}. Check the path.`,
    );
  if (stats.isDirectory()) return;
  throw new ModelError(
    dir.endsWith('.gguf')
      ? `${dir} is a GGUF file, whose weights are packed for llama.cpp and cannot be trained. Give the folder with the safetensors that it was made from.`
      : `${dir} is a file. Give the folder that holds config.json, model.safetensors and tokenizer.json.`,
  );
}

/** The file of each tensor. Every header is read once. */
function openShards(dir: string): Map<string, Shard> {
  const path = join(dir, weightsFile);
  if (existsSync(path)) {
    const shard = { path, header: readSafetensorsHeader(path) };
    return new Map(Object.keys(shard.header.tensors).map((name) => [name, shard]));
  }
  const index = join(dir, indexFile);
  if (!existsSync(index)) throw new ModelError(withoutWeights(dir));
  const shards = new Map<string, Shard>();
  return new Map(
    [...readIndex(index)].map(([name, file]) => {
      const shard = shards.get(file) ?? openShard(index, join(dir, file));
      shards.set(file, shard);
      if (shard.header.tensors[name] === undefined)
        throw new ModelError(
          `${index} places tensor "${name}" in ${file}, which does not hold it. Fetch both files again.`,
        );
      return [name, shard];
    }),
  );
}

function openShard(index: string, path: string): Shard {
  if (!existsSync(path))
    throw new ModelError(
      `${path} does not exist, but ${index} places tensors in it. Fetch the missing file, or the whole model again.`,
    );
  return { path, header: readSafetensorsHeader(path) };
}

/**
 * Reads the names of the tensors and of their files from an index.
 *
 * @throws ModelError where it is no index, or where a file name leads out of the folder: indices come from strangers.
 */
export function readIndex(path: string): Map<string, string> {
  const map = (readJson(path) as { weight_map?: unknown } | null)?.weight_map;
  if (typeof map !== 'object' || map === null || Array.isArray(map) || Object.keys(map).length === 0)
    throw new ModelError(
      `${path} has no weight_map, which names the file of each tensor. Fetch the file again.`,
    );
  for (const [name, file] of Object.entries(map)) {
    if (typeof file !== 'string' || !/^[^/\\\0]+\.safetensors$/.test(file))
      throw new ModelError(
        `${path} places tensor "${name}" in ${shown(file)}, which is no safetensors file of this folder. Fetch the file again.`,
      );
  }
  return new Map(Object.entries(map as Record<string, string>));
}

function withoutWeights(dir: string): string {
  const files = readdirSync(dir);
  const missing = `${dir} holds neither ${weightsFile} nor ${indexFile}`;
  if (files.some((file) => /^pytorch_model.*\.bin$/.test(file)))
    return (
      `${missing}, only pytorch_model.bin. That is a pickle, and reading one runs whatever code is in it, so it is not read. ` +
      'Convert it with save_pretrained(..., safe_serialization=True) of transformers, or take a revision with safetensors.'
    );
  if (files.some((file) => file.endsWith('.gguf')))
    return `${missing}, only GGUF files, whose weights are packed for llama.cpp. Give the folder that they were made from.`;
  if (files.includes('adapter_model.safetensors'))
    return `${missing}, only an adapter. Merge it into its base model, and give the folder of the result.`;
  return `${missing}. Give the folder of a complete model.`;
}

/** Compares what is stored with what the configuration asks for. Returns the dtype of each tensor. */
function checkTensors(dir: string, config: DecoderConfig, shards: Map<string, Shard>): Map<string, DType> {
  // Before the names are written out: a configuration may claim layers without end.
  if (config.numLayers > shards.size)
    throw new ModelError(
      `${dir}: config.json asks for ${config.numLayers} layers, but the weights are ${shards.size} tensors in all. Fetch the files again.`,
    );
  const problems: string[] = [];
  const dtypes = new Map<string, DType>();
  for (const [name, shape] of expectedTensors(config)) {
    const shard = shards.get(name);
    const entry = shard?.header.tensors[name];
    if (shard === undefined || entry === undefined) {
      problems.push(`tensor "${name}" is missing`);
      continue;
    }
    dtypes.set(name, entry.dtype);
    const at = `${basename(shard.path)}: tensor "${name}"`;
    if (entry.shape.join() !== shape.join())
      problems.push(`${at} has shape [${entry.shape}], the configuration asks for [${shape}]`);
    if (!weightDtypes.includes(entry.dtype))
      problems.push(`${at} has dtype ${entry.dtype}, but weights are ${weightDtypes.join(', ')}`);
  }
  if (problems.length === 0) return dtypes;
  const more = problems.length > shownProblems ? `\n  and ${problems.length - shownProblems} more` : '';
  throw new ModelError(
    `${dir}: the weights do not fit config.json:\n  ${problems.slice(0, shownProblems).join('\n  ')}${more}`,
  );
}
