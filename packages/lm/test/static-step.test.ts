/** The step with everything on the device gives what the plain step gives, and graphs are made where they pay. */
import { CudaGraph, cudaAvailable, memory, noGrad, type Tensor, tensor, tidy } from '@collm/torch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DecodingBatch } from '../src/generation/decoding-batch.js';
import { bucketOf, type Recorder, recorderOf } from '../src/generation/graphed-steps.js';
import { groupByPrompt, planChunks } from '../src/generation/prefill.js';
import {
  Decoder,
  type DecoderConfig,
  decoderConfig,
  type Generation,
  type GenerationOptions,
  KvCache,
  LoraAdapter,
} from '../src/index.js';
import { StaticStep } from '../src/model/static-step.js';
import { tinyConfig } from './tiny.js';

let alive = 0;
beforeEach(() => {
  alive = memory().tensors;
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  expect(memory().tensors).toBe(alive);
});

const windowed = decoderConfig({
  modelType: 'qwen2',
  vocabSize: 300,
  hiddenSize: 32,
  intermediateSize: 48,
  numLayers: 3,
  numHeads: 4,
  numKvHeads: 1,
  maxPositions: 64,
  slidingWindow: 6,
  initializerRange: 0.3,
});

/** Hides `padding` places per row, [B · K, 1, places]. */
function paddingMask(padding: readonly number[], K: number, places: number): Tensor {
  const values = padding.flatMap((count) =>
    Array.from({ length: K * places }, (_, i) => (i % places < count ? Number.NEGATIVE_INFINITY : 0)),
  );
  return tensor(values, [padding.length * K, 1, places]);
}

/** How far the logits of the two steps differ, as a share of the largest, in `steps` steps after 9 places. */
function compare(decoder: Decoder, padding: readonly number[], steps: number, places: number): number {
  const { numKvHeads: K, vocabSize } = decoder.config;
  const B = padding.length;
  const id = (row: number, i: number) => (31 * row + 17 * i + 5) % vocabSize;
  return noGrad(() =>
    tidy(() => {
      const pads = tensor(Int32Array.from(padding), [B]);
      const padded = padding.some((count) => count > 0);
      const mask = padded ? paddingMask(padding, K, places) : undefined;
      const prompt = tensor(
        Int32Array.from({ length: 9 * B }, (_, i) => id(Math.floor(i / 9), i % 9)),
        [B, 9],
      );
      using plain = new KvCache(decoder.config, B, places, decoder.dtype, 'cpu');
      using moved = new KvCache(decoder.config, B, places, decoder.dtype, 'cpu');
      for (const cache of [plain, moved])
        decoder.forward(prompt, { cache, ...(padded ? { padding: pads } : {}) });
      const positions = tensor(Int32Array.from(padding, (count) => 9 - count));
      using step = new StaticStep(decoder, moved, { positions, mask }, places);
      let worst = 0;
      for (let i = 0; i < steps; i++) {
        tidy(() => {
          const ids = tensor(Int32Array.from(padding, (_, row) => id(row, 9 + i)));
          const seen = mask?.narrow(2, 0, plain.length + 1);
          const expected = decoder.nextLogits(decoder.step(ids, positions, plain, seen));
          step.tokens.copy_(ids);
          const made = step.run();
          moved.grow(1);
          const off = made.sub(expected).abs().max().item();
          worst = Math.max(worst, off / expected.abs().max().item());
          positions.add_(1);
        });
      }
      return worst;
    }),
  );
}

describe('StaticStep', () => {
  const cases: [string, DecoderConfig, readonly number[]][] = [
    ['norms per head, one row', tinyConfig, [0]],
    ['padded rows', tinyConfig, [0, 3, 8, 0]],
    ['biases and a window in some layers', { ...windowed, windows: [null, 6, 6] }, [0, 0]],
    ['a window and padded rows', windowed, [2, 0, 7]],
  ];
  it.each(cases)('equals step(): %s', (_, config, padding) => {
    using decoder = Decoder.random(config, { seed: 2 });
    noGrad(() => {
      for (const { qkvBias } of decoder.weights.layers) qkvBias?.fill_(0.3);
    });
    expect(compare(decoder, padding, 40, 60)).toBeLessThan(1e-5);
    expect(compare(decoder, padding, 7, 16)).toBeLessThan(1e-5);
  });

  it('equals step() with an adapter', () => {
    using base = Decoder.random(tinyConfig, { seed: 2 });
    using adapter = new LoraAdapter(base, { rank: 2, alpha: 4, targets: 'all-linear', seed: 4 });
    noGrad(() => {
      for (const weight of adapter.parameters()) weight.add_(0.05);
    });
    const adapted = base.withAdapter(adapter);
    expect(compare(adapted, [0, 4], 20, 40)).toBeLessThan(1e-5);
  });

  it('keeps its rotary tables when the decoder makes longer ones', () => {
    using decoder = Decoder.random({ ...tinyConfig, maxPositions: 4096 }, { seed: 2 });
    noGrad(() => {
      using cache = new KvCache(decoder.config, 1, 32, 'f32', 'cpu');
      const positions = tensor(Int32Array.of(0));
      using step = new StaticStep(decoder, cache, { positions, mask: undefined }, 32);
      step.tokens.fill_(7);
      const before = tidy(() => step.run().toArray());
      const longer = new KvCache(decoder.config, 1, 2048, 'f32', 'cpu');
      tidy(() => void decoder.forward(tensor(Int32Array.of(7), [1, 1]), { cache: longer }));
      longer.dispose();
      using again = new StaticStep(decoder, cache, { positions, mask: undefined }, 32);
      again.tokens.fill_(7);
      expect(tidy(() => again.run().toArray())).toEqual(before);
      expect(tidy(() => step.run().toArray()).every(Number.isFinite)).toBe(true);
      positions.dispose();
    });
  });
});

/** Stands in for CudaGraph: what was recorded is run at every replay. */
function fakeRecorder() {
  const log = { captures: 0, replays: 0, alive: 0 };
  const recorder: Recorder = {
    capture: (fn) => {
      log.captures++;
      log.alive++;
      return {
        replay: () => {
          log.replays++;
          tidy(fn);
        },
        dispose: () => {
          log.alive--;
        },
      };
    },
  };
  return { log, recorder };
}

/** As `generate`, with a recorder. */
function run(
  decoder: Decoder,
  requests: readonly { prompt: number[]; sample: number }[],
  options: Partial<GenerationOptions>,
  recorder: Recorder | undefined,
): Generation[] {
  const all = requests.map(({ prompt, sample }) => ({
    prompt,
    key: { seed: 7, words: [0, 0, sample] as const },
  }));
  const plain = { greedy: false, temperature: 1, topK: null, topP: 1, maxNewTokens: 40, stopTokens: [] };
  const groups = groupByPrompt(all, undefined);
  using batch = new DecodingBatch(decoder, all, groups, { ...plain, ...options }, undefined, recorder);
  for (const chunk of planChunks(groups, 8192, undefined)) batch.prefill(chunk, 8192);
  batch.begin();
  while (batch.running > 0) batch.step();
  return batch.results();
}

function expectSame(made: readonly Generation[], expected: readonly Generation[]): void {
  expect(made.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
  for (const [i, { logProbs }] of expected.entries())
    for (const [k, value] of logProbs.entries())
      expect(Math.abs((made[i]?.logProbs[k] as number) - value)).toBeLessThan(1e-4);
}

describe('graphs of steps', () => {
  const requests = [3, 9, 1].map((length, sample) => ({
    prompt: Array.from({ length }, (_, i) => 5 + 11 * i + length),
    sample,
  }));

  it('cover buckets of 256 places', () => {
    expect([0, 255, 256, 511, 600].map((place) => bucketOf(place, 1000))).toEqual([256, 256, 512, 512, 768]);
    expect(bucketOf(900, 1000)).toBe(1000);
  });

  it('give the tokens of plain steps', () => {
    using decoder = Decoder.random(tinyConfig, { seed: 1 });
    const { log, recorder } = fakeRecorder();
    expectSame(run(decoder, requests, {}, recorder), run(decoder, requests, {}, undefined));
    // 39 steps: 4 until the rows have settled, one to warm up.
    expect(log).toEqual({ captures: 1, replays: 34, alive: 0 });
  });

  it('are made again for every bucket', () => {
    using decoder = Decoder.random({ ...tinyConfig, maxPositions: 1024 }, { seed: 1 });
    const { log, recorder } = fakeRecorder();
    const more = { maxNewTokens: 560 };
    expectSame(run(decoder, requests, more, recorder), run(decoder, requests, more, undefined));
    expect(log.captures).toBe(3);
    expect(log.alive).toBe(0);
  });

  it('are dropped when rows leave, and not made for few steps', () => {
    using decoder = Decoder.random(tinyConfig, { seed: 1 });
    const many = Array.from({ length: 12 }, (_, sample) => ({ prompt: [5, 6, 7], sample }));
    const stopTokens = Array.from({ length: 12 }, (_, i) => i);
    const { log, recorder } = fakeRecorder();
    const made = run(decoder, many, { stopTokens }, recorder);
    expectSame(made, run(decoder, many, { stopTokens }, undefined));
    expect(new Set(made.map(({ tokens }) => tokens.length)).size).toBeGreaterThan(2);
    expect(log.alive).toBe(0);
    const short = fakeRecorder();
    run(decoder, many, { maxNewTokens: 18 }, short.recorder);
    expect(short.log.captures).toBe(0);
  });

  it('are made on CUDA devices, unless switched off', () => {
    expect(recorderOf('cpu')).toBeUndefined();
    expect(recorderOf('cuda:0')).toBe(CudaGraph);
    vi.stubEnv('COLLM_CUDA_GRAPHS', '0');
    expect(recorderOf('cuda:0')).toBeUndefined();
  });

  it('give way to plain steps, with one warning, when recording fails', () => {
    using decoder = Decoder.random(tinyConfig, { seed: 1 });
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const capture = vi.fn(() => {
      throw new Error('operation not permitted when stream is capturing');
    });
    for (let i = 0; i < 2; i++)
      expectSame(run(decoder, requests, {}, { capture }), run(decoder, requests, {}, undefined));
    expect(capture).toHaveBeenCalledTimes(2);
    expect(warning).toHaveBeenCalledTimes(1);
    expect(warning.mock.calls[0]?.[0]).toMatch(/not permitted.*COLLM_CUDA_GRAPHS=0/s);
  });

  it.skipIf(!cudaAvailable())('recorded on the GPU give the tokens of plain steps (needs CUDA)', () => {
    using decoder = Decoder.random(tinyConfig, { seed: 1, device: 'cuda:0' });
    const capture = vi.spyOn(CudaGraph, 'capture');
    const made = run(decoder, requests, {}, CudaGraph);
    expect(capture).toHaveBeenCalledTimes(1);
    vi.stubEnv('COLLM_CUDA_GRAPHS', '0');
    expectSame(made, run(decoder, requests, {}, undefined));
    expect(capture).toHaveBeenCalledTimes(1);
  });
});
