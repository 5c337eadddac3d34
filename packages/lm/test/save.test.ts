import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSafetensorsHeader } from '@collm/torch';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Decoder, loadDecoder, ModelError, saveDecoder } from '../src/index.js';
import { runChild, startChild } from './child.js';
import { tinyConfig } from './tiny.js';

const index = 'model.safetensors.index.json';
let root: string;
let dir: string;
let decoder: Decoder;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'collm-save-'));
  decoder = Decoder.random(tinyConfig, { seed: 5 });
});
afterAll(() => {
  decoder.dispose();
  rmSync(root, { recursive: true });
});
beforeEach(() => {
  dir = mkdtempSync(join(root, 'model-'));
});

const json = (file: string) => JSON.parse(readFileSync(join(dir, file), 'utf8'));
function expectSame(loaded: Decoder, other: Decoder): void {
  for (const [i, parameter] of other.parameters().entries())
    expect(loaded.parameters()[i]?.toBytes()).toEqual(parameter.toBytes());
}

describe('shards', () => {
  it('are named, indexed and sized as Hugging Face does it', () => {
    saveDecoder(decoder, dir, { maxShardBytes: 30_000 });
    const shards = [1, 2, 3, 4].map((i) => `model-0000${i}-of-00004.safetensors`);
    expect(readdirSync(dir).sort()).toEqual(['config.json', ...shards, index]);
    const { metadata, weight_map: map } = json(index);
    expect([...new Set(Object.values(map))]).toEqual(shards);
    let total = 0;
    for (const shard of shards) {
      const header = readSafetensorsHeader(join(dir, shard));
      const bytes = Object.values(header.tensors).reduce((sum, { begin, end }) => sum + end - begin, 0);
      expect(header.metadata).toEqual({ format: 'pt' });
      expect(Object.keys(header.tensors).every((name) => map[name] === shard)).toBe(true);
      // The embedding alone is larger than a shard may be.
      expect(bytes <= 30_000 || Object.keys(header.tensors).length === 1).toBe(true);
      total += bytes;
    }
    expect(metadata).toEqual({ total_size: total });
    expect(total).toBe(4 * decoder.numParameters);
    using loaded = loadDecoder(dir);
    expectSame(loaded, decoder);
  });

  it('and single files replace each other without leftovers', () => {
    const inTwo = { maxShardBytes: 60_000 };
    for (const options of [{}, { maxShardBytes: 30_000 }, inTwo, {}, {}]) {
      saveDecoder(decoder, dir, options);
      const names = readdirSync(dir);
      expect(names.includes('model.safetensors')).toBe(!names.includes(index));
      expect(new Set(names.filter((name) => name.startsWith('model-')))).toEqual(
        new Set(names.includes(index) ? Object.values(json(index).weight_map) : []),
      );
      using loaded = loadDecoder(dir);
      expectSame(loaded, decoder);
    }
  });

  it('are refused without a size', () => {
    for (const maxShardBytes of [0, -1, Number.NaN])
      expect(() => saveDecoder(decoder, dir, { maxShardBytes })).toThrow(ModelError);
  });
});

describe('saving', () => {
  it('converts to the dtype asked for, and says so in config.json', () => {
    for (const [dtype, name] of [['bf16', 'bfloat16'], ['f16', 'float16'], ['f32', 'float32']] as const) {
      saveDecoder(decoder, dir, { dtype });
      expect(json('config.json')).toMatchObject({ torch_dtype: name, architectures: ['Qwen3ForCausalLM'] });
      using loaded = loadDecoder(dir);
      expect(loaded.dtype).toBe(dtype);
    } // biome-ignore format: one case a line
  });

  it('leaves files that are not its own, and removes what an interrupted save left', () => {
    saveDecoder(decoder, join(dir, '.saving'));
    writeFileSync(join(dir, 'tokenizer.json'), '{}');
    saveDecoder(decoder, dir);
    expect(readdirSync(dir).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json']);
  });

  it('keeps the old model when it cannot write the new one', () => {
    saveDecoder(decoder, dir);
    using dead = Decoder.random({ ...tinyConfig, numLayers: 1 }, { seed: 6 });
    dead.weights.norm.dispose();
    expect(() => saveDecoder(dead, dir, { maxShardBytes: 30_000 })).toThrow();
    expect(readdirSync(dir).sort()).toEqual(['config.json', 'model.safetensors']);
    using loaded = loadDecoder(dir);
    expectSame(loaded, decoder);
  });

  it('leaves the one model, the other or none when it is killed, never a mixture', async () => {
    using other = Decoder.random({ ...tinyConfig, maxPositions: 77 }, { seed: 6 });
    const seen = new Set<string>();
    for (let round = 0; round < 4; round++) {
      const saver = startChild('save-in-turn.ts', dir);
      await new Promise((resolve) => saver.stdout?.once('data', resolve));
      await new Promise((resolve) => setTimeout(resolve, 20 + 27 * round));
      saver.kill('SIGKILL');
      await new Promise((resolve) => saver.once('close', resolve));
      if (!existsSync(join(dir, 'config.json'))) {
        seen.add('none');
        expect(() => loadDecoder(dir)).toThrow(/config.json does not exist/);
        continue;
      }
      using loaded = loadDecoder(dir);
      const isOther = loaded.config.maxPositions === 77;
      seen.add(isOther ? 'other' : 'first');
      expectSame(loaded, isOther ? other : decoder);
    }
    expect(seen.size).toBeGreaterThan(0);
  });
});

describe('memory of loading', () => {
  const canMeasure = existsSync('/proc/self/clear_refs') && process.platform === 'linux';
  const large = { ...tinyConfig, vocabSize: 8000, hiddenSize: 1024, intermediateSize: 3072, numHeads: 16 };
  const config = { ...large, numKvHeads: 8, headDim: 64, numLayers: 3 };

  it.skipIf(!canMeasure)('peaks at one copy of the weights (needs /proc to measure)', async () => {
    {
      using made = Decoder.random(config, { seed: 1 });
      saveDecoder(made, join(dir, 'single'));
      saveDecoder(made, join(dir, 'sharded'), { maxShardBytes: 40_000_000 });
    }
    for (const [name, dtype, bytes] of [['single', 'f32', 4], ['sharded', 'f32', 4], ['single', 'bf16', 2]] as const) {
      const { out } = await runChild('load-memory.ts', join(dir, name), dtype);
      const result = JSON.parse(out) as { rise: number; weights: number; dtype: string };
      expect(result.dtype).toBe(dtype);
      expect(result.rise / (result.weights * bytes), `${name} as ${dtype}`).toBeLessThan(bytes === 4 ? 1.3 : 1.7);
    } // biome-ignore format: one case a line
  });
});
