import { Generator, memory, randn, type Tensor, tidy } from '@collm/torch';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ValueHeads } from './value-heads.js';
import type { ValueNorm } from './value-normaliser.js';

let alive = 0;
beforeEach(() => {
  alive = memory().tensors;
});
afterEach(() => expect(memory().tensors).toBe(alive));

const reads = [
  { read: 'state', place: 0 },
  { read: 'action', place: 1 },
  { read: 'tokens', place: 2 },
  { read: 'state', place: 5 },
] as const;
const targets = [
  { read: 'state', targets: [40, 70, 55] },
  { read: 'action', targets: [-400, 300] },
] as const;

/** Values before and after the statistics moved, by an update that ends with `loss` and changes no weight. */
async function moved(valueNorm: ValueNorm, hiddenDim: number | null, loss = 1) {
  const heads = new ValueHeads({
    hiddenSize: 8,
    hiddenDim,
    seed: 1,
    reads: ['state', 'action', 'tokens'],
    valueNorm,
    device: 'cpu',
  });
  using generator = new Generator(3);
  const hidden = randn([2, 3, 8], generator);
  tidy(() => {
    for (const weight of Object.values(heads.weights))
      (weight as Tensor).detach().copy_(randn(weight.shape, generator));
  });
  const before = heads.values(hidden, reads);
  await heads.learning(targets, async () => ({ loss, gradNorm: 1 }));
  const after = heads.values(hidden, reads);
  const same = heads.values(hidden, reads.toReversed()).toReversed();
  expect(same).toEqual(after);
  hidden.dispose();
  heads.dispose();
  return { before, after };
}

describe('PopArt', () => {
  it.each([null, 6])(
    'leaves values as they are when the statistics move (hidden width %s)',
    async (width) => {
      const { before, after } = await moved('popart', width);
      for (const [i, value] of after.entries())
        expect(Math.abs(value - (before[i] as number))).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)));
    },
  );

  it('is what keeps them: plain running statistics move them', async () => {
    const { before, after } = await moved('running', null);
    for (const [i, value] of after.entries())
      expect(Math.abs(value - (before[i] as number))).toBeGreaterThan(0.1);
  });

  it.each(['running', 'popart'] as const)('takes %s statistics back when the update fails', async (mode) => {
    const { before, after } = await moved(mode, null, Number.NaN);
    expect(after).toEqual(before);
  });
});

it('heads are drawn from the seed, V and Q apart', () => {
  const drawn = (seed: number) => {
    const reads = ['state', 'action'] as const;
    const options = { hiddenSize: 8, hiddenDim: 4, reads, valueNorm: 'none', device: 'cpu' } as const;
    const heads = new ValueHeads({ ...options, seed });
    const weights = ['hidden.weight', 'q.hidden.weight'].map((name) => heads.weights[name]?.toArray());
    heads.dispose();
    return weights;
  };
  const [v, q] = drawn(1);
  expect(drawn(1)).toEqual([v, q]);
  expect(q).not.toEqual(v);
  expect(drawn(5)[0]).not.toEqual(v);
});
