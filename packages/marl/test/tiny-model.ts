/** A language model small enough for every test, written as a Hugging Face folder. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decoder, decoderConfig, saveDecoder, trainBpe } from '@collm/lm';

const template =
  "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content + '<|end|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

/** Writes the folder; the caller removes it. */
export function writeTinyModel(maxPositions = 160): { dir: string; remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'collm-marl-'));
  const specialTokens = ['<|pad|>', '<|end|>', '<|system|>', '<|user|>', '<|assistant|>'];
  using decoder = Decoder.random(
    decoderConfig({
      modelType: 'qwen3',
      vocabSize: 261,
      hiddenSize: 32,
      intermediateSize: 48,
      numLayers: 2,
      numHeads: 4,
      numKvHeads: 2,
      headDim: 8,
      maxPositions,
      tieEmbeddings: true,
      initializerRange: 0.2,
      eosTokenIds: [1],
      padTokenId: 0,
    }),
    { seed: 5 },
  );
  saveDecoder(decoder, dir);
  writeFileSync(join(dir, 'tokenizer.json'), JSON.stringify(trainBpe([], { vocabSize: 261, specialTokens })));
  writeFileSync(
    join(dir, 'tokenizer_config.json'),
    JSON.stringify({ eos_token: '<|end|>', chat_template: template }),
  );
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}
