/** Reads tokenizer.json: checks its shape and rewrites what our tokenizer library would run otherwise. */
import { z } from 'zod';
import { ModelError } from '../errors.js';
import type { DecoderStage } from './decoder-stages.js';
import { exactNormalizer, exactPostProcessor, exactPreTokenizer } from './exact-components.js';
import { parseDecoder } from './text-decoder.js';

const supported = ['BPE', 'WordLevel', 'WordPiece'] as const;
type ModelType = (typeof supported)[number];

const tokenId = z
  .int()
  .min(0)
  .max(2 ** 31 - 1);

export type AddedToken = z.infer<typeof addedToken>;
const addedToken = z.looseObject({
  id: tokenId,
  content: z.string().min(1),
  single_word: z.literal(false, 'single_word tokens are not supported').default(false),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
  normalized: z.boolean().optional(),
  special: z.boolean().default(false),
});

// Vocabularies are large: one pass, and no copy as zod's records and arrays would make.
const vocabulary = z.custom<Record<string, number>>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((id) => Number.isInteger(id) && id >= 0 && id < 2 ** 31),
  'must map tokens to ids',
);
const merge = (value: unknown): boolean =>
  typeof value === 'string'
    ? value.split(' ').length === 2
    : Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string');
const merges = z.custom<(string | [string, string])[]>(
  (value) =>
    Array.isArray(value) && value.every(merge) && value.every((one) => typeof one === typeof value[0]),
  'must be a list of pairs of tokens',
);

const fileShape = z.looseObject({
  added_tokens: z.array(addedToken).default([]),
  model: z.looseObject({ type: z.string().optional() }),
});
const bpe = z.looseObject({
  vocab: vocabulary,
  merges,
  unk_token: z.string().nullish(),
  continuing_subword_prefix: z.literal(['', null], 'is not supported').optional(),
  end_of_word_suffix: z.string().nullish(),
  fuse_unk: z.boolean().nullish(),
  byte_fallback: z.boolean().nullish(),
  ignore_merges: z.boolean().nullish(),
});
const wordLevel = z.looseObject({ vocab: vocabulary, unk_token: z.string() });
const wordPiece = z.looseObject({
  vocab: vocabulary,
  unk_token: z.string(),
  continuing_subword_prefix: z.string().default('##'),
  max_input_chars_per_word: z.int().min(1).default(100),
});

const shapes: Record<
  ModelType,
  z.ZodType<{ vocab: Record<string, number>; unk_token?: string | null | undefined }>
> = {
  BPE: bpe,
  WordLevel: wordLevel,
  WordPiece: wordPiece,
};

export interface TokenizerFile {
  /** For the tokenizer library. */
  readonly json: { readonly model: object; readonly added_tokens: readonly AddedToken[] };
  readonly unkToken: string | undefined;
  readonly addedTokens: readonly AddedToken[];
  /** Number of distinct ids. */
  readonly vocabSize: number;
  readonly largest: { readonly id: number; readonly token: string };
  /** Metaspace that marks the beginning of the text only, not of every part. */
  readonly marksBeginning: boolean;
  startDecoder(): DecoderStage;
}

/**
 * Checks a tokenizer.json. Tokens named special by tokenizer_config.json that the file has only in its
 * vocabulary become special tokens, as in transformers.
 *
 * @throws ModelError naming the file, what is wrong and what is supported.
 */
export function parseTokenizerFile(
  json: unknown,
  specialNames: readonly string[],
  path: string,
): TokenizerFile {
  const file = check(fileShape, json, path);
  const type = modelType(file.model, path);
  const model = { ...check(shapes[type], file.model, path), type };
  const addedTokens = [...file.added_tokens];
  for (const content of new Set(specialNames)) {
    const id = Object.hasOwn(model.vocab, content) ? model.vocab[content] : undefined;
    if (id !== undefined && !addedTokens.some((token) => token.content === content))
      addedTokens.push({ id, content, single_word: false, lstrip: false, rstrip: false, special: true });
  }
  const startDecoder = parseDecoder(file.decoder, path);
  const ids = new Map<number, string>();
  for (const [token, id] of Object.entries(model.vocab)) ids.set(id, token);
  for (const { id, content } of addedTokens) ids.set(id, content);
  if (ids.size === 0) throw new ModelError(`${path}: the vocabulary is empty.`);
  let last = 0;
  for (const id of ids.keys()) last = Math.max(last, id);
  const part = (name: string, exact: (config: unknown) => object | null): object | null => {
    try {
      return exact(file[name]);
    } catch (cause) {
      const given = JSON.stringify(file[name]).slice(0, 200);
      throw new ModelError(`${path}: the ${name} cannot be used: ${reason(cause as Error)} in ${given}.`, {
        cause,
      });
    }
  };
  return {
    json: {
      ...file,
      model,
      added_tokens: addedTokens,
      normalizer: part('normalizer', exactNormalizer),
      pre_tokenizer: part('pre_tokenizer', exactPreTokenizer),
      post_processor: part('post_processor', exactPostProcessor),
      // Decoding streams, which the library's decoders cannot.
      decoder: null,
    } as TokenizerFile['json'],
    unkToken: model.unk_token ?? undefined,
    addedTokens,
    vocabSize: ids.size,
    largest: { id: last, token: ids.get(last) as string },
    marksBeginning: JSON.stringify(file.pre_tokenizer ?? null).includes('"prepend_scheme":"first"'),
    startDecoder,
  };
}

function modelType(model: Record<string, unknown>, path: string): ModelType {
  // Files of old versions do not say.
  const guess = Array.isArray(model.merges) ? 'BPE' : 'of no type';
  const type = model.type ?? guess;
  const known = supported.find((name) => name === type);
  if (known === undefined)
    throw new ModelError(
      `${path}: a tokenizer model ${JSON.stringify(type)} is not supported; supported are ${supported.join(', ')}.`,
    );
  return known;
}

function check<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new ModelError(`${path} is no usable tokenizer: ${reason(result.error)}.`, { cause: result.error });
}

function reason(error: Error): string {
  if (!(error instanceof z.ZodError)) return error.message;
  return error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`)
    .join('; ');
}
