/** Model folders in the Hugging Face layout: config.json and model.safetensors (one file or shards). */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  type Device,
  type DType,
  loadSafetensors,
  noGrad,
  readSafetensorsHeader,
  saveSafetensors,
  type Tensor,
  tidy,
  unscoped,
} from '@collm/torch';
import { ModelError } from '../errors.js';
import { parseDecoderConfig, toHuggingFaceConfig } from '../model/config.js';
import { Decoder } from '../model/decoder.js';
import { expectedTensors, fromNamed, toNamed } from './names.js';

export interface LoadOptions {
  /** Default: as stored. */
  dtype?: DType;
  device?: Device;
}

/** Reads a JSON file of a model folder. @throws ModelError naming the file and what is wrong with it. */
export function readJson(path: string): unknown {
  if (!existsSync(path))
    throw new ModelError(
      `${path} does not exist; a model folder holds config.json, model.safetensors and tokenizer.json.`,
    );
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new ModelError(`${path} is no JSON: ${(cause as Error).message}`, { cause });
  }
}

/** Which file holds each tensor. */
function tensorFiles(dir: string): Map<string, string> {
  const index = join(dir, 'model.safetensors.index.json');
  if (!existsSync(index)) {
    const path = join(dir, 'model.safetensors');
    if (!existsSync(path))
      throw new ModelError(`${dir} holds neither model.safetensors nor model.safetensors.index.json.`);
    return new Map(Object.keys(readSafetensorsHeader(path).tensors).map((name) => [name, path]));
  }
  const map = (readJson(index) as { weight_map?: Record<string, unknown> }).weight_map;
  if (typeof map !== 'object' || map === null) throw new ModelError(`${index} has no weight_map.`);
  return new Map(
    Object.entries(map).map(([name, file]) => {
      // A file name from an untrusted index must not lead out of the folder.
      if (typeof file !== 'string' || basename(file) !== file)
        throw new ModelError(`${index}: "${String(file)}" is no file of this folder.`);
      return [name, join(dir, file)];
    }),
  );
}

function checkTensors(dir: string, expected: Map<string, number[]>, files: Map<string, string>): void {
  const problems: string[] = [];
  const headers = new Map(
    [...new Set(files.values())].map((path) => [path, readSafetensorsHeader(path).tensors]),
  );
  for (const [name, shape] of expected) {
    const path = files.get(name);
    const entry = path === undefined ? undefined : headers.get(path)?.[name];
    if (entry === undefined) problems.push(`tensor "${name}" is missing`);
    else if (entry.shape.join() !== shape.join())
      problems.push(`tensor "${name}" has shape [${entry.shape}], the configuration asks for [${shape}]`);
  }
  if (problems.length > 0)
    throw new ModelError(
      `${dir}: the weights do not fit config.json:\n  ${problems.slice(0, 10).join('\n  ')}`,
    );
}

/**
 * Loads a decoder. Files are memory-mapped; the weights are copied once, into the fused layout.
 *
 * @throws ModelError or TorchError naming the file and the tensor at fault.
 */
export function loadDecoder(dir: string, options: LoadOptions = {}): Decoder {
  const config = parseDecoderConfig(readJson(join(dir, 'config.json')), join(dir, 'config.json'));
  const files = tensorFiles(dir);
  checkTensors(dir, expectedTensors(config), files);
  const weights = tidy(() =>
    noGrad(() => {
      const loaded = new Map<string, Record<string, Tensor>>();
      const get = (name: string): Tensor => {
        const path = files.get(name) as string;
        const tensors = loaded.get(path) ?? loadSafetensors(path);
        loaded.set(path, tensors);
        return tensors[name] as Tensor;
      };
      const move = (tensor: Tensor) => {
        const target = { dtype: options.dtype ?? tensor.dtype, device: options.device ?? tensor.device };
        return unscoped(() => tensor.to({ ...target, copy: true }));
      };
      return fromNamed(config, get, move);
    }),
  );
  return new Decoder(config, weights);
}

/** Saves config.json and model.safetensors as Hugging Face, vLLM and llama.cpp's converter read them. */
export function saveDecoder(decoder: Decoder, dir: string): void {
  mkdirSync(dir, { recursive: true });
  tidy(() =>
    saveSafetensors(join(dir, 'model.safetensors'), toNamed(decoder.config, decoder.weights), {
      format: 'pt',
    }),
  );
  const dtype = decoder.dtype === 'bf16' || decoder.dtype === 'f16' ? decoder.dtype : 'f32';
  writeFileSync(
    join(dir, 'config.json'),
    `${JSON.stringify(toHuggingFaceConfig(decoder.config, dtype), null, 2)}\n`,
  );
}
