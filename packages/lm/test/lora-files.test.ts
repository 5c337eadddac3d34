/** Adapters in files: PEFT's layout, what PEFT computes with it, merging, and one base for many. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  loadSafetensors,
  memory,
  noGrad,
  saveSafetensors,
  type Tensor,
  tensor,
  tidy,
  zeros,
} from '@collm/torch';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toNamed } from '../src/checkpoint/names.js';
import {
  Decoder,
  exportMerged,
  LoraAdapter,
  type LoraOptions,
  loadAdapter,
  loadDecoder,
  ModelError,
  mergeAdapter,
  openBase,
  responseLogProbs,
  saveAdapter,
  saveDecoder,
} from '../src/index.js';
import { tinyConfig } from './tiny.js';

interface Golden {
  base: string;
  ids: number[];
  logits: number[];
  gradients: Record<string, number[]>;
  merged_rows: Record<string, number[]>;
}

const fixtures = fileURLToPath(new URL('fixtures', import.meta.url));
const caseDir = (name: string) => join(fixtures, 'peft', name);
const cases = readdirSync(join(fixtures, 'peft')).filter((name) =>
  existsSync(join(caseDir(name), 'golden.json')),
);

let root: string;
let alive = 0;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'collm-lora-'));
  alive = memory().tensors;
});
afterEach(() => {
  rmSync(root, { recursive: true });
  expect(memory().tensors).toBe(alive);
});

const difference = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(b, (value, i) => Math.abs((a[i] as number) - value)));
const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
const weightsOf = (decoder: Decoder) => decoder.parameters().map((weight) => weight.toBytes());

function lossOf(decoder: Decoder, ids: readonly number[]): Tensor {
  const T = ids.length - 1;
  const hidden = decoder.forward(tensor(Int32Array.from(ids), [1, ids.length]));
  const positions = {
    places: tensor(Int32Array.from({ length: T }, (_, t) => t)),
    targets: tensor(Int32Array.from(ids.slice(1))),
  };
  return responseLogProbs(decoder, hidden, positions, 1).logProbs.sum().neg();
}

const logitsOf = (decoder: Decoder, ids: readonly number[]): number[] =>
  tidy(() =>
    noGrad(() => decoder.logits(decoder.forward(tensor(Int32Array.from(ids), [1, ids.length]))).toArray()),
  );

describe.each(cases)('PEFT parity: %s', (name) => {
  const golden = json(join(caseDir(name), 'golden.json')) as Golden;
  const opened = () => {
    const base = loadDecoder(join(fixtures, 'hf-parity', golden.base), { dtype: 'f32' });
    return { base, adapter: loadAdapter(caseDir(name), base) };
  };

  it('gives its logits and the gradients of every A and B', () => {
    const { base, adapter } = opened();
    const decoder = base.withAdapter(adapter);
    const size = Math.max(...golden.logits.map(Math.abs));
    expect(difference(logitsOf(decoder, golden.ids), golden.logits)).toBeLessThan(1e-5 * size);
    decoder.train();
    tidy(() => lossOf(decoder, golden.ids).backward());
    expect(adapter.modules.length * 2).toBe(Object.keys(golden.gradients).length);
    for (const { name: module, a, b } of adapter.modules) {
      for (const [letter, weight] of Object.entries({ A: a, B: b })) {
        const expected = golden.gradients[`base_model.model.${module}.lora_${letter}.weight`] as number[];
        const ours = tidy(() => (weight.grad as Tensor).toArray());
        expect(difference(ours, expected)).toBeLessThan(1e-4 * Math.hypot(...expected) + 1e-6);
        weight.setGrad(null);
      }
    }
    adapter.dispose();
    base.dispose();
  });

  it('merges to its weights, in memory and into a folder', () => {
    const { base, adapter } = opened();
    exportMerged(base, adapter, join(root, 'merged'));
    const merged = mergeAdapter(base, adapter);
    using exported = loadDecoder(join(root, 'merged'));
    expect(weightsOf(exported)).toEqual(weightsOf(base));
    tidy(() => {
      const named = toNamed(base.config, base.weights);
      for (const [key, expected] of Object.entries(golden.merged_rows)) {
        const ours = (named[key] as Tensor).narrow(0, 0, 2).contiguous().toArray();
        expect(difference(ours, expected)).toBeLessThan(1e-5);
      }
    });
    expect(Object.keys(golden.merged_rows).length).toBe(adapter.modules.length);
    merged.dispose();
    adapter.dispose();
    base.dispose();
  });

  it('is saved as it was read, in keys that PEFT has', () => {
    const { base, adapter } = opened();
    saveAdapter(adapter, root, { baseModel: golden.base });
    const [ours, theirs] = [root, caseDir(name)].map((dir) => json(join(dir, 'adapter_config.json')));
    expect(Object.keys(theirs)).toEqual(expect.arrayContaining(Object.keys(ours)));
    for (const key of ['r', 'lora_alpha', 'lora_dropout', 'use_rslora', 'peft_type', 'task_type', 'bias'])
      expect(ours[key]).toEqual(theirs[key]);
    const stored = loadSafetensors(join(caseDir(name), 'adapter_model.safetensors'));
    const written = loadSafetensors(join(root, 'adapter_model.safetensors'));
    expect(Object.keys(written).sort()).toEqual(Object.keys(stored).sort());
    for (const [key, weight] of Object.entries(stored))
      expect((written[key] as Tensor).toArray()).toEqual(weight.toArray());
    using again = loadAdapter(root, base);
    expect(again.modules.map(({ name: module, rank, scale }) => [module, rank, scale])).toEqual(
      adapter.modules.map(({ name: module, rank, scale }) => [module, rank, scale]),
    );
    for (const weight of [...Object.values(stored), ...Object.values(written)]) weight.dispose();
    adapter.dispose();
    base.dispose();
  });
});

const usual: LoraOptions = { rank: 2, alpha: 4, targets: ['q_proj', 'down_proj'], seed: 1 };

/** A decoder and an adapter that changes something. */
function made(dtype: 'f32' | 'bf16' = 'f32', options = usual): { base: Decoder; adapter: LoraAdapter } {
  const base = Decoder.random(tinyConfig, { seed: 3, dtype });
  const adapter = new LoraAdapter(base, options);
  noGrad(() => {
    for (const { b } of adapter.modules) b.fill_(0.05);
  });
  return { base, adapter };
}

describe('merging', () => {
  it.each(['f32', 'bf16'] as const)('rounds once, and is undone bit for bit, in %s', (dtype) => {
    const { base, adapter } = made(dtype, { ...usual, targets: 'all-linear' });
    const before = weightsOf(base);
    const expected = tidy(() => {
      const { a, b, scale, row, outputs } = adapter.modules[1] as LoraAdapter['modules'][number];
      const weight = (base.weights.layers[0] as { qkv: Tensor }).qkv.narrow(0, row, outputs);
      return weight.to({ dtype: 'f32' }).addmm(b, a, { alpha: scale }).to({ dtype }).toBytes();
    });
    const merged = mergeAdapter(base, adapter);
    const { row, outputs } = adapter.modules[1] as LoraAdapter['modules'][number];
    expect(
      tidy(() =>
        (base.weights.layers[0] as { qkv: Tensor }).qkv.narrow(0, row, outputs).contiguous().toBytes(),
      ),
    ).toEqual(expected);
    expect(weightsOf(base)).not.toEqual(before);
    merged.unmerge();
    expect(weightsOf(base)).toEqual(before);
    merged.unmerge();
    expect(weightsOf(base)).toEqual(before);
    adapter.dispose();
    base.dispose();
  });

  it('exports in another dtype and in shards, and leaves the base alone', () => {
    const { base, adapter } = made();
    const before = weightsOf(base);
    exportMerged(base, adapter, root, { dtype: 'bf16', maxShardBytes: 30_000 });
    expect(weightsOf(base)).toEqual(before);
    mergeAdapter(base, adapter).dispose();
    const narrow = tidy(() => base.parameters().map((weight) => weight.to({ dtype: 'bf16' }).toBytes()));
    using exported = loadDecoder(root);
    expect(weightsOf(exported)).toEqual(narrow);
    adapter.dispose();
    base.dispose();
  });

  it('refuses a view, and the decoder of another model', () => {
    const { base, adapter } = made();
    expect(() => mergeAdapter(base.withAdapter(adapter), adapter)).toThrow(/seen through an adapter/);
    using other = Decoder.random({ ...tinyConfig, intermediateSize: 40 }, { seed: 1 });
    expect(() => exportMerged(other, adapter, root)).toThrow(
      /down_proj as 32 × 48, which this decoder does not have/,
    );
    adapter.dispose();
    base.dispose();
  });
});

describe('files that cannot be used', () => {
  const refusals: [string, Record<string, unknown>, RegExp][] = [
    ['another method', { peft_type: 'IA3' }, /peft_type is "IA3"; only LORA/],
    ['DoRA', { use_dora: true }, /use_dora is true.*Train without it/],
    ['whole modules', { modules_to_save: ['lm_head'] }, /modules_to_save is a list.*Merge it with PEFT/],
    ['biases', { bias: 'all' }, /bias is "all"/],
    [
      'a changed base',
      { init_lora_weights: 'pissa' },
      /init_lora_weights is "pissa", which changes the base/,
    ],
    ['the embedding', { target_modules: ['q_proj', 'embed_tokens'] }, /target_modules has embed_tokens/],
    ['the head', { target_modules: ['q_proj', 'lm_head'] }, /target_modules has lm_head/],
    ['another model', { target_modules: ['c_attn'] }, /chooses none of the model's.*Choose from q_proj/],
    ['an absent layer', { layers_to_transform: 5 }, /layer 5 does not exist/],
    ['other layer names', { layers_pattern: 'h' }, /layers_pattern is "h"/],
    ['a rank above the module', { r: 33 }, /rank of 33 does not fit .*q_proj.*1 to 32/],
    ['a text for a rank', { r: 'two' }, /no usable adapter configuration[\s\S]*at r/],
    ['no expression', { target_modules: '(?P<x>q_proj)' }, /cannot be used as a regular expression/],
    [
      'fewer modules',
      { target_modules: ['q_proj'] },
      /tensor "base_model\S+down_proj\S+" belongs to no module/,
    ],
    [
      'more modules',
      { target_modules: ['q_proj', 'k_proj', 'down_proj'] },
      /has no tensor "base_model\S+k_proj/,
    ],
    ['another rank', { r: 3 }, /tensor "\S+q_proj\.lora_A\.weight" has shape \[2,32\], .* ask for \[3,32\]/],
  ];

  it.each(refusals)('%s', (_, change, message) => {
    const { base, adapter } = made();
    saveAdapter(adapter, root);
    const path = join(root, 'adapter_config.json');
    writeFileSync(path, JSON.stringify({ ...json(path), ...change }));
    const load = () => loadAdapter(root, base);
    expect(load).toThrow(message);
    expect(load).toThrow(ModelError);
    expect(load).toThrow(/adapter_(config\.json|model\.safetensors)/);
    adapter.dispose();
    base.dispose();
  });

  it('absent files, a pickle, integers, another model', () => {
    const { base, adapter } = made();
    expect(() => loadAdapter(root, base)).toThrow(/adapter_config\.json does not exist/);
    saveAdapter(adapter, root);
    const path = join(root, 'adapter_model.safetensors');
    using other = Decoder.random({ ...tinyConfig, intermediateSize: 40 }, { seed: 1 });
    expect(() => loadAdapter(root, other)).toThrow(
      /adapter_model\.safetensors: tensor "\S+down_proj\.lora_A\.weight" has shape \[2,48\], .* \[2,40\].*another model/,
    );
    const stored = loadSafetensors(path);
    const name = Object.keys(stored)[0] as string;
    tidy(() => saveSafetensors(path, { ...stored, [name]: zeros([2, 32], { dtype: 'i64' }) }));
    expect(() => loadAdapter(root, base)).toThrow(/has dtype i64, but adapters are f32/);
    rmSync(path);
    expect(() => loadAdapter(root, base)).toThrow(/adapter_model\.safetensors does not exist\. Fetch/);
    writeFileSync(join(root, 'adapter_model.bin'), '');
    expect(() => loadAdapter(root, base)).toThrow(/pickle/);
    for (const weight of Object.values(stored)) weight.dispose();
    adapter.dispose();
    base.dispose();
  });

  it('names of no module in a list are left out, as PEFT does', () => {
    const { base, adapter } = made();
    saveAdapter(adapter, root);
    const path = join(root, 'adapter_config.json');
    writeFileSync(path, JSON.stringify({ ...json(path), target_modules: ['q_proj', 'w1', 'down_proj'] }));
    using loaded = loadAdapter(root, base);
    expect(loaded.modules.length).toBe(4);
    adapter.dispose();
    base.dispose();
  });
});

describe('a shared base', () => {
  it('is one copy for one folder, dtype and device, until its last user goes', () => {
    const dir = join(root, 'model');
    using made = Decoder.random(tinyConfig, { seed: 3 });
    saveDecoder(made, dir);
    cpSync(dir, join(root, 'other'), { recursive: true });
    const before = memory().bytes;
    const one = openBase(dir);
    const size = memory().bytes - before;
    const two = openBase(`${dir}/../model`, { dtype: 'f32' });
    expect(two.decoder).toBe(one.decoder);
    expect(memory().bytes - before).toBe(size);
    using other = openBase(join(root, 'other'));
    using narrow = openBase(dir, { dtype: 'bf16' });
    expect(other.decoder).not.toBe(one.decoder);
    expect(narrow.decoder.dtype).toBe('bf16');
    one.dispose();
    one.dispose();
    expect(weightsOf(two.decoder)).toEqual(weightsOf(made));
    two.dispose();
    using fresh = openBase(dir);
    expect(fresh.decoder).not.toBe(one.decoder);
    expect(() => openBase(join(root, 'absent'))).toThrow(/config\.json does not exist/);
  });
});
