import { memory, noGrad, tensor, tidy } from '@collm/torch';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  Decoder,
  generate,
  ModelError,
  philox,
  responseLogProbs,
  sampleTokens,
  uniform,
} from '../src/index.js';
import { tinyConfig } from './tiny.js';

const plain = { greedy: false, temperature: 1, topK: null, topP: 1, maxNewTokens: 12, stopTokens: [1] };
const key = (sample: number) => ({ seed: 7, words: [0, 0, sample] as const });

let alive = 0;
beforeEach(() => {
  alive = memory().tensors;
});
afterEach(() => {
  expect(memory().tensors).toBe(alive);
});

describe('philox', () => {
  it('gives the published test vectors of Philox4x32-10', () => {
    expect(philox([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
    const ones = 0xffffffff;
    expect(philox([ones, ones, ones, ones], [ones, ones])).toEqual([
      0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd,
    ]);
    expect(philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toEqual([
      0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
    ]);
  });

  it('draws uniforms in [0, 1) that differ by every word of the key', () => {
    const draws = [
      uniform(key(0), 0),
      uniform(key(0), 1),
      uniform(key(1), 0),
      uniform({ seed: 8, words: [0, 0, 0] }, 0),
    ];
    expect(new Set(draws).size).toBe(draws.length);
    const many = Array.from({ length: 2000 }, (_, i) => uniform(key(5), i));
    expect(Math.min(...many)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...many)).toBeLessThan(1);
    expect(many.reduce((sum, u) => sum + u, 0) / many.length).toBeCloseTo(0.5, 1);
  });
});

describe('sampling distribution', () => {
  const logits = [2, 1, 0, -1, Number.NEGATIVE_INFINITY];
  const draw = (uniforms: number[], parameters: object) =>
    tidy(() => {
      const rows = tensor(
        uniforms.flatMap(() => logits),
        [uniforms.length, logits.length],
      );
      const made = sampleTokens(rows, uniforms, { ...plain, ...parameters });
      return {
        tokens: made.tokens.toArray(),
        logProbs: made.logProbs.toArray(),
        behaviour: made.behaviourLogProbs.toArray(),
      };
    });
  const grid = Array.from({ length: 4000 }, (_, i) => (i + 0.5) / 4000);
  const shares = (tokens: number[]) =>
    logits.map((_, t) => tokens.filter((token) => token === t).length / tokens.length);
  const softmax = (temperature: number) => {
    const weights = logits.map((value) => Math.exp(value / temperature));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.map((weight) => weight / total);
  };

  it('inverts the softmax at the temperature, and never takes a token of probability 0', () => {
    for (const temperature of [0.5, 1, 2]) {
      const made = draw(grid, { temperature });
      for (const [t, share] of shares(made.tokens).entries())
        expect(share).toBeCloseTo(softmax(temperature)[t] as number, 2);
      expect(made.behaviour).toEqual(made.logProbs);
    }
    expect(draw([0, 0.99999994], {}).tokens).toEqual([0, 3]);
  });

  it('keeps the shortest prefix whose mass reaches p, renormalised', () => {
    const p = softmax(1);
    const made = draw(grid, { topP: 0.8 }); // the first alone has 0.64, two reach 0.88
    const kept = (p[0] as number) + (p[1] as number);
    expect(shares(made.tokens)[0]).toBeCloseTo((p[0] as number) / kept, 2);
    expect(new Set(made.tokens)).toEqual(new Set([0, 1]));
    for (const [i, token] of made.tokens.entries()) {
      expect(made.logProbs[i]).toBeCloseTo(Math.log(p[token] as number), 5);
      expect(made.behaviour[i]).toBeCloseTo(Math.log((p[token] as number) / kept), 5);
    }
  });

  it('takes top-k first, then top-p of what is left', () => {
    expect(new Set(draw(grid, { topK: 3 }).tokens)).toEqual(new Set([0, 1, 2]));
    // Of the first two the first has 0.73: p = 0.7 leaves it alone, though it has 0.64 of the whole.
    expect(new Set(draw(grid, { topK: 2, topP: 0.7 }).tokens)).toEqual(new Set([0]));
  });

  it('takes the most probable token when greedy', () => {
    const made = draw([0.9999], { greedy: true });
    expect(made.tokens).toEqual([0]);
    expect(made.logProbs[0]).toBeCloseTo(Math.log(softmax(1)[0] as number), 5);
  });
});

describe('generate', () => {
  const prompts = [[5, 6, 7], [8, 9, 10, 11, 12], [5, 6, 7], [20]];

  it('gives each row what it gets alone, whatever the batch and its order', async () => {
    using decoder = Decoder.random(tinyConfig, { seed: 1 });
    const requests = prompts.map((prompt, i) => ({ prompt, key: key(i) }));
    const together = await generate(decoder, requests, plain);
    const reversed = (await generate(decoder, [...requests].reverse(), plain)).reverse();
    for (const [i, request] of requests.entries()) {
      const [alone] = await generate(decoder, [request], plain);
      expect(together[i]?.tokens).toEqual(alone?.tokens);
      expect(reversed[i]?.tokens).toEqual(alone?.tokens);
      for (const [k, value] of (alone?.logProbs ?? []).entries())
        expect(together[i]?.logProbs[k]).toBeCloseTo(value, 4);
    }
    expect(together[0]?.tokens).not.toEqual(together[2]?.tokens); // one prompt, two streams
  });

  it('reports the log-probs that a full forward gives', async () => {
    using decoder = Decoder.random(tinyConfig, { seed: 2 });
    const prompt = [5, 6, 7, 8];
    const [made] = await generate(decoder, [{ prompt, key: key(3) }], { ...plain, temperature: 0.7 });
    const tokens = made?.tokens ?? [];
    const full = tidy(() =>
      noGrad(() => {
        const ids = [...prompt, ...tokens];
        const hidden = decoder.forward(tensor(Int32Array.from(ids), [1, ids.length]));
        const places = tensor(Int32Array.from(tokens, (_, k) => prompt.length - 1 + k));
        return responseLogProbs(
          decoder,
          hidden,
          { places, targets: tensor(Int32Array.from(tokens)) },
          0.7,
        ).logProbs.toArray();
      }),
    );
    for (const [k, value] of full.entries()) expect(made?.logProbs[k]).toBeCloseTo(value, 4);
  });

  it('ends rows on their own: at a stop token, which is kept, or at the limit', async () => {
    using decoder = Decoder.random(tinyConfig, { seed: 1 });
    const requests = Array.from({ length: 40 }, (_, i) => ({ prompt: [5, 6, 7], key: key(i) }));
    const stopTokens = Array.from({ length: 30 }, (_, i) => i);
    const made = await generate(decoder, requests, { ...plain, stopTokens });
    for (const { tokens, finish, logProbs } of made) {
      const at = tokens.findIndex((token) => stopTokens.includes(token));
      expect(at < 0 ? plain.maxNewTokens : at + 1).toBe(tokens.length);
      expect(finish).toBe(at < 0 ? 'length' : 'stop');
      expect(logProbs).toHaveLength(tokens.length);
    }
    expect(new Set(made.map(({ finish }) => finish)).size).toBe(2);
  });

  it('refuses prompts that do not fit, are empty, or hold foreign tokens', async () => {
    using decoder = Decoder.random(tinyConfig, { seed: 1 });
    const run = (prompt: number[]) => generate(decoder, [{ prompt, key: key(0) }], plain);
    await expect(run(new Array(60).fill(5))).rejects.toThrow(/60 tokens .* context of 64.*max_new_tokens/);
    await expect(run([])).rejects.toThrow(ModelError);
    await expect(run([300])).rejects.toThrow(/token id 300 .* vocabulary of 300/);
  });
});
