import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TorchError } from '@collm/torch';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  loadDecoder,
  ModelError,
  parseDecoderConfig,
  saveDecoder,
  Tokenizer,
  toHuggingFaceConfig,
} from '../src/index.js';
import { tinyConfig, writeTinyModel } from './tiny.js';

let model: ReturnType<typeof writeTinyModel>;
beforeEach(() => {
  model = writeTinyModel();
});
afterEach(() => model.remove());

const edit = (file: string, change: (json: Record<string, unknown>) => void) => {
  const path = join(model.dir, file);
  const json = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  change(json);
  writeFileSync(path, JSON.stringify(json));
};

describe('model folder', () => {
  it('comes back bit for bit, in every dtype it can be stored in', () => {
    for (const dtype of ['f32', 'bf16', 'f16'] as const) {
      using first = loadDecoder(model.dir, { dtype });
      saveDecoder(first, model.dir);
      using second = loadDecoder(model.dir);
      expect(second.dtype).toBe(dtype);
      expect(second.config).toEqual(tinyConfig);
      for (const [i, parameter] of first.parameters().entries())
        expect(second.parameters()[i]?.toBytes()).toEqual(parameter.toBytes());
    }
  });

  it('names the architecture that is not supported, and what is', () => {
    edit('config.json', (json) => {
      json.model_type = 'mamba';
    });
    expect(() => loadDecoder(model.dir)).toThrow(/"mamba" is not supported; supported are qwen3/);
  });

  it('names every bad field of the configuration', () => {
    const bad = { ...toHuggingFaceConfig(tinyConfig, 'f32'), hidden_size: 'wide', num_hidden_layers: 0 };
    const error = (() => {
      try {
        parseDecoderConfig(bad, 'config.json');
      } catch (caught) {
        return caught as Error;
      }
      return undefined;
    })();
    expect(error).toBeInstanceOf(ModelError);
    expect(error?.message).toMatch(/hidden_size/);
    expect(error?.message).toMatch(/num_hidden_layers/);
  });

  it('names the tensor whose shape does not fit the configuration', () => {
    edit('config.json', (json) => {
      json.intermediate_size = 50;
    });
    expect(() => loadDecoder(model.dir)).toThrow(
      /gate_proj.weight" has shape \[48,32\], the configuration asks for \[50,32\]/,
    );
  });

  it('says so when the weights are cut off or absent', () => {
    truncateSync(join(model.dir, 'model.safetensors'), 5000);
    expect(() => loadDecoder(model.dir)).toThrow(TorchError);
    expect(() => loadDecoder('/nowhere')).toThrow(/config.json does not exist/);
  });
});

describe('tokenizer', () => {
  it('takes any text there and back', () => {
    const tokenizer = Tokenizer.load(model.dir);
    for (const text of ['/setblock 0 12 0 stone\n', 'äöü — 方块 🧱', ' stone stone\n\n', ''])
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });

  it('splices own responses into the prompt as the tokens they were sampled as', () => {
    const tokenizer = Tokenizer.load(model.dir);
    const eos = tokenizer.eosTokenId as number;
    const odd = [...'stone'].flatMap((letter) => tokenizer.encode(letter)); // not how the tokenizer would write it
    expect(odd).not.toEqual(tokenizer.encode('stone'));
    const prompt = tokenizer.encodeChat([
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'stone', tokens: [...odd, eos] },
      { role: 'user', content: 'b' },
    ]);
    expect(prompt).toEqual([
      ...tokenizer.encode('<|user|>a<|end|><|assistant|>'),
      ...odd,
      eos,
      ...tokenizer.encode('<|user|>b<|end|><|assistant|>'),
    ]);
    const cut = tokenizer.encodeChat([{ role: 'assistant', content: 'stone', tokens: odd }]);
    expect(cut).toEqual([
      ...tokenizer.encode('<|assistant|>'),
      ...odd,
      eos,
      ...tokenizer.encode('<|assistant|>'),
    ]);
  });

  it('says which file is no tokenizer', () => {
    writeFileSync(join(model.dir, 'tokenizer.json'), '{}');
    expect(() => Tokenizer.load(model.dir)).toThrow(ModelError);
    writeFileSync(join(model.dir, 'tokenizer.json'), '{');
    expect(() => Tokenizer.load(model.dir)).toThrow(/tokenizer.json is no JSON/);
  });
});
