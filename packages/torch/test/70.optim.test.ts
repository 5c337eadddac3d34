import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  AdamW,
  clipGradNorm,
  type DType,
  loadSafetensors,
  noGrad,
  saveSafetensors,
  Tensor,
  tensor,
  tidy,
  zeros,
} from '../src/index.js';
import { expectClose, expectNoLeaks, numbers } from './helpers.js';

expectNoLeaks();

const options = { learningRate: 0.1, betas: [0.8, 0.9], eps: 1e-6, weightDecay: 0.05 } as const;

/** AdamW on plain numbers, as in the paper (algorithm 2 of Loshchilov & Hutter), with PyTorch's order of the decay. */
class Reference {
  private m: number[];
  private v: number[];
  private t = 0;
  constructor(readonly w: number[]) {
    this.m = w.map(() => 0);
    this.v = w.map(() => 0);
  }
  step(gradient: readonly number[]): void {
    const { learningRate: lr, betas, eps, weightDecay } = options;
    this.t += 1;
    for (const [i, g] of gradient.entries()) {
      const m = betas[0] * (this.m[i] as number) + (1 - betas[0]) * g;
      const v = betas[1] * (this.v[i] as number) + (1 - betas[1]) * g * g;
      [this.m[i], this.v[i]] = [m, v];
      const corrected = m / (1 - betas[0] ** this.t);
      const scale = Math.sqrt(v / (1 - betas[1] ** this.t)) + eps;
      this.w[i] = (this.w[i] as number) * (1 - lr * weightDecay) - (lr * corrected) / scale;
    }
  }
}

const parameter = (values: readonly number[], shape = [values.length], dtype: DType = 'f32') =>
  tensor(values, shape, { dtype }).requiresGrad_();

function setGradient(w: Tensor, values: readonly number[]): void {
  tidy(() => w.setGrad(tensor(values, w.shape, { dtype: w.dtype })));
}

describe('AdamW', () => {
  it('takes the first step by hand', () => {
    tidy(() => {
      const w = parameter([1]);
      using optimizer = new AdamW([w], { learningRate: 0.1, weightDecay: 0.5 });
      setGradient(w, [3]);
      optimizer.step();
      // The decay takes 5 %, and whatever the gradient's size the first step is the learning rate.
      expectClose(w, [0.95 - 0.1]);
      expect(w.grad).toBeNull();
    });
  });

  it('follows the reference for many steps, on matrices of any layout', () => {
    tidy(() => {
      const start = numbers(6);
      const plain = parameter(start, [2, 3]);
      const turned = tensor(start, [3, 2]).t().detach().requiresGrad_();
      using optimizer = new AdamW([plain, turned], options);
      const reference = [new Reference([...start]), new Reference(turned.toArray())] as const;
      for (let i = 0; i < 20; i++) {
        const gradient = numbers(6, i + 2);
        for (const w of [plain, turned]) setGradient(w, gradient);
        optimizer.step();
        for (const r of reference) r.step(gradient);
      }
      expectClose(plain, reference[0].w, 1e-5);
      expectClose(turned, reference[1].w, 1e-5);
    });
  });

  it('corrects the bias per parameter: one that missed steps is as young as it is', () => {
    tidy(() => {
      const [a, b] = [parameter([1]), parameter([1])] as const;
      using optimizer = new AdamW([a, b], options);
      const [ra, rb] = [new Reference([1]), new Reference([1])] as const;
      for (let i = 0; i < 6; i++) {
        setGradient(a, [i + 1]);
        ra.step([i + 1]);
        if (i >= 3) {
          setGradient(b, [-i]);
          rb.step([-i]);
        }
        optimizer.step();
      }
      expectClose(a, ra.w, 1e-5);
      expectClose(b, rb.w, 1e-5);
    });
  });

  it.each(['bf16', 'f16'] as const)('keeps small steps of %s parameters in f32 masters', (dtype) => {
    tidy(() => {
      const w = parameter([1], [1], dtype);
      using optimizer = new AdamW([w], { learningRate: 1e-4, weightDecay: 0 });
      for (let i = 0; i < 200; i++) {
        setGradient(w, [1]);
        optimizer.step();
      }
      // 1e-4 is far below the spacing of bf16 near 1 (2^-8): without masters nothing would move.
      expect(w.dtype).toBe(dtype);
      expect(Math.abs(w.item() - 0.98)).toBeLessThan(0.004);
      expectClose(optimizer.state().tensors['0.master'] as Tensor, [0.98], 1e-4);
    });
  });

  it('does nothing without gradients', () => {
    tidy(() => {
      const w = parameter([1, 2]);
      using optimizer = new AdamW([w], options);
      optimizer.step();
      expect(w.toArray()).toEqual([1, 2]);
      expect(optimizer.state().steps).toBe(0);
      setGradient(w, [1, 1]);
      optimizer.zeroGrad();
      expect(w.grad).toBeNull();
    });
  });

  it('goes on bit for bit from a saved state', () => {
    const folder = mkdtempSync(join(tmpdir(), 'collm-torch-'));
    const file = join(folder, 'optimizer.safetensors');
    const run = (w: Tensor, optimizer: AdamW, from: number, to: number) => {
      for (let i = from; i < to; i++) {
        setGradient(w, numbers(4, i + 1));
        optimizer.step();
      }
    };
    tidy(() => {
      const whole = parameter(numbers(4), [4], 'bf16');
      using a = new AdamW([whole], options);
      run(whole, a, 0, 5);
      saveSafetensors(file, { ...a.state().tensors, weight: whole });
      const { steps } = a.state();
      run(whole, a, 5, 9);

      const tensors = loadSafetensors(file);
      const resumed = (tensors.weight as Tensor).clone().requiresGrad_();
      using b = new AdamW([resumed], options);
      b.restore(steps, tensors);
      run(resumed, b, 5, 9);
      expect(resumed.toBytes()).toEqual(whole.toBytes());
      expect(b.state().steps).toBe(9);
      for (const [name, t] of Object.entries(a.state().tensors))
        expect(b.state().tensors[name]?.toBytes(), name).toEqual(t.toBytes());
    });
    rmSync(folder, { recursive: true });
  });

  it('restores all or nothing', () => {
    tidy(() => {
      const w = parameter([1, 2]);
      using optimizer = new AdamW([w], options);
      const { tensors } = optimizer.state();
      const other = Object.fromEntries(
        Object.keys(tensors).map((name) => [name, zeros(tensors[name]?.shape ?? []).add(5)]),
      );
      expect(() => optimizer.restore(1, { '0.first': other['0.first'] as Tensor })).toThrow(
        /no tensor "0.second"/,
      );
      expect(() => optimizer.restore(1, { ...other, '0.updates': zeros([3]) })).toThrow(/expected \[\]/);
      expect(tensors['0.first']?.toArray()).toEqual([0, 0]);
    });
  });

  it.each([
    ['learningRate', { learningRate: 0 }],
    ['learningRate', { learningRate: Number.NaN }],
    ['weightDecay', { learningRate: 1, weightDecay: -1 }],
    ['eps', { learningRate: 1, eps: 0 }],
    ['betas[0]', { learningRate: 1, betas: [1, 0.9] as const }],
    ['betas[1]', { learningRate: 1, betas: [0.9, -0.1] as const }],
  ])('refuses a bad %s', (name, bad) => {
    expect(() => new AdamW([], bad)).toThrow(`AdamW: ${name} is`);
  });

  it('refuses a parameter that is listed twice', () => {
    tidy(() => {
      const w = parameter([1]);
      expect(() => new AdamW([w, w], options)).toThrow(/twice/);
    });
  });
});

describe('clipGradNorm', () => {
  const withGradients = (dtype: DType, ...gradients: number[][]) =>
    gradients.map((values) => {
      const w = parameter(
        values.map(() => 0),
        [values.length],
        dtype,
      );
      setGradient(w, values);
      return w;
    });

  it.each(['f32', 'bf16'] as const)('scales %s gradients together', (dtype) => {
    tidy(() => {
      const parameters = withGradients(dtype, [3], [0, 4]);
      expect(clipGradNorm(parameters, 10)).toBeCloseTo(5, 6);
      expectClose(parameters[0]?.grad as Tensor, [3]);
      expect(clipGradNorm(parameters, 1)).toBeCloseTo(5, 6);
      expectClose(parameters[1]?.grad as Tensor, [0, 0.8], 4e-3);
      expect(clipGradNorm(parameters, Infinity)).toBeCloseTo(1, 2);
    });
  });

  it('measures bf16 gradients in f32', () => {
    tidy(() => {
      const values = Array(1000).fill(1) as number[];
      expect(clipGradNorm(withGradients('bf16', values), 100)).toBeCloseTo(Math.sqrt(1000), 4);
    });
  });

  it('reports norms that are not finite and scales nothing', () => {
    tidy(() => {
      for (const bad of [Number.NaN, Infinity]) {
        const parameters = withGradients('f32', [1], [bad]);
        expect(clipGradNorm(parameters, 1)).toBe(bad);
        expect(parameters[0]?.grad?.item()).toBe(1);
      }
    });
  });

  it('is 0 without gradients, and wants a norm above 0', () => {
    tidy(() => {
      expect(clipGradNorm([parameter([1])], 1)).toBe(0);
      for (const bad of [0, -1, Number.NaN]) expect(() => clipGradNorm([], bad)).toThrow(/above 0/);
    });
  });
});

describe('training', () => {
  it('fits a line', () => {
    const w = parameter([0, 0]);
    using optimizer = new AdamW([w], { learningRate: 0.05, weightDecay: 0 });
    let last = Infinity;
    for (let i = 0; i < 300; i++) {
      last = tidy(() => {
        const x = tensor(numbers(16, 5));
        const error = x
          .mul(w.narrow(0, 0, 1))
          .add(w.narrow(0, 1, 1))
          .sub(x.mul(2).add(-1));
        const loss = error.mul(error).mean();
        loss.backward();
        clipGradNorm([w], 1);
        optimizer.step();
        return loss.item();
      });
    }
    expect(last).toBeLessThan(1e-4);
    noGrad(() => expectClose(w, [2, -1], 1e-2));
    w.dispose();
    expect(w).toBeInstanceOf(Tensor);
  });
});
