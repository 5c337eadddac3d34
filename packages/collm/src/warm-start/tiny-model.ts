/** The quick start's model before it has learned anything: a small Qwen3 and a tokenizer of its own. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Decoder, type DecoderConfig, decoderConfig, saveDecoder, trainBpe } from '@collm/lm';

const specialTokens = ['<|pad|>', '<|end|>', '<|system|>', '<|user|>', '<|assistant|>'] as const;

/** ChatML in short: role token, content, end token. */
const chatTemplate =
  "{% for message in messages %}{{ '<|' + message.role + '|>' + message.content + '<|end|>' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

/**
 * What a token spans at most: `words`, a word with the blank before it; `commands`, three coordinates, a command with its
 * blank, or a block with the end of its line, so that a command takes three or four tokens.
 */
export type PieceStyle = keyof typeof pieceStyles;

const pieceStyles = {
  words: undefined,
  commands: '/[a-z]+ ?| ?[0-9]+ [0-9]+ [0-9]+| ?[A-Za-z_]+\\n?| ?[0-9]\\n?|\\n+| ?[^\\sA-Za-z0-9_]+|\\s',
} as const;

/** What may differ from the quick start's model. */
export interface TinyOptions {
  /** Longest prompt with its response, in tokens. Default 1024. */
  readonly maxPositions?: number;
  /** Tokens of the vocabulary, special ones included; at least 261. Default 320. */
  readonly vocabSize?: number;
  /** Width, a multiple of `heads`. Default 128. */
  readonly hiddenSize?: number;
  /** Default 2. */
  readonly layers?: number;
  /** Attention heads; pairs of them share keys and values. Default 4. */
  readonly heads?: number;
  /** Default `words`. */
  readonly pieces?: PieceStyle;
}

/** About 0.3 million weights: two layers are enough to copy cells and to tell places apart. */
export function tinyConfig(vocabSize: number, options: TinyOptions = {}): DecoderConfig {
  const { maxPositions = 1024, hiddenSize = 128, layers = 2, heads = 4 } = options;
  return decoderConfig({
    modelType: 'qwen3',
    vocabSize,
    hiddenSize,
    intermediateSize: 2 * hiddenSize,
    numLayers: layers,
    numHeads: heads,
    numKvHeads: heads % 2 === 0 ? heads / 2 : heads,
    headDim: hiddenSize / heads,
    maxPositions,
    tieEmbeddings: true,
    eosTokenIds: [1],
    padTokenId: 0,
  });
}

/**
 * Writes a Hugging Face folder with fresh weights and a tokenizer learned from `corpus`.
 *
 * @param seed initialises the weights
 */
export function createTinyModel(
  dir: string,
  corpus: readonly string[],
  seed: number,
  options: TinyOptions = {},
): void {
  mkdirSync(dir, { recursive: true });
  const pieces = pieceStyles[options.pieces ?? 'words'];
  const tokenizer = trainBpe(corpus, {
    vocabSize: options.vocabSize ?? 320,
    specialTokens,
    ...(pieces === undefined ? {} : { pieces }),
  });
  const vocabSize = Object.keys((tokenizer as { model: { vocab: object } }).model.vocab).length;
  using decoder = Decoder.random(tinyConfig(vocabSize, options), { seed });
  saveDecoder(decoder, dir);
  const config = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    eos_token: '<|end|>',
    pad_token: '<|pad|>',
    chat_template: chatTemplate,
  };
  writeFileSync(join(dir, 'tokenizer.json'), `${JSON.stringify(tokenizer)}\n`);
  writeFileSync(join(dir, 'tokenizer_config.json'), `${JSON.stringify(config, null, 2)}\n`);
}
