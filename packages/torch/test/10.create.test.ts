import { describe, expect, it } from 'vitest';
import {
  arange,
  empty,
  eye,
  full,
  Generator,
  memory,
  ones,
  rand,
  randint,
  randn,
  randperm,
  type Tensor,
  tensor,
  tidy,
  zeros,
} from '../src/index.js';
import { expectNoLeaks } from './helpers.js';

expectNoLeaks();

describe('tensor()', () => {
  it('copies numbers row-major, f32 unless told otherwise', () => {
    tidy(() => {
      const data = [1, 2, 3, 4, 5, 6];
      const t = tensor(data, [2, 3]);
      data[0] = 99;
      expect([t.shape, t.dtype, t.device, t.numel]).toEqual([[2, 3], 'f32', 'cpu', 6]);
      expect(t.toArray()).toEqual([1, 2, 3, 4, 5, 6]);
      expect(t.size(-1)).toBe(3);
      expect(() => t.size(2)).toThrow(/no dimension 2/);
    });
  });

  it.each([
    ['f32', new Float32Array([1.5, -2])],
    ['f64', new Float64Array([1.5, -2])],
    ['i64', new Int32Array([1, -2])],
    ['i64', new BigInt64Array([1n, -2n])],
    ['u8', new Uint8Array([1, 254])],
  ] as const)('takes the dtype %s from its typed array', (dtype, data) => {
    tidy(() => {
      const t = tensor(data);
      expect(t.dtype).toBe(dtype);
      expect(t.toArray()).toEqual(Array.from(data as ArrayLike<number | bigint>, Number));
    });
  });

  it('keeps all digits of f64 and all integers of i64', () => {
    tidy(() => {
      expect(tensor([0.1], [1], { dtype: 'f64' }).toArray()).toEqual([0.1]);
      expect(
        tensor(new BigInt64Array([2n ** 62n]))
          .sub(tensor(new BigInt64Array([2n ** 62n - 1n])))
          .item(),
      ).toBe(1);
      expect(() => tensor([1.5], [1], { dtype: 'i64' })).toThrow(/element 0 is 1.5/);
      expect(() => tensor([2 ** 40], [1], { dtype: 'i64' })).toThrow(/BigInt64Array/);
    });
  });

  it('leaves no intermediate behind when it converts', () => {
    const before = memory().tensors;
    const t = tensor([1, 0], [2], { dtype: 'bf16' });
    expect(memory().tensors).toBe(before + 1);
    t.dispose();
  });

  it('refuses shapes that do not fit', () => {
    expect(() => tensor([1, 2, 3], [2])).toThrow(/asks for 2 elements, the data has 3/);
    expect(() => tensor([1], [-1])).toThrow(/negative or impossible/);
    expect(() => tensor([1], [2 ** 40, 2 ** 40])).toThrow(/negative or impossible/);
    expect(() => tensor('abc' as never)).toThrow(/numbers or a typed array/);
  });
});

describe('dtypes', () => {
  // bf16 keeps 8 bits of the significand, f16 11: 1 + 2^-9 and 1 + 2^-12 lie halfway or below and round to even.
  it.each([
    ['bf16', 1 + 2 ** -9, 1],
    ['bf16', 1 + 2 ** -7, 1 + 2 ** -7],
    ['bf16', 3e38, 3.0041e38],
    ['f16', 1 + 2 ** -12, 1],
    ['f16', 1 + 2 ** -10, 1 + 2 ** -10],
    ['f16', 70000, Infinity],
    ['i64', -1.9, -1],
    ['i32', 7.9, 7],
    ['bool', 0.1, 1],
    ['u8', 200, 200],
  ] as const)('rounds to %s: %d gives %d', (dtype, value, expected) => {
    tidy(() => {
      const t = tensor([value]).to({ dtype });
      expect(t.dtype).toBe(dtype);
      const [result] = t.toArray() as [number];
      if (Number.isFinite(expected))
        expect(Math.abs(result - expected)).toBeLessThanOrEqual(Math.abs(expected) * 1e-4);
      else expect(result).toBe(expected);
    });
  });

  it('promotes as libtorch does, and keeps integers with whole scalars', () => {
    tidy(() => {
      const ints = tensor([1, 2], [2], { dtype: 'i64' });
      expect(ints.add(1).dtype).toBe('i64');
      expect(ints.mul(0.5).dtype).toBe('f32');
      expect(ints.add(ones([2], { dtype: 'bf16' })).dtype).toBe('bf16');
      expect(ints.gt(1).dtype).toBe('bool');
    });
  });

  it("reads bytes in the tensor's own dtype", () => {
    tidy(() => {
      expect([...tensor([1, -2]).to({ dtype: 'bf16' }).toBytes()]).toEqual([0x80, 0x3f, 0x00, 0xc0]);
      expect([...tensor([1, 2, 3, 4], [2, 2]).t().toFloat32Array()]).toEqual([1, 3, 2, 4]);
    });
  });

  it('refuses names that are no dtype', () => {
    expect(() => zeros([1], { dtype: 'f8' as never })).toThrow(/"f8" is no dtype; use one of/);
  });
});

describe('filled tensors', () => {
  it('zeros, ones, full, eye, arange, empty', () => {
    tidy(() => {
      expect(zeros([2]).toArray()).toEqual([0, 0]);
      expect(ones([2], { dtype: 'bool' }).toArray()).toEqual([1, 1]);
      expect(full([2], 2.5).toArray()).toEqual([2.5, 2.5]);
      expect(full([1], 7, { dtype: 'f32' }).dtype).toBe('f32');
      expect(eye(2).toArray()).toEqual([1, 0, 0, 1]);
      expect(arange(0, 3).toArray()).toEqual([0, 1, 2]);
      expect(arange(1, 2, { step: 0.25 }).toArray()).toEqual([1, 1.25, 1.5, 1.75]);
      expect(empty([0, 3]).numel).toBe(0);
      expect(tensor([7], []).item()).toBe(7);
    });
  });
});

describe('Generator', () => {
  const draw = (g: Generator) =>
    tidy(() => [
      ...randn([3], g).toArray(),
      ...rand([2], g).toArray(),
      ...randint(0, 100, [3], g).toArray(),
      ...randperm(5, g).toArray(),
      ...zeros([2]).normal_({ generator: g }).toArray(),
    ]);

  it('equal seeds give equal draws, other seeds others', () => {
    using a = new Generator(7);
    using b = new Generator(7);
    using c = new Generator(8);
    const first = draw(a);
    expect(draw(b)).toEqual(first);
    expect(draw(c)).not.toEqual(first);
    expect(draw(a)).not.toEqual(first);
  });

  it('goes on from a saved state', () => {
    using a = new Generator(1);
    draw(a);
    const state = a.state();
    const next = draw(a);
    using b = new Generator(2);
    b.restore(state);
    expect(draw(b)).toEqual(next);
    expect(() => b.restore(new Uint8Array(3))).toThrow(/size/);
  });

  it('cannot be used after dispose(), and dispose() may be called twice', () => {
    const g = new Generator(1);
    g.dispose();
    g.dispose();
    expect(() => randn([1], g)).toThrow(/no live generator/);
  });

  it('refuses seeds that are no safe integers', () => {
    for (const seed of [0.5, Number.NaN, 2 ** 60]) expect(() => new Generator(seed)).toThrow(/integer/);
  });
});

describe('memory()', () => {
  it('counts tensors, and shared storage once', () => {
    const before = memory();
    const made: Tensor[] = [zeros([256, 256])];
    made.push((made[0] as Tensor).t());
    const after = memory();
    expect(after.tensors - before.tensors).toBe(2);
    expect(after.bytes - before.bytes).toBe(256 * 256 * 4);
    for (const t of made) t.dispose();
    expect(memory()).toEqual(before);
  });
});
