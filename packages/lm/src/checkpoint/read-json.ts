import { existsSync, readFileSync } from 'node:fs';
import { ModelError } from '../errors.js';

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
