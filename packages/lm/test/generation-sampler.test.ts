/** P17 against a plain JavaScript implementation in double precision. */
import { memory, type Tensor, tensor, tidy } from '@collm/torch';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ModelError, nucleusCandidates, type SamplingParameters, sampleTokens } from '../src/index.js';

let alive = 0;
beforeEach(() => {
  alive = memory().tensors;
});
afterEach(() => {
  expect(memory().tensors).toBe(alive);
});

const plain: SamplingParameters = { greedy: false, temperature: 1, topK: null, topP: 1 };

interface Drawn {
  token: number;
  logProb: number;
  behaviour: number;
}

/** Null where rounding could decide otherwise: the uniform or p falls on the border between two tokens. */
function naive(
  logits: readonly number[],
  u: number,
  { temperature, topK, topP }: SamplingParameters,
): Drawn | null {
  const near = (a: number, b: number) => Math.abs(a - b) < 4e-6;
  const scaled = logits.map((value) => value / temperature);
  const highest = Math.max(...scaled);
  const logTotal = highest + Math.log(scaled.reduce((sum, value) => sum + Math.exp(value - highest), 0));
  const logProbs = scaled.map((value) => value - logTotal);
  // Without limits the vocabulary stands in its own order, else in descending probability.
  const limited = (topK !== null && topK < logits.length) || topP < 1;
  let order = logProbs.map((_, token) => token);
  if (limited) order.sort((a, b) => (logProbs[b] as number) - (logProbs[a] as number));
  const p = (token: number) => Math.exp(logProbs[token] as number);
  const massOf = (tokens: readonly number[]) => tokens.reduce((sum, token) => sum + p(token), 0);
  if (topK !== null) order = order.slice(0, topK);
  if (topP < 1) {
    const target = topP * massOf(order);
    let mass = 0;
    let count = 0;
    while (count < order.length && mass < target) {
      mass += p(order[count++] as number);
      if (near(mass, target)) return null;
    }
    order = order.slice(0, count);
  }
  const mass = massOf(order);
  let before = 0;
  for (const token of order) {
    before += p(token);
    if (near(before, u * mass)) return null;
    if (before > u * mass) {
      const logProb = logProbs[token] as number;
      return { token, logProb, behaviour: logProb - Math.log(mass) };
    }
  }
  return null;
}

const draw = (logits: readonly (readonly number[])[], uniforms: number[], parameters: SamplingParameters) =>
  tidy(() => {
    const rows = tensor(logits.flat(), [logits.length, (logits[0] as number[]).length]);
    const made = sampleTokens(rows, uniforms, parameters);
    const numbers = (t: Tensor) => t.toArray();
    return [numbers(made.tokens), numbers(made.logProbs), numbers(made.behaviourLogProbs)] as const;
  });

function expectSame(logits: number[][], uniforms: number[], parameters: SamplingParameters): number {
  const [tokens, logProbs, behaviour] = draw(logits, uniforms, parameters);
  let compared = 0;
  for (const [row, u] of uniforms.entries()) {
    const expected = naive(logits[row] as number[], u, parameters);
    if (expected === null) continue;
    compared++;
    expect(tokens[row]).toBe(expected.token);
    expect(logProbs[row]).toBeCloseTo(expected.logProb, 4);
    expect(behaviour[row]).toBeCloseTo(expected.behaviour, 4);
  }
  return compared;
}

/** Distinct logits in a shuffled order: with equal ones the order would not be fixed. */
const spaced = (count: number, step: number, offset: number): number[] =>
  Array.from({ length: count }, (_, i) => -step * ((i * 7919 + offset) % count));

const parameters = fc.record({
  greedy: fc.constant(false),
  temperature: fc.double({ min: 0.25, max: 4, noNaN: true }),
  topK: fc.option(fc.integer({ min: 1, max: 30 }), { nil: null }),
  topP: fc.oneof(fc.constant(1), fc.double({ min: 0.05, max: 0.999, noNaN: true })),
});
const uniform = fc.integer({ min: 0, max: 2 ** 24 - 1 }).map((word) => word / 2 ** 24);

describe('sampling distribution', () => {
  it('draws what a plain implementation draws, for any logits and parameters', () => {
    const row = fc
      .uniqueArray(fc.integer({ min: -160, max: 160 }), { minLength: 24, maxLength: 24 })
      .map((values) => values.map((value) => value / 16));
    const rows = fc.array(fc.tuple(row, uniform), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(rows, parameters, (drawn, sampling) => {
        expectSame(
          drawn.map(([logits]) => logits),
          drawn.map(([, u]) => u),
          sampling,
        );
      }),
      { numRuns: 300 },
    );
  });

  it('gives the same by the first candidates as by the whole vocabulary', () => {
    const V = 4 * nucleusCandidates;
    const uniforms = [0.03, 0.31, 0.62, 0.93];
    // A steep row reaches p within the candidates, a flat one does not; then the whole batch is sorted.
    for (const steps of [
      [0.05, 0.05],
      [0.0005, 0.0005],
      [0.05, 0.0005],
    ]) {
      const logits = uniforms.map((_, i) => spaced(V, steps[i % 2] as number, 31 * i));
      for (const topP of [0.5, 0.9, 0.98]) {
        const compared = expectSame(logits, uniforms, { ...plain, topP });
        expect(compared).toBeGreaterThan(1);
        const alone = uniforms.map((u, i) => draw([logits[i] as number[]], [u], { ...plain, topP }));
        const together = draw(logits, uniforms, { ...plain, topP });
        for (const k of [0, 1, 2] as const)
          expect(alone.map((columns) => columns[k][0])).toEqual(together[k]);
      }
    }
  });

  it('reports the right probabilities among equal ones, whichever are kept', () => {
    const logits = [1, 1, 1, 1, 0];
    const p = Math.exp(1) / (4 * Math.exp(1) + 1);
    for (const u of [0, 0.3, 0.6, 0.99]) {
      const [tokens, logProbs, behaviour] = draw([logits], [u], { ...plain, topK: 2 });
      expect(tokens[0]).toBeLessThan(4);
      expect(logProbs[0]).toBeCloseTo(Math.log(p), 5);
      expect(behaviour[0]).toBeCloseTo(Math.log(1 / 2), 5);
    }
  });

  it('takes log-probs in f32 of logits in bf16', () => {
    const [V, u] = [300, 0.5];
    const logits = spaced(V, 0.0625, 3);
    const [exact, half] = tidy(() => {
      const wide = tensor(logits, [1, V]).to({ dtype: 'bf16' });
      return [wide.to({ dtype: 'f32' }), wide].map((row) =>
        sampleTokens(row, [u], { ...plain, topP: 0.9 }).logProbs.item(),
      );
    }) as [number, number];
    expect(half).toBe(exact);
  });

  it('gives log-probs that are not finite for logits that are not', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      for (const limits of [{}, { topK: 2 }, { topP: 0.9 }, { greedy: true }]) {
        const [, logProbs] = draw(
          [
            [0, bad, 1],
            [0, 2, 1],
          ],
          [0.4, 0.4],
          { ...plain, ...limits },
        );
        expect(Number.isFinite(logProbs[0])).toBe(false);
        expect(Number.isFinite(logProbs[1])).toBe(true);
      }
    }
  });

  it('refuses parameters that leave nothing to draw', () => {
    const bad: [Partial<SamplingParameters>, RegExp][] = [
      [{ temperature: 0 }, /temperature 0 .*greedy/],
      [{ temperature: -1 }, /temperature -1/],
      [{ temperature: Number.NaN }, /temperature NaN/],
      [{ topP: 0 }, /top-p 0 /],
      [{ topP: 1.5 }, /top-p 1.5/],
      [{ topK: 0 }, /top-k 0 /],
      [{ topK: 2.5 }, /top-k 2.5/],
    ];
    for (const [parameters, message] of bad) {
      const run = () => draw([[0, 1]], [0.5], { ...plain, ...parameters });
      expect(run).toThrow(message);
      expect(run).toThrow(ModelError);
    }
  });
});
