/**
 * Reads configurations, indices and whole model folders that are damaged or lie, and prints how many were
 * refused and how many were read. Arguments: seed, cases of each kind, folders with a config.json each.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memory, TorchError } from '@collm/torch';
import fc from 'fast-check';
import { expectedTensors } from '../../src/checkpoint/names.js';
import {
  loadDecoder,
  ModelError,
  parseDecoderConfig,
  readGenerationConfig,
  saveDecoder,
  toHuggingFaceConfig,
} from '../../src/index.js';
import { ropeFrequencies } from '../../src/model/rope.js';
import { writeTinyModel } from '../tiny.js';

const [seed, runs, ...folders] = process.argv.slice(2);
const tally = { configs: { refused: 0, read: 0 }, folders: { refused: 0, read: 0 } };
const options = { seed: Number(seed), numRuns: Number(runs) };

const llama = {
  model_type: 'llama',
  vocab_size: 128256,
  hidden_size: 2048,
  intermediate_size: 8192,
  num_hidden_layers: 16,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  head_dim: 64,
  rms_norm_eps: 1e-5,
  rope_theta: 500000,
  rope_scaling: {
    factor: 32,
    high_freq_factor: 4,
    low_freq_factor: 1,
    original_max_position_embeddings: 8192,
    rope_type: 'llama3',
  },
  max_position_embeddings: 131072,
  tie_word_embeddings: true,
  attention_bias: false,
  mlp_bias: false,
  eos_token_id: [128001, 128008, 128009],
  torch_dtype: 'bfloat16',
};
const qwen3 = {
  ...llama,
  model_type: 'qwen3',
  rope_scaling: null,
  rope_parameters: { rope_theta: 1e6, rope_type: 'yarn', factor: 4, original_max_position_embeddings: 32768 },
  use_sliding_window: true,
  sliding_window: 4096,
  max_window_layers: 8,
  eos_token_id: 151645,
  pad_token_id: 151643,
};
const mistral = {
  ...llama,
  model_type: 'mistral',
  rope_scaling: { type: 'linear', factor: 2 },
  sliding_window: 4096,
};
const windowed = { ...qwen3, num_hidden_layers: 2, layer_types: ['full_attention', 'sliding_attention'] };
const dynamic = { ...llama, model_type: 'qwen2', rope_scaling: { rope_type: 'dynamic', factor: 4 } };
const real = [llama, qwen3, mistral, windowed, dynamic, ...folders.map((dir) => JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8')))] as Record<string, unknown>[]; // biome-ignore format: one list

const count = (value: number, least: number, most: number) =>
  Number.isSafeInteger(value) && value >= least && value <= most;

/** A configuration that was not refused must be one that computes. */
function checkConfig(json: unknown): void {
  let config: ReturnType<typeof parseDecoderConfig>;
  try {
    config = parseDecoderConfig(json, 'some/config.json');
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    if (!error.message.includes('some/config.json')) throw new Error(`no file is named: ${error.message}`);
    tally.configs.refused++;
    return;
  }
  tally.configs.read++;
  const { vocabSize, hiddenSize, intermediateSize, numLayers, numHeads, numKvHeads, headDim } = config;
  const sizes = [vocabSize, hiddenSize, intermediateSize, numLayers, numHeads, numKvHeads, headDim];
  const isSane =
    sizes.every((size) => count(size, 1, 2 ** 24)) &&
    count(config.maxPositions, 1, Number.MAX_SAFE_INTEGER) &&
    config.windows.length === numLayers &&
    config.windows.every((window) => window === null || count(window, 1, 2 ** 31)) &&
    config.eosTokenIds.every((id) => count(id, 0, Number.MAX_SAFE_INTEGER)) &&
    Number.isFinite(config.rmsNormEps) &&
    Number.isFinite(config.initializerRange) &&
    numHeads % numKvHeads === 0 &&
    headDim % 2 === 0;
  if (!isSane) throw new Error(`insane: ${JSON.stringify(config)}`);
  for (const [name, shape] of expectedTensors(config))
    if (!shape.every((size) => count(size, 1, 2 ** 45))) throw new Error(`${name} has shape ${shape}`);
  if (headDim <= 1024) {
    for (const length of [1, 100, 2 ** 20]) {
      const { inverse, attentionFactor } = ropeFrequencies(config.rope, headDim, length);
      if (!inverse.every((f) => Number.isFinite(f) && f >= 0) || !Number.isFinite(attentionFactor))
        throw new Error(
          `frequencies ${inverse} and factor ${attentionFactor} of ${JSON.stringify(config.rope)}`,
        );
    }
  }
  // What we save is what we read.
  const again = parseDecoderConfig(JSON.parse(JSON.stringify(toHuggingFaceConfig(config, 'bf16'))), 'saved');
  const { file: _, ...fields } = config;
  const { file: __, ...savedFields } = again;
  if (JSON.stringify(savedFields) !== JSON.stringify(fields))
    throw new Error(`saved ${JSON.stringify(savedFields)}\nfrom ${JSON.stringify(fields)}`);
}

const number = fc.oneof(
  fc.integer({ min: -2, max: 300 }),
  fc.constantFrom(2 ** 24, 2 ** 31, 2 ** 53, 1e9, 1e300, 5e-324, 0.5, -0, Number.MAX_SAFE_INTEGER),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const value = fc.oneof(
  { weight: 3, arbitrary: number },
  fc.array(number, { maxLength: 3 }),
  fc.constantFrom(null, true, false, 'silu', 'yarn', '__proto__', {}, [], 'full_attention', [[[]]], {
    factor: 2,
  }),
  fc.jsonValue({ maxDepth: 2 }),
);
const keys = [...new Set(real.flatMap((json) => Object.keys(json)))];
const inner = ['rope_type', 'type', 'factor', 'low_freq_factor', 'high_freq_factor', 'rope_theta', 'original_max_position_embeddings', 'attention_factor', 'beta_fast', 'beta_slow', 'mscale', 'mscale_all_dim', 'truncate']; // biome-ignore format: a list of names

const changed = fc
  .tuple(
    fc.constantFrom(...real),
    fc.array(fc.tuple(fc.constantFrom(...keys), fc.option(value)), { maxLength: 3 }),
    fc.array(fc.tuple(fc.constantFrom(...inner), fc.oneof(value, fc.constantFrom('yarn', 'llama3', 'dynamic', 'linear'))), { maxLength: 3 }),
  )
  .map(([json, changes, ropeChanges]) => {
    const made = structuredClone(json);
    for (const [key, to] of changes) {
      if (to === null) delete made[key];
      else made[key] = to;
    }
    for (const place of ['rope_scaling', 'rope_parameters']) {
      const rope = made[place];
      if (typeof rope === 'object') made[place] = { ...rope, ...Object.fromEntries(ropeChanges) };
    }
    return made;
  }); // biome-ignore format: one generator a statement

for (const json of real) checkConfig(json);
const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
for (const key of ['model_type', 'rope_scaling', 'layer_types', 'eos_token_id', 'vocab_size'])
  checkConfig({ ...llama, [key]: JSON.parse(deep(1_000_000)) });
fc.assert(fc.property(fc.oneof({ weight: 5, arbitrary: changed }, fc.jsonValue()), checkConfig), options);

/** A folder whose `file` holds this must be refused with a typed error, or load. */
function checkFolder(dir: string, file: string, content: string | Uint8Array): void {
  writeFileSync(join(dir, file), content);
  try {
    readGenerationConfig(dir);
    using decoder = loadDecoder(dir);
    JSON.stringify(toHuggingFaceConfig(decoder.config, 'f32')); // what was read can be written
    tally.folders.read++;
  } catch (error) {
    if (!(error instanceof ModelError || error instanceof TorchError)) throw error;
    if (!error.message.includes(dir)) throw new Error(`no file is named: ${error.message}`);
    tally.folders.refused++;
  }
  if (memory().tensors !== 0) throw new Error('tensors were left behind');
}

const model = writeTinyModel();
const copy = mkdtempSync(join(tmpdir(), 'collm-fuzz-'));
{
  using decoder = loadDecoder(model.dir);
  saveDecoder(decoder, model.dir, { maxShardBytes: 60_000 });
}
cpSync(model.dir, copy, { recursive: true });
const index = 'model.safetensors.index.json';
for (const file of [index, 'config.json', 'generation_config.json', 'model-00001-of-00002.safetensors']) {
  const original = file.startsWith('generation')
    ? Buffer.from('{"top_k": 2}')
    : readFileSync(join(model.dir, file));
  const map = file === index ? (JSON.parse(original.toString()).weight_map as Record<string, string>) : {};
  const damaged = fc.oneof(
    fc.tuple(fc.nat({ max: Math.min(original.length, 6000) - 1 }), fc.nat({ max: 255 })).map(([at, to]) => {
      const bytes = Buffer.from(original);
      bytes[at] = to;
      return bytes;
    }),
    fc.nat({ max: original.length }).map((length) => original.subarray(0, length)),
    ...(file === index
      ? [
          fc
            .tuple(fc.constantFrom(...Object.keys(map)), fc.oneof(value, fc.constantFrom('../x.safetensors', '/x.safetensors', 'model-00002-of-00002.safetensors', '..', '\0.safetensors')))
            .map(([name, to]) => JSON.stringify({ weight_map: { ...map, [name]: to } })),
          value.map((to) => JSON.stringify({ weight_map: to })),
        ]
      : []),
    fc.json(),
  ); // biome-ignore format: one generator a line
  fc.assert(
    fc.property(damaged, (content) => checkFolder(copy, file, content)),
    { ...options, numRuns: Math.ceil(options.numRuns / 6) },
  );
  for (const depth of [90, 1000, 1_000_000]) {
    const nested = Buffer.from(
      original.toString('latin1').replace('{', `{"deep": ${deep(depth)},`),
      'latin1',
    );
    checkFolder(copy, file, nested);
    checkFolder(copy, file, deep(depth));
  }
  writeFileSync(join(copy, file), original);
}
model.remove();
rmSync(copy, { recursive: true });
process.stdout.write(JSON.stringify(tally));
