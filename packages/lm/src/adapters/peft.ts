/** Adapters as folders that PEFT and vLLM read: adapter_config.json and adapter_model.safetensors. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  loadSafetensors,
  noGrad,
  readSafetensorsHeader,
  type SafetensorsHeader,
  saveSafetensors,
  type Tensor,
  tidy,
} from '@collm/torch';
import { readJson } from '../checkpoint/read-json.js';
import { sync, writeJson } from '../checkpoint/save.js';
import { ModelError } from '../errors.js';
import { type AdapterPlace, LoraAdapter } from './lora.js';
import { parsePeftConfig, toPeftConfig } from './peft-config.js';

export const adapterConfigFile = 'adapter_config.json';
export const adapterWeightsFile = 'adapter_model.safetensors';
/** What PEFT puts before the names of the model that it wraps. */
const prefix = 'base_model.model.';
const weightDtypes = ['f32', 'bf16', 'f16'];

export interface SaveAdapterOptions {
  /** Folder or name on the hub of the model that it belongs to, for readers to find it. */
  baseModel?: string | null;
}

/** The adapter's weights by the names of its file. */
export function namedAdapterWeights(adapter: LoraAdapter): Record<string, Tensor> {
  return Object.fromEntries(
    adapter.modules.flatMap(({ name, a, b }) => [
      [`${prefix}${name}.lora_A.weight`, a],
      [`${prefix}${name}.lora_B.weight`, b],
    ]),
  );
}

/**
 * Saves an adapter. The configuration goes first and comes last where it changes, so that a process killed
 * in between leaves a folder that no reader takes for an adapter, never a mixture of two.
 *
 * @throws TorchError naming the file that cannot be written
 */
export function saveAdapter(adapter: LoraAdapter, dir: string, options: SaveAdapterOptions = {}): void {
  mkdirSync(dir, { recursive: true });
  const path = join(dir, adapterConfigFile);
  const fresh = `${path}.saving`;
  try {
    writeJson(fresh, toPeftConfig(adapter, options.baseModel ?? null));
    if (!existsSync(path) || !readFileSync(path).equals(readFileSync(fresh))) {
      rmSync(path, { force: true });
      sync(dir);
    }
    saveSafetensors(join(dir, adapterWeightsFile), namedAdapterWeights(adapter), { format: 'pt' });
    renameSync(fresh, path);
    sync(dir);
  } finally {
    rmSync(fresh, { force: true });
  }
}

/**
 * Loads an adapter that PEFT or we saved.
 *
 * @param place the decoder that it is for, or its configuration, dtype and device
 * @param options the seed of its dropout
 * @throws ModelError or TorchError naming the file, and the key or tensor at fault
 */
export function loadAdapter(dir: string, place: AdapterPlace, options: { seed?: number } = {}): LoraAdapter {
  const configPath = join(dir, adapterConfigFile);
  if (!existsSync(configPath))
    throw new ModelError(
      `${configPath} does not exist. Give a folder with ${adapterConfigFile} and ${adapterWeightsFile}.`,
    );
  const path = join(dir, adapterWeightsFile);
  if (!existsSync(path))
    throw new ModelError(
      existsSync(join(dir, 'adapter_model.bin'))
        ? `${path} does not exist, only adapter_model.bin. That is a pickle, and reading one runs whatever code is in it, so it is not read. Save it with safe_serialization=True of PEFT.`
        : `${path} does not exist. Fetch the adapter again.`,
    );
  const settings = parsePeftConfig(readJson(configPath), configPath, place.config);
  const header = readSafetensorsHeader(path);
  const adapter = new LoraAdapter(place, { ...settings, ...options }, configPath);
  try {
    checkTensors(adapter, header, path);
    tidy(() =>
      noGrad(() => {
        for (const [name, weight] of Object.entries(namedAdapterWeights(adapter)))
          weight.copy_(loadSafetensors(path, [name], header)[name] as Tensor);
      }),
    );
  } catch (error) {
    adapter.dispose();
    throw error;
  }
  return adapter;
}

function checkTensors(adapter: LoraAdapter, { tensors }: SafetensorsHeader, path: string): void {
  const expected = namedAdapterWeights(adapter);
  for (const [name, weight] of Object.entries(expected)) {
    const stored = tensors[name];
    if (stored === undefined)
      throw new ModelError(
        `${path} has no tensor "${name}", which ${adapterConfigFile} asks for. Fetch both files again.`,
      );
    if (stored.shape.join() !== weight.shape.join())
      throw new ModelError(
        `${path}: tensor "${name}" has shape [${stored.shape}], but the model and ${adapterConfigFile} ask for [${weight.shape}]. The adapter is for another model.`,
      );
    if (!weightDtypes.includes(stored.dtype))
      throw new ModelError(
        `${path}: tensor "${name}" has dtype ${stored.dtype}, but adapters are ${weightDtypes.join(', ')}.`,
      );
  }
  const strange = Object.keys(tensors).find((name) => !Object.hasOwn(expected, name));
  if (strange !== undefined)
    throw new ModelError(
      `${path}: tensor "${strange}" belongs to no module that ${adapterConfigFile} targets in this model. The adapter is for another model, or trained more than linear modules.`,
    );
}
