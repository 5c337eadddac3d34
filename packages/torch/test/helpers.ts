import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect } from 'vitest';
import { memory, noGrad, type Tensor, tensor, tidy } from '../src/index.js';

/** Fails every test of the file that leaves a tensor behind. */
export function expectNoLeaks(): void {
  let before = 0;
  beforeEach(() => {
    before = memory().tensors;
  });
  afterEach(() => {
    expect(memory().tensors, 'tensors alive after the test').toBe(before);
  });
}

export function expectClose(
  actual: Tensor | readonly number[],
  expected: readonly number[],
  tolerance = 1e-6,
) {
  const values = Array.isArray(actual) ? (actual as number[]) : (actual as Tensor).toArray();
  expect(values.length).toBe(expected.length);
  for (const [i, value] of values.entries()) {
    const wanted = expected[i] as number;
    expect(Math.abs(value - wanted), `element ${i}: ${value}, expected ${wanted}`).toBeLessThanOrEqual(
      tolerance * Math.max(1, Math.abs(wanted)),
    );
  }
}

/** Numbers without pattern, the same every time. */
export function numbers(count: number, seed = 1): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  });
}

/** An f64 leaf of the shape that records gradients. */
export function leaf(shape: readonly number[], seed = 1): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  return tensor(numbers(count, seed), shape, { dtype: 'f64' }).requiresGrad_();
}

/**
 * Compares the gradients of a weighted sum of `fn(...inputs)` with central differences. In f64, so that
 * the differences are good to about nine digits.
 */
export function checkGradients(fn: (...inputs: Tensor[]) => Tensor, ...shapes: (readonly number[])[]): void {
  tidy(() => {
    const inputs = shapes.map((shape, i) => leaf(shape, i + 1));
    const weighted = () => {
      const out = fn(...inputs);
      return out.mul(tensor(numbers(out.numel, 99), out.shape, { dtype: 'f64' })).sum();
    };
    weighted().backward();
    const step = 1e-6;
    for (const [k, input] of inputs.entries()) {
      const gradient = (input.grad as Tensor).toArray();
      const start = input.toArray();
      const valueAt = (i: number, shift: number) =>
        tidy(() =>
          noGrad(() => {
            const moved = start.map((v, j) => (j === i ? v + shift : v));
            input.copy_(tensor(moved, input.shape, { dtype: 'f64' }));
            return weighted().item();
          }),
        );
      const numeric = start.map((_, i) => (valueAt(i, step) - valueAt(i, -step)) / (2 * step));
      noGrad(() => input.copy_(tensor(start, input.shape, { dtype: 'f64' })));
      for (const [i, value] of gradient.entries())
        expect(Math.abs(value - (numeric[i] as number)), `input ${k}, element ${i}`).toBeLessThan(1e-6);
    }
  });
}

export interface ChildResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** Runs a file of test/children as a process of its own, which may crash without harm. */
export function runChild(
  name: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<ChildResult> {
  const file = fileURLToPath(new URL(`./children/${name}`, import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', file, ...args], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      env: { ...process.env, ...env },
    });
    const result: ChildResult = { code: null, signal: null, stdout: '', stderr: '' };
    child.stdout.on('data', (data) => {
      result.stdout += data;
    });
    child.stderr.on('data', (data) => {
      result.stderr += data;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ ...result, code, signal }));
  });
}
