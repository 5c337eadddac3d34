/** generation_config.json: how a model's makers want it sampled, and where its responses end. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ModelError } from '../errors.js';
import type { Decoder } from '../model/decoder.js';
import { readJson } from './read-json.js';

export const generationConfigFile = 'generation_config.json';

/** What a model folder says about generation. What it leaves out is absent. */
export interface GenerationConfig {
  /** Tokens that end a response; empty where the folder names none. */
  readonly eosTokenIds: readonly number[];
  readonly padTokenId?: number;
  /** false: its makers decode greedily, and the fields below do not apply. */
  readonly doSample?: boolean;
  /** >= 0 */
  readonly temperature?: number;
  /** In (0, 1]. */
  readonly topP?: number;
  /** >= 1 */
  readonly topK?: number;
}

const tokenId = z.number().int().nonnegative();
const endSchema = z.object({ eos_token_id: z.union([tokenId, z.array(tokenId)]).nullish() });
const fileSchema = endSchema.extend({
  pad_token_id: z.number().int().nullish(),
  do_sample: z.boolean().nullish(),
  temperature: z.number().nonnegative().nullish(),
  top_p: z.number().positive().max(1).nullish(),
  top_k: z.number().int().nonnegative().nullish(),
});

/**
 * Reads generation_config.json of a model folder. As in transformers, its end tokens go before those of
 * config.json, which count where it has none.
 *
 * @throws ModelError naming the file and the field at fault. A folder without the file is no fault.
 */
export function readGenerationConfig(dir: string): GenerationConfig {
  const file = check(fileSchema, storedGenerationConfig(dir) ?? {}, join(dir, generationConfigFile));
  const configPath = join(dir, 'config.json');
  const eos = file.eos_token_id ?? check(endSchema, readJson(configPath), configPath).eos_token_id;
  // -1 stands for "none" in some files, 0 for "no limit".
  return {
    eosTokenIds: eos == null ? [] : [eos].flat(),
    ...(file.pad_token_id == null || file.pad_token_id < 0 ? {} : { padTokenId: file.pad_token_id }),
    ...(file.do_sample == null ? {} : { doSample: file.do_sample }),
    ...(file.temperature == null ? {} : { temperature: file.temperature }),
    ...(file.top_p == null ? {} : { topP: file.top_p }),
    ...(file.top_k == null || file.top_k === 0 ? {} : { topK: file.top_k }),
  };
}

/** The file as it is, with every field; undefined where the folder has none. */
export function storedGenerationConfig(dir: string): unknown {
  const path = join(dir, generationConfigFile);
  return existsSync(path) ? readJson(path) : undefined;
}

function check<T>(schema: z.ZodType<T>, json: unknown, path: string): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new ModelError(`${path} cannot be used:\n${z.prettifyError(parsed.error)}`);
}

/** The files as they were loaded, to be saved beside trained weights again. */
const loaded = new WeakMap<Decoder, unknown>();

/** @internal Keeps what lay beside a decoder's weights for `saveDecoder`. */
export function rememberGenerationConfig(decoder: Decoder, stored: unknown): void {
  if (stored !== undefined) loaded.set(decoder, stored);
}

/** @internal */
export function rememberedGenerationConfig(decoder: Decoder): unknown {
  return loaded.get(decoder);
}
