import { copyFileSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSafetensors, saveSafetensors, type Tensor, TorchError, tidy, zeros } from '@collm/torch';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  loadDecoder,
  ModelError,
  parseDecoderConfig,
  readGenerationConfig,
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

/** Writes the weights again with some of them changed. */
const rewrite = (change: (tensors: Record<string, Tensor>) => void) =>
  tidy(() => {
    const path = join(model.dir, 'model.safetensors');
    const tensors = loadSafetensors(path);
    change(tensors);
    saveSafetensors(path, tensors, { format: 'pt' });
  });

describe('model folder', () => {
  it('comes back bit for bit, in every dtype it can be stored in', () => {
    for (const dtype of ['f32', 'bf16', 'f16'] as const) {
      using first = loadDecoder(model.dir, { dtype });
      saveDecoder(first, model.dir);
      using second = loadDecoder(model.dir);
      expect(second.dtype).toBe(dtype);
      expect(second.config).toMatchObject(tinyConfig);
      for (const [i, parameter] of first.parameters().entries())
        expect(second.parameters()[i]?.toBytes()).toEqual(parameter.toBytes());
    }
  });

  it('names the architecture that is not supported, and what is', () => {
    edit('config.json', (json) => {
      json.model_type = 'mamba';
    });
    expect(() => loadDecoder(model.dir)).toThrow(/"mamba" is not supported; supported are llama, .*qwen3/);
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

  it('takes all weights as the embedding is stored', () => {
    rewrite((tensors) => {
      tensors['model.embed_tokens.weight'] = tensors['model.embed_tokens.weight']?.to({
        dtype: 'bf16',
      }) as Tensor;
    });
    using decoder = loadDecoder(model.dir);
    expect(new Set(decoder.parameters().map(({ dtype }) => dtype))).toEqual(new Set(['bf16']));
  });

  it('does not mind tensors that it has no use for', () => {
    using before = loadDecoder(model.dir);
    rewrite((tensors) => {
      tensors['model.layers.0.self_attn.rotary_emb.inv_freq'] = zeros([4]);
      tensors['lm_head.weight'] = zeros([300, 32], { dtype: 'i64' }); // the embedding is tied
    });
    using after = loadDecoder(model.dir);
    for (const [i, parameter] of before.parameters().entries())
      expect(after.parameters()[i]?.toBytes()).toEqual(parameter.toBytes());
  });

  it('names the file and the tensor of a dtype that is no weight', () => {
    rewrite((tensors) => {
      tensors['model.norm.weight'] = zeros([32], { dtype: 'i32' });
    });
    expect(() => loadDecoder(model.dir)).toThrow(ModelError);
    expect(() => loadDecoder(model.dir)).toThrow(
      /model.safetensors: tensor "model.norm.weight" has dtype i32, but weights are f32, bf16, f16/,
    );
    const path = join(model.dir, 'model.safetensors');
    const bytes = readFileSync(path, 'latin1');
    writeFileSync(path, bytes.replace('"I32"', '"I8" '), 'latin1');
    expect(() => loadDecoder(model.dir)).toThrow(
      /model.safetensors: tensor "model.norm.weight" has the unsupported dtype "I8".*not quantised/,
    );
  });

  it('refuses layers without end before it counts them', () => {
    edit('config.json', (json) => {
      json.num_hidden_layers = 1e9;
    });
    const started = performance.now();
    expect(() => loadDecoder(model.dir)).toThrow(ModelError);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('says what to give instead of a file, a pickle, GGUF or an adapter', () => {
    const weights = join(model.dir, 'model.safetensors');
    const gguf = join(model.dir, 'model.gguf');
    expect(() => loadDecoder(weights)).toThrow(/is a file. Give the folder/);
    copyFileSync(weights, gguf);
    expect(() => loadDecoder(gguf)).toThrow(/is a GGUF file/);
    renameSync(weights, join(model.dir, 'adapter_model.safetensors'));
    expect(() => loadDecoder(model.dir)).toThrow(/only GGUF files/);
    rmSync(gguf);
    expect(() => loadDecoder(model.dir)).toThrow(/only an adapter/);
    renameSync(join(model.dir, 'adapter_model.safetensors'), join(model.dir, 'pytorch_model.bin'));
    expect(() => loadDecoder(model.dir)).toThrow(/pickle.*Convert it/s);
    rmSync(join(model.dir, 'pytorch_model.bin'));
    expect(() => loadDecoder(model.dir)).toThrow(
      /holds neither model.safetensors nor model.safetensors.index/,
    );
  });
});

describe('shards', () => {
  const index = 'model.safetensors.index.json';
  beforeEach(() => {
    using decoder = loadDecoder(model.dir);
    saveDecoder(decoder, model.dir, { maxShardBytes: 30_000 });
  });

  it('names the shard that is missing and the index that asks for it', () => {
    rmSync(join(model.dir, 'model-00002-of-00004.safetensors'));
    expect(() => loadDecoder(model.dir)).toThrow(ModelError);
    expect(() => loadDecoder(model.dir)).toThrow(
      /model-00002-of-00004.safetensors does not exist, but .*index.json places tensors in it/,
    );
  });

  it('names the tensor that its shard lacks, and the one that no shard has', () => {
    edit(index, ({ weight_map: map }) => {
      (map as Record<string, string>)['model.norm.weight'] = 'model-00001-of-00004.safetensors';
    });
    expect(() => loadDecoder(model.dir)).toThrow(
      /index.json places tensor "model.norm.weight" in model-00001-of-00004.safetensors, which does not hold it/,
    );
    edit(index, ({ weight_map: map }) => {
      delete (map as Record<string, string>)['model.norm.weight'];
    });
    expect(() => loadDecoder(model.dir)).toThrow(/tensor "model.norm.weight" is missing/);
  });

  it.each([
    ['a path upwards', '../model.safetensors'],
    ['an absolute path', '/etc/x.safetensors'],
    ['a folder', '..'],
    ['a backslash', '..\\x.safetensors'],
    ['a zero byte', 'x\0.safetensors'],
    ['another kind of file', 'config.json'],
    ['a number', 5],
    ['null', null],
  ])('refuses %s for a file name', (_, file) => {
    edit(index, ({ weight_map: map }) => {
      (map as Record<string, unknown>)['model.norm.weight'] = file;
    });
    expect(() => loadDecoder(model.dir)).toThrow(ModelError);
    expect(() => loadDecoder(model.dir)).toThrow(
      /"model.norm.weight" in .*no safetensors file of this folder/,
    );
  });

  it.each(['{}', '[]', 'null', '5', '{"weight_map": []}', '{"weight_map": {}}', '{"weight_map": null}'])(
    'refuses the index %s',
    (text) => {
      writeFileSync(join(model.dir, index), text);
      expect(() => loadDecoder(model.dir)).toThrow(/index.json has no weight_map/);
    },
  );
});

describe('generation_config.json', () => {
  const write = (json: unknown) =>
    writeFileSync(join(model.dir, 'generation_config.json'), JSON.stringify(json));

  it('goes before config.json, which counts where it says nothing', () => {
    expect(readGenerationConfig(model.dir)).toEqual({ eosTokenIds: [1] });
    write({ temperature: 0.6, top_p: 0.95, top_k: 20, do_sample: true, pad_token_id: 0, bos_token_id: 3 });
    expect(readGenerationConfig(model.dir)).toEqual({
      eosTokenIds: [1],
      padTokenId: 0,
      doSample: true,
      temperature: 0.6,
      topP: 0.95,
      topK: 20,
    });
    write({ eos_token_id: 5 });
    expect(readGenerationConfig(model.dir).eosTokenIds).toEqual([5]);
    write({ eos_token_id: [5, 6], temperature: null, top_k: 0, pad_token_id: -1 });
    expect(readGenerationConfig(model.dir)).toEqual({ eosTokenIds: [5, 6] });
  });

  it('names the bad field', () => {
    write({ top_p: 'high' });
    expect(() => readGenerationConfig(model.dir)).toThrow(/generation_config.json cannot be used.*top_p/s);
  });

  it('is saved beside the weights it was loaded with', () => {
    const json = { eos_token_id: [1, 2], temperature: 0.6, something: 'else' };
    write(json);
    using decoder = loadDecoder(model.dir);
    const out = join(model.dir, 'out');
    saveDecoder(decoder, out);
    expect(JSON.parse(readFileSync(join(out, 'generation_config.json'), 'utf8'))).toEqual(json);
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
