/** The quick start's model before it has learned anything: a small Qwen3 and a tokenizer of its own. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Decoder, type DecoderConfig, decoderConfig, saveDecoder, trainBpe } from '@collm/lm';

const specialTokens = ['<|pad|>', '<|end|>', '<|system|>', '<|user|>', '<|assistant|>'] as const;

/** ChatML in short: role token, content, end token. */
const chatTemplate =
  "{% for message in messages %}{{ '<|' + message.role + '|>' + message.content + '<|end|>' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

/** What may differ from the quick start's model. */
export interface TinyOptions {
  /** Longest prompt with its response, in tokens. Default 1024. */
  readonly maxPositions?: number;
  /** Tokens of the vocabulary, special ones included; at least 261. Default 320. */
  readonly vocabSize?: number;
}

/** About 0.3 million weights: two layers are enough to copy cells and to tell places apart. */
export function tinyConfig(vocabSize: number, maxPositions = 1024): DecoderConfig {
  return decoderConfig({
    modelType: 'qwen3',
    vocabSize,
    hiddenSize: 128,
    intermediateSize: 256,
    numLayers: 2,
    numHeads: 4,
    numKvHeads: 2,
    headDim: 32,
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
  const tokenizer = trainBpe(corpus, { vocabSize: options.vocabSize ?? 320, specialTokens });
  const vocabSize = Object.keys((tokenizer as { model: { vocab: object } }).model.vocab).length;
  using decoder = Decoder.random(tinyConfig(vocabSize, options.maxPositions), { seed });
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
