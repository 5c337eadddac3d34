/** What a model folder holds, found out from its JSON files and the headers of its weights. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { DecoderConfig, GenerationConfig } from '@collm/lm';
import type { DType } from '@collm/torch';

export interface StoredWeights {
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  readonly bytes: number;
  /** Parameters by the format they are stored in. */
  readonly dtypes: Readonly<Partial<Record<DType, number>>>;
}

export interface StoredTokenizer {
  readonly vocabulary: number;
  readonly chatTemplate: boolean;
}

export interface InspectedFolder {
  readonly config: DecoderConfig;
  readonly generation: GenerationConfig;
  readonly weights: StoredWeights;
  /** null where the folder has none. */
  readonly tokenizer: StoredTokenizer | null;
  /** Tokens that end a response, as generation takes them. */
  readonly endTokens: readonly { readonly id: number; readonly text: string | null }[];
}

/**
 * Reads configuration, tokenizer and headers; no weights.
 *
 * @throws ModelError or TorchError, as loading the folder would
 */
export async function inspectFolder(dir: string): Promise<InspectedFolder> {
  const { endTokens, parseDecoderConfig, readGenerationConfig, Tokenizer } = await import('@collm/lm');
  await checkWeights(dir);
  const configPath = join(dir, 'config.json');
  const config = parseDecoderConfig(readJsonFile(configPath), configPath);
  const generation = readGenerationConfig(dir);
  const tokenizer = existsSync(join(dir, 'tokenizer.json')) ? Tokenizer.load(dir) : null;
  tokenizer?.checkVocabulary(config.vocabSize, configPath);
  return {
    config,
    generation,
    weights: await readWeights(dir),
    tokenizer:
      tokenizer === null ? null : { vocabulary: tokenizer.vocabSize, chatTemplate: hasChatTemplate(dir) },
    endTokens: endTokens(generation, tokenizer).map((id) => ({ id, text: tokenizer?.tokenOf(id) ?? null })),
  };
}

/**
 * Lets the loader compare the headers with the configuration. It does so before it asks for memory, so with
 * none to be had it ends there: no weight is read.
 */
async function checkWeights(dir: string): Promise<void> {
  const [{ loadDecoder }, { limitTensorBytes, TorchError }] = await Promise.all([
    import('@collm/lm'),
    import('@collm/torch'),
  ]);
  limitTensorBytes(1);
  try {
    loadDecoder(dir).dispose();
  } catch (error) {
    if (!(error instanceof TorchError && error.code === 'memory')) throw error;
  } finally {
    limitTensorBytes(Number.POSITIVE_INFINITY);
  }
}

/** After `checkWeights`, which has refused what is no safetensors or a bad index. */
async function readWeights(dir: string): Promise<StoredWeights> {
  const { readSafetensorsHeader } = await import('@collm/torch');
  const single = join(dir, 'model.safetensors');
  const index = join(dir, 'model.safetensors.index.json');
  const paths = existsSync(single)
    ? [single]
    : [...new Set(Object.values((readJsonFile(index) as { weight_map: Record<string, string> }).weight_map))]
        .sort()
        .map((name) => join(dir, name));
  const dtypes: Partial<Record<DType, number>> = {};
  const files = paths.map((path) => {
    for (const { dtype, shape } of Object.values(readSafetensorsHeader(path).tensors))
      dtypes[dtype] = (dtypes[dtype] ?? 0) + shape.reduce((product, size) => product * size, 1);
    return { name: basename(path), bytes: statSync(path).size };
  });
  return { files, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0), dtypes };
}

function hasChatTemplate(dir: string): boolean {
  if (existsSync(join(dir, 'chat_template.jinja'))) return true;
  const path = join(dir, 'tokenizer_config.json');
  return existsSync(path) && (readJsonFile(path) as { chat_template?: unknown }).chat_template != null;
}

function readJsonFile(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}
