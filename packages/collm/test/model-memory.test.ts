/** The estimates of `collm model inspect` against what processes really take. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Decoder, decoderConfig, LoraAdapter, saveDecoder } from '@collm/lm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { estimateMemory, type MemoryEstimate } from '../src/model-report/memory.js';
import { countAdapterParameters } from '../src/model-report/shape.js';
import { Workspace } from './workspace.js';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const tokens = 512;
const config = decoderConfig({
  modelType: 'qwen3',
  vocabSize: 4096,
  hiddenSize: 256,
  intermediateSize: 768,
  numLayers: 4,
  numHeads: 4,
  numKvHeads: 2,
  maxPositions: 1024,
  tieEmbeddings: true,
});

let space: Workspace;
beforeAll(() => {
  space = new Workspace();
  using decoder = Decoder.random(config, { seed: 1 });
  saveDecoder(decoder, space.path('measured'));
});
afterAll(() => space[Symbol.dispose]());

const measures = existsSync('/proc/self/status');
const skipped = measures ? '' : ' (skipped: no /proc/self/status on this system)';

describe('estimates of memory', () => {
  it.skipIf(!measures).each([
    ['full', ['full'], 'full'],
    ['LoRA with gradient checkpointing', ['lora', 'checkpointed'], 'loraCheckpointed'],
  ] as const)(`are near what a process takes: %s training${skipped}`, async (_, [workload, ...more], key) => {
    const { out } = await space.collm([
      ...['model', 'inspect', space.path('measured'), '--json'],
      ...['--context', String(tokens), '--tokens', String(tokens)],
    ]);
    const estimate: MemoryEstimate = JSON.parse(out).memory.f32;
    const child = here('children/measure-memory.ts');
    const args = ['--import', 'tsx', child, space.path('measured'), workload, String(tokens), ...more];
    const env = { ...process.env, TSX_TSCONFIG_PATH: here('tsconfig.child.json') };
    const measured = Number(execFileSync(process.execPath, args, { encoding: 'utf8', env }));
    // Wide: allocators keep memory back, and compiled code comes in with the first use.
    expect(estimate[key] / measured).toBeGreaterThan(0.5);
    expect(estimate[key] / measured).toBeLessThan(2);
  });

  it('grow as the formulas of docs/models.md say', () => {
    const workload = { batch: 1, context: 100, rank: 8, tokens: 100, fusedAttention: true };
    const at = (change: Partial<typeof workload>, dtype: 'f32' | 'bf16' = 'f32') =>
      estimateMemory(config, dtype, { ...workload, ...change });
    // 2 · layers · key/value heads · width · bytes
    expect(at({}).cachePerToken).toBe(2 * 4 * 2 * 64 * 4);
    expect(at({}, 'bf16').cachePerToken).toBe(2 * 4 * 2 * 64 * 2);
    expect(at({ batch: 3 }).inference - at({ batch: 1 }).inference).toBe(2 * 100 * at({}).cachePerToken);
    // 16 bytes per weight of an adapter: itself, gradient, two moments
    const outputsAndInputs = 256 * 2 + 2 * (256 + 128) + 256 * 2 + 3 * (256 + 768);
    expect(at({ rank: 9 }).lora - at({ rank: 8 }).lora).toBe(16 * 4 * outputsAndInputs);
    using decoder = Decoder.random(config, { seed: 1 });
    using adapter = new LoraAdapter(decoder, { rank: 8, alpha: 8, targets: 'all-linear' });
    expect(countAdapterParameters(config, 8)).toBe(adapter.numParameters);
    // f32: gradient and moments; bf16: the same in mixed formats, with masters
    const weights = decoder.numParameters;
    const activations = at({}).full - 16 * weights;
    expect(activations).toBeGreaterThan(0);
    expect(at({ tokens: 200, context: 100 }).full - 16 * weights).toBe(2 * activations);
    expect(at({ fusedAttention: false }).full).toBeGreaterThan(at({}).full);
    expect(at({ fusedAttention: false, tokens: 9999, context: 9999 }).fullCheckpointed).toBeLessThan(
      at({ fusedAttention: false, tokens: 9999, context: 9999 }).full,
    );
  });
});
