import { describe, expect, it } from 'vitest';
import {
  cat,
  embedding,
  enableGrad,
  hasOperator,
  linear,
  noGrad,
  scaledDotProductAttention,
  type Tensor,
  tensor,
  tidy,
  where,
  zeros,
} from '../src/index.js';
import { checkGradients, expectClose, expectNoLeaks, leaf } from './helpers.js';

expectNoLeaks();
const ids = (...values: number[]) => tensor(values, [values.length], { dtype: 'i64' });

describe('gradients agree with finite differences', () => {
  const cases: [string, (...inputs: Tensor[]) => Tensor, ...(readonly number[])[]][] = [
    ['add with broadcast', (a, b) => a.add(b, { alpha: 2 }), [2, 3], [3]],
    ['mul, sub, div', (a, b) => a.mul(b).sub(a.div(b.mul(b).add(1))), [2, 3], [2, 3]],
    ['matmul', (a, b) => a.matmul(b), [2, 3, 4], [4, 2]],
    ['linear', (x, w, b) => linear(x, w, { bias: b }), [3, 4], [2, 4], [2]],
    ['bmm', (a, b) => a.bmm(b), [2, 2, 3], [2, 3, 2]],
    ['silu', (a) => a.silu(), [5]],
    ['gelu', (a) => a.gelu({ approximate: 'tanh' }), [5]],
    ['sigmoid, tanh, exp, log', (a) => a.sigmoid().add(a.tanh()).add(a.exp()).add(a.mul(a).add(1).log()), [5]],
    ['softmax', (a) => a.softmax(-1), [2, 4]],
    ['logSoftmax and gather', (a) => a.logSoftmax(-1).gather(1, tensor([1, 3], [2, 1], { dtype: 'i64' })), [2, 4]],
    ['logsumexp', (a) => a.logsumexp([1]), [2, 4]],
    ['crossEntropyLoss', (a) => a.crossEntropyLoss(ids(1, 3)), [2, 4]],
    ['root mean square norm', (a, w) => a.mul(a.pow(2).mean([-1], { keepdim: true }).add(1e-6).rsqrt()).mul(w), [2, 4], [4]],
    ['embedding', (w) => embedding(w, ids(2, 0, 2)), [3, 2]],
    ['rotary halves', (a) => cat([a.narrow(1, 2, 2).neg(), a.narrow(1, 0, 2)], { dim: 1 }), [2, 4]],
    ['transpose, permute, view', (a) => a.transpose(0, 1).permute([1, 0, 2]).reshape([4, 3]).t(), [2, 2, 3]],
    ['masked fill, where', (a, b) => where(a.gt(0), a, b).maskedFill(b.gt(0.5), 0), [2, 3], [2, 3]],
    ['sum, mean, var', (a) => a.sum(0).add(a.mean(1, { keepdim: true })).add(a.var([1], { keepdim: true })), [2, 3]],
    ['clamp, minimum, maximum', (a, b) => a.clamp({ min: -0.9, max: 0.9 }).minimum(b).add(a.maximum(b)), [5], [5]],
    ['softplus, sqrt, cumsum', (a) => a.softplus().sqrt().cumsum(0), [4]],
  ]; // biome-ignore format: one case a line
  it.each(cases)('%s', (_, fn, ...shapes) => checkGradients(fn, ...shapes));

  it.runIf(hasOperator('aten::scaled_dot_product_attention'))(
    'fused attention, and its value by hand',
    () => {
      const shape = [1, 2, 3, 4];
      const fused = (q: Tensor, k: Tensor, v: Tensor) =>
        scaledDotProductAttention(q, k, v, { isCausal: true });
      checkGradients(fused, shape, shape, shape);
      tidy(() => {
        const [q, k, v] = [leaf(shape, 1), leaf(shape, 2), leaf(shape, 3)] as const;
        const future = zeros([3, 3], { dtype: 'f64' }).add(1).triu({ diagonal: 1 }).gt(0);
        const scores = q.matmul(k.transpose(2, 3)).div(2).maskedFill(future, -Infinity);
        expectClose(fused(q, k, v), scores.softmax(-1).matmul(v).toArray(), 1e-9);
      });
    },
  );
});

describe('the graph', () => {
  it('accumulates into grad until it is dropped', () => {
    tidy(() => {
      const x = tensor([3]).requiresGrad_();
      x.mul(x).sum().backward();
      x.mul(x).sum().backward();
      expect(x.grad?.item()).toBe(12);
      x.setGrad(null);
      expect(x.grad).toBeNull();
    });
  });

  it('lives on when the scope that made it is closed', () => {
    const x = tensor([3]).requiresGrad_();
    const loss = tidy(() => x.mul(x).mul(x).sum());
    loss.backward();
    tidy(() => expect(x.grad?.item()).toBe(27));
    x.dispose();
    loss.dispose();
  });

  it('is used up by backward() unless kept', () => {
    tidy(() => {
      const x = tensor([3]).requiresGrad_();
      const loss = x.mul(x).sum();
      loss.backward(undefined, { keepGraph: true });
      loss.backward();
      expect(x.grad?.item()).toBe(12);
      expect(() => loss.backward()).toThrow(/second time/);
    });
  });

  it('takes a gradient for roots that are not single numbers', () => {
    tidy(() => {
      const x = tensor([1, 2]).requiresGrad_();
      const y = x.mul(x);
      expect(() => y.backward()).toThrow(/scalar/);
      expect(() => y.backward(tensor([1, 2, 3]))).toThrow(/shape/);
      x.mul(x).backward(tensor([1, 10]));
      expect(x.grad?.toArray()).toEqual([2, 40]);
      expect(() => tensor([1]).backward()).toThrow(/does not require grad/);
    });
  });

  it('is not recorded inside noGrad, again inside enableGrad, and the mode is restored on a throw', () => {
    tidy(() => {
      const x = tensor([1]).requiresGrad_();
      expect(noGrad(() => x.mul(2)).requiresGrad).toBe(false);
      expect(noGrad(() => enableGrad(() => x.mul(2))).requiresGrad).toBe(true);
      expect(() => noGrad(() => { throw new Error('mine'); })).toThrow('mine'); // biome-ignore format: short
      expect(x.mul(2).requiresGrad).toBe(true);
      expect(() => noGrad(async () => x)).toThrow(/synchronous/);
      expect(x.mul(2).requiresGrad).toBe(true);
      expect(x.detach().requiresGrad).toBe(false);
    });
  });

  it('may be very deep', () => {
    tidy(() => {
      const x = tensor([1]).requiresGrad_();
      let y = x.add(0);
      for (let i = 0; i < 20_000; i++) y = y.add(1);
      y.backward();
      expect(x.grad?.item()).toBe(1);
    });
  });

  it('checks gradients that are set by hand', () => {
    tidy(() => {
      const x = zeros([2, 3]).requiresGrad_();
      expect(() => x.setGrad(zeros([3]))).toThrow(/shape, dtype and device/);
      expect(() => x.setGrad(zeros([2, 3], { dtype: 'f64' }))).toThrow(/shape, dtype and device/);
      expect(() => x.setGrad(x)).toThrow(/its own gradient/);
      expect(() => x.mul(2).setGrad(zeros([2, 3]))).toThrow(/leaf/);
      x.setGrad(tensor([1, 2, 3, 4, 5, 6], [3, 2]).t());
      expect(x.grad?.toArray()).toEqual([1, 3, 5, 2, 4, 6]);
      expect(x.mul(2).grad).toBeNull();
    });
  });

  it('refuses sparse gradients, which nothing else here understands', () => {
    tidy(() => {
      const w = zeros([3, 2]).requiresGrad_();
      embedding(w, ids(1), { sparse: true }).sum().backward();
      expect(() => w.grad).toThrow(/sparse/);
    });
  });
});

describe('backwardAsync', () => {
  const lossOf = (x: Tensor, w: Tensor) => tidy(() => x.matmul(w).tanh().mul(x).sum());

  it('gives the gradients of backward(), while the scope is closed', async () => {
    const [a, b, w] = [leaf([3, 3], 1), leaf([3, 3], 1), leaf([3, 3], 2)] as const;
    const [first, second] = tidy(() => [lossOf(a, w.detach()), lossOf(b, w.detach())] as const);
    first.backward();
    await second.backwardAsync();
    tidy(() => expect(b.grad?.toArray()).toEqual(a.grad?.toArray()));
    for (const t of [a, b, w, first, second]) t.dispose();
  });

  it('lets two run side by side', async () => {
    const leaves = [1, 2, 3, 4].map((seed) => leaf([8, 8], seed));
    const losses = leaves.map((x) => tidy(() => lossOf(x, x.detach())));
    await Promise.all(losses.map((loss) => loss.backwardAsync()));
    tidy(() => {
      for (const [i, x] of leaves.entries()) {
        const again = leaf([8, 8], i + 1);
        lossOf(again, again.detach()).backward();
        expect(x.grad?.toArray()).toEqual(again.grad?.toArray());
      }
    });
    for (const t of [...leaves, ...losses]) t.dispose();
  });

  it('keeps others off the gradients that it writes', async () => {
    const [x, other] = [leaf([200, 200], 1), leaf([2], 2)] as const;
    const loss = tidy(() => x.matmul(x).matmul(x).sum());
    const done = loss.backwardAsync();
    expect(() => x.grad).toThrow(/await it first/);
    expect(() => x.setGrad(null)).toThrow(/await it first/);
    expect(other.grad).toBeNull();
    await done;
    tidy(() => expect(x.grad?.shape).toEqual([200, 200]));
    for (const t of [x, other, loss]) t.dispose();
  });

  it('rejects with a TorchError, and throws what it can tell at once', async () => {
    const x = leaf([2, 2]);
    const loss = tidy(() => x.mul(x).sum());
    loss.backward();
    await expect(loss.backwardAsync()).rejects.toMatchObject({
      name: 'TorchError',
      code: 'torch',
      op: 'backward',
    });
    loss.dispose();
    expect(() => loss.backwardAsync()).toThrow(/after it was freed/);
    x.dispose();
  });
});
