/** A model small enough for every test, made in memory. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decoder, type DecoderConfig, decoderConfig, saveDecoder, trainBpe } from '../src/index.js';

export const tinyConfig: DecoderConfig = decoderConfig({
  modelType: 'qwen3',
  vocabSize: 300,
  hiddenSize: 32,
  intermediateSize: 48,
  numLayers: 2,
  numHeads: 4,
  numKvHeads: 2,
  headDim: 8,
  maxPositions: 64,
  tieEmbeddings: true,
  initializerRange: 0.3,
  eosTokenIds: [1],
  padTokenId: 0,
});

const template =
  "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content + '<|end|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

/** Writes a folder with weights, tokenizer and chat template; the caller removes it. */
export function writeTinyModel(config: DecoderConfig = tinyConfig): { dir: string; remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'collm-lm-'));
  using decoder = Decoder.random(config, { seed: 3 });
  saveDecoder(decoder, dir);
  const specialTokens = ['<|pad|>', '<|end|>', '<|user|>', '<|assistant|>', '<|system|>'];
  writeFileSync(
    join(dir, 'tokenizer.json'),
    JSON.stringify(trainBpe(['stone stone stone\n'], { vocabSize: 270, specialTokens })),
  );
  writeFileSync(
    join(dir, 'tokenizer_config.json'),
    JSON.stringify({ eos_token: '<|end|>', chat_template: template }),
  );
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}
