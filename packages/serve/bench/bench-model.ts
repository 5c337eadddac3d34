/** Random models of given sizes, whose every token has a text, so that serving them makes as much text as real ones. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decoder, decoderConfig, saveDecoder, trainBpe } from '@collm/lm';

const shapes = {
  tiny: { hiddenSize: 64, intermediateSize: 128, numLayers: 2, numHeads: 2, numKvHeads: 1, vocabSize: 300 },
  '4m': { hiddenSize: 256, intermediateSize: 1024, numLayers: 4, numHeads: 4, numKvHeads: 2, vocabSize: 512 },
  '30m': {
    hiddenSize: 512,
    intermediateSize: 1536,
    numLayers: 8,
    numHeads: 8,
    numKvHeads: 4,
    vocabSize: 4096,
  },
  '100m': {
    hiddenSize: 768,
    intermediateSize: 2048,
    numLayers: 12,
    numHeads: 12,
    numKvHeads: 4,
    vocabSize: 16384,
  },
};

export type ModelSize = keyof typeof shapes;
export const modelSizes = Object.keys(shapes) as ModelSize[];

const template =
  "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content + '<|end|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

/** Writes a folder, without an end token: every response is as long as it may be. */
export function writeBenchModel(size: ModelSize): { dir: string; remove: () => void } {
  const dir = mkdtempSync(join(tmpdir(), 'collm-serve-bench-'));
  const shape = shapes[size];
  using decoder = Decoder.random(
    decoderConfig({
      modelType: 'qwen3',
      headDim: 64,
      maxPositions: 4096,
      tieEmbeddings: true,
      eosTokenIds: [],
      ...shape,
    }),
    { seed: 1 },
  );
  saveDecoder(decoder, dir);
  writeFileSync(join(dir, 'tokenizer.json'), JSON.stringify(wordy(shape.vocabSize)));
  writeFileSync(join(dir, 'tokenizer_config.json'), JSON.stringify({ chat_template: template }));
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** A byte-level tokenizer with made-up words behind the bytes, up to the size of the vocabulary. */
function wordy(vocabSize: number): object {
  const specialTokens = ['<|end|>', '<|system|>', '<|user|>', '<|assistant|>'];
  const file = trainBpe([], { vocabSize: 260, specialTokens }) as {
    model: { vocab: Record<string, number> };
  };
  const { vocab } = file.model;
  for (let id = Object.keys(vocab).length; id < vocabSize; id++)
    vocab[`Ġw${id.toString(26).replace(/[0-9]/g, (digit) => 'qrstuvwxyz'[Number(digit)] as string)}`] = id;
  return file;
}
