/** A language model of a few dozen tokens, one a character, written as a Hugging Face folder. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decoder, decoderConfig, saveDecoder, trainBpe } from '@collm/lm';

const specialTokens = ['<|end|>', '<|user|>', '<|assistant|>'];
const characters = [...'abcdefghijklmnopqrstuvwxyz0123456789', 'Ġ', 'Ċ'];

const template =
  "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content + '<|end|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

/** @param width hidden size; models of different widths make a heterogeneous team */
export function writeLetterModel({ width = 16, seed = 5 } = {}): { dir: string; remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'collm-letters-'));
  const vocabulary = [...specialTokens, ...characters];
  const bpe = trainBpe([], { vocabSize: 256 + specialTokens.length, specialTokens }) as { model: object };
  const tokenizer = {
    ...bpe,
    model: {
      ...bpe.model,
      vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
      merges: [],
    },
  };
  using decoder = Decoder.random(
    decoderConfig({
      modelType: 'qwen3',
      vocabSize: vocabulary.length,
      hiddenSize: width,
      intermediateSize: 2 * width,
      numLayers: 1,
      numHeads: 2,
      numKvHeads: 1,
      headDim: width / 2,
      maxPositions: 128,
      tieEmbeddings: false,
      initializerRange: 0.1,
      eosTokenIds: [0],
      padTokenId: 0,
    }),
    { seed },
  );
  saveDecoder(decoder, dir);
  writeFileSync(join(dir, 'tokenizer.json'), JSON.stringify(tokenizer));
  writeFileSync(
    join(dir, 'tokenizer_config.json'),
    JSON.stringify({ eos_token: '<|end|>', chat_template: template }),
  );
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}
