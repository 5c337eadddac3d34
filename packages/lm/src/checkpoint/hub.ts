/** Models by name: `org/name` on the Hugging Face hub becomes a folder of the local cache. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ModelError } from '../errors.js';
import { indexFile, readIndex, weightsFile } from './folder.js';
import { missingFiles } from './hub-cache.js';
import type { HubFile } from './hub-download.js';
import { parseHubId, type ResolveOptions, resolveRepo } from './hub-snapshot.js';

/** Small files that a model is used with; weights come after them. Never pickles, GGUF or ONNX. */
const small =
  /^(config\.json|generation_config\.json|tokenizer[^/\\]*|special_tokens_map\.json|chat_template\.(jinja|json)|model\.safetensors\.index\.json)$/;

/**
 * The folder of a model. A path that exists, or that starts with `.` or `/`, is returned as it is; `org/name`
 * and `org/name@revision` are looked for in the cache, and what is missing there is fetched: configuration,
 * tokenizer and safetensors.
 *
 * @throws ModelError that says what to do: a wrong name, a licence to accept, no connection, not in the cache.
 */
export async function resolveModel(model: string, options: ResolveOptions = {}): Promise<string> {
  if (existsSync(model) || /^[./]/.test(model)) return model;
  const id = parseHubId(model, options.revision);
  if (id === undefined)
    throw new ModelError(
      `"${model}" is neither a folder that exists nor a model of the hub (org/name or org/name@revision).`,
    );
  const wanted = {
    first: (path: string) => small.test(path),
    rest: (listed: ReadonlyMap<string, HubFile>, snapshot: string) => weightFiles(id.repo, listed, snapshot),
    missing: missingFiles,
  };
  return resolveRepo({ type: 'model', ...id }, wanted, options);
}

/** The files of the weights: the single one, or the shards of the index that was fetched before. */
function weightFiles(repo: string, listed: ReadonlyMap<string, HubFile>, snapshot: string): HubFile[] {
  const single = listed.get(weightsFile);
  if (single !== undefined) return [single];
  if (!listed.has(indexFile)) {
    const others = [...listed.keys()].filter((path) => /\.(bin|gguf|onnx|pth|safetensors)$/.test(path));
    const instead = others.length === 0 ? 'no weights at all' : `only ${others.slice(0, 3).join(', ')}`;
    throw new ModelError(
      `${repo} holds neither ${weightsFile} nor ${indexFile}, ${instead}. Take a model or a revision with safetensors.`,
    );
  }
  return [...new Set(readIndex(join(snapshot, indexFile)).values())].map((path) => {
    const file = listed.get(path);
    if (file !== undefined) return file;
    throw new ModelError(`${repo}: ${indexFile} places tensors in ${path}, which the hub does not have.`);
  });
}
