import { existsSync, readFileSync } from 'node:fs';
import { ModelError } from '../errors.js';

/** Deeper nesting is no file of a model, and would not fit the stack when it is written again. */
const maxDepth = 100;

/** Reads a JSON file of a model folder. @throws ModelError naming the file and what is wrong with it. */
export function readJson(path: string): unknown {
  if (!existsSync(path))
    throw new ModelError(
      `${path} does not exist; a model folder holds config.json, model.safetensors and tokenizer.json.`,
    );
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new ModelError(`${path} is no JSON: ${(cause as Error).message}`, { cause });
  }
  if (isDeeper(json, maxDepth))
    throw new ModelError(`${path} nests more than ${maxDepth} levels deep, which no file of a model does.`);
  return json;
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}
