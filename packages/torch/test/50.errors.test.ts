import { describe, expect, it } from 'vitest';
import {
  cat,
  DisposedError,
  full,
  Generator,
  hasOperator,
  limitTensorBytes,
  memory,
  ones,
  randn,
  scaledDotProductAttention,
  setNumThreads,
  Tensor,
  type TorchError,
  tensor,
  tidy,
  zeros,
} from '../src/index.js';
import { native, operatorNames } from '../src/native.js';
import { expectNoLeaks, runChild } from './helpers.js';

expectNoLeaks();
const id = (name: string) => operatorNames.indexOf(`aten::${name}`);

/** The error that a call in a scope throws. */
function errorOf(fn: () => unknown): TorchError {
  try {
    tidy(() => {
      fn();
    });
  } catch (error) {
    return error as TorchError;
  }
  throw new Error('nothing was thrown');
}

describe('an error names the operator and what it was given', () => {
  it('on the typed path and on the generic one', () => {
    const mm = errorOf(() => zeros([2, 3]).mm(zeros([2, 3])));
    expect(mm).toMatchObject({
      name: 'TorchError',
      code: 'torch',
      op: 'aten::mm',
      shapes: 'Float[2,3], Float[2,3]',
    });
    expect(mm.message).toMatch(
      /^aten::mm: mat1 and mat2 shapes cannot be multiplied .*\(given Float\[2,3\], Float\[2,3\]\)$/,
    );
    expect(errorOf(() => cat([zeros([2]), zeros([3, 4])]))).toMatchObject({
      code: 'torch',
      op: 'aten::cat',
      shapes: 'Float[2], Float[3,4]',
    });
  });

  it('for use after free', () => {
    const t = ones([1]);
    t.dispose();
    for (const [fn, op] of [
      [() => t.add(t), 'aten::add.Tensor'],
      [() => t.exp(), 'aten::exp'],
      [() => t.item(), 'item'],
      [() => t.toArray(), 'dtype'],
      [() => t.backward(), 'backward'],
      [() => t.requiresGrad_(), 'requiresGrad_'],
    ] as const) {
      const error = errorOf(fn);
      expect(error).toBeInstanceOf(DisposedError);
      expect(error).toMatchObject({ code: 'disposed', op });
    }
    expect(`${t}`).toBe('Tensor(disposed)');
  });

  it('and under TORCH_DEBUG=1 the line that made the tensor', async () => {
    const debug = await runChild('debug.ts', [], { TORCH_DEBUG: '1' });
    expect(debug).toMatchObject({ code: 0, stderr: '' });
    expect(debug.stdout).toMatch(
      /^aten::silu: a tensor was used after it was freed.*\n {2}It was made\n {4}at makeTheTensor \(.*debug\.ts/,
    );
  });
});

describe('wrong arguments are refused before libtorch sees them', () => {
  const z = () => zeros([2, 3]);
  it.each([
    ['no operator', () => native.call(9999), /no operator has this index/],
    ['too many arguments', () => native.call(id('abs'), z().handle, 1, 2), /at most 1/],
    ['far too many arguments', () => native.call(id('abs'), z().handle, ...Array(100).fill(undefined)), /at most 1/],
    ['too few arguments', () => native.call(id('mm'), z().handle), /mat2 is missing/],
    ['no arguments', () => (native.call as () => void)(), /must be a number/],
    ['text for a tensor', () => native.call(id('abs'), 'x'), /self must be a tensor/],
    ['a symbol', () => native.call(id('abs'), Symbol('x') as never), /self must be a tensor/],
    ['a bigint', () => native.call(id('add.Scalar'), z().handle, 1n as never), /other must be a number/],
    ['a function', () => native.call(id('zeros'), (() => 1) as never), /size must be a number/],
    ['no list', () => native.call(id('cat'), 5), /tensors must be an array/],
    ['a list with holes', () => native.call(id('zeros'), new Array(3) as never), /size must be a number/],
    ['a list without end', () => native.call(id('index.Tensor'), z().handle, new Array(2 ** 32 - 1)), /at most 1048576/],
    ['a fraction for an integer', () => z().sum(0.5), /dim must be (an integer|a number)/],
    ['NaN for an integer', () => z().transpose(Number.NaN, 0), /integer/],
    ['a number for a flag', () => native.call(id('any.dim'), z().handle, 0, 1), /keepdim must be a boolean/],
    ['a dtype of libtorch only', () => native.call(id('zeros'), [1], 12), /no dtype has the code 12/],
    ['a sparse layout', () => native.call(id('zeros'), [1], 6, 1), /layout cannot be set/],
    ['a device without memory', () => zeros([1], { device: 'meta' as never }), /"meta" is no device; use cpu, cuda or cuda:<index>/],
    ['a nonsense device', () => zeros([1], { device: 'nonsense' as never }), /is no device/],
    ['a device that is not there', () => zeros([1], { device: 'cuda:99' }), /CUDA|no device cuda:99/],
    ['a generator of such a device', () => new Generator(1, 'cuda:99'), /CUDA|no device cuda:99/],
    ['a tensor for a generator', () => native.call(id('randperm.generator'), 3, z().handle), /no live generator/],
    ['a generator for a tensor', () => { using g = new Generator(1); native.call(id('abs'), g.handle); }, /no live tensor/],
    ['a stale handle', () => { const t = z(); const { handle } = t; t.dispose(); native.call(id('abs'), handle); }, /no live tensor/],
    ['a made-up handle', () => native.call(id('abs'), z().handle + 2 ** 40), /no live tensor/],
    ['half a handle', () => native.call(id('abs'), z().handle + 0.5), /no live tensor/],
    ['threads', () => setNumThreads(1e9), /1 to 4096/],
    ['a second operator table', () => native.bindOperators(['aten::abs']), /already bound/],
    ['an error factory that is no function', () => native.setErrorFactory(3 as never), /must be a function/],
  ] as [string, () => unknown, RegExp][])('%s', (_, fn, message) => {
    expect(errorOf(fn)).toMatchObject({ name: 'TorchError', message: expect.stringMatching(message) });
  }); // biome-ignore format: one case a line
});

describe('getters in a list run while a call is being put together', () => {
  function listWith(get: () => number): number[] {
    return Object.defineProperty([1, 2], 0, { get, enumerable: true }) as number[];
  }

  it("their exception is the caller's own", () => {
    const list = listWith(() => {
      throw new RangeError('mine');
    });
    expect(() => zeros(list)).toThrow(RangeError);
    expect(() => native.call(id('abs'), 'x', list)).toThrow(/at most 1/);
  });

  it('they may call operators themselves', () => {
    tidy(() => {
      const list = listWith(() => ones([2]).sum().item());
      expect(zeros(list).shape).toEqual([2, 2]);
      const deep: number[] = listWith(() => native.call(id('zeros'), deep));
      expect(() => zeros(deep)).toThrow(/call stack/);
    });
  });

  it('they may free the tensor that the call is about', () => {
    tidy(() => {
      const t = ones([1, 2]);
      const list = listWith(() => {
        t.dispose();
        return 3;
      });
      expect(new Tensor(native.call(id('expand'), t.handle, list)).shape).toEqual([3, 2]);
      expect(t.disposed).toBe(true);
    });
  });

  it('they may take the data away', () => {
    const data = new Float32Array(1000);
    const list = listWith(() => {
      structuredClone(data.buffer, { transfer: [data.buffer] });
      return 500;
    });
    expect(() => native.create(data, list, 6)).toThrow(/the data has 0/);
  });
});

describe('what libtorch does not check, and would crash on', () => {
  const least = () => tensor(new BigInt64Array([-(2n ** 63n)]));
  const minusOne = () => tensor([-1], [1], { dtype: 'i64' });
  const attention = (q: number[], k: number[], v: number[], enableGqa = false) =>
    scaledDotProductAttention(zeros(q), zeros(k), zeros(v), { enableGqa });

  it('the least integer divided by -1', () => {
    expect(errorOf(() => least().floorDivide(minusOne()))).toMatchObject({ code: 'argument' });
    expect(errorOf(() => least().remainder(-1))).toMatchObject({ code: 'argument' });
    expect(
      errorOf(() =>
        least()
          .to({ dtype: 'i32' })
          .add(-(2 ** 31))
          .remainder(-1),
      ).message,
    ).toMatch(/overflows/);
    tidy(() => {
      expect(tensor([7], [1], { dtype: 'i64' }).floorDivide(minusOne()).item()).toBe(-7);
      expect(tensor([-7], [1], { dtype: 'i64' }).remainder(-1).item()).toBe(0);
    });
  });

  it('millions of results', () => {
    expect(errorOf(() => zeros([0]).chunk(1e12)).message).toMatch(/would make 1000000000000 tensors/);
    expect(errorOf(() => zeros([1]).expand([1e9]).unbind()).message).toMatch(/would make 1000000000/);
    expect(errorOf(() => zeros([1]).expand([1e9]).split(1)).message).toMatch(/would make 1000000000/);
  });

  it('shapes past all bounds', () => {
    expect(errorOf(() => zeros(Array(65).fill(1))).message).toMatch(/more than 64 dimensions/);
    expect(errorOf(() => zeros([1]).expand([2 ** 30, 2 ** 30])).message).toMatch(/impossible shape/);
    expect(errorOf(() => zeros([0]).view([2 ** 32, 2 ** 32]))).toMatchObject({ name: 'TorchError' });
  });

  it.runIf(hasOperator('aten::scaled_dot_product_attention'))('keys and values that do not match', () => {
    expect(errorOf(() => attention([1, 2, 3, 4], [1, 2, 5, 4], [1, 2, 7, 4])).message).toMatch(
      /as many keys/,
    );
    expect(errorOf(() => attention([1, 2, 3, 4], [1, 0, 3, 4], [1, 0, 3, 4], true)).message).toMatch(/heads/);
    expect(errorOf(() => attention([1, 2, 3, 4], [1, 2, 3, 5], [1, 2, 3, 5])).message).toMatch(/last size/);
    expect(errorOf(() => attention([2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4])).message).toMatch(/dimensions/);
    tidy(() => expect(attention([1, 4, 3, 4], [1, 2, 5, 4], [1, 2, 5, 6], true).shape).toEqual([1, 4, 3, 6]));
  });
});

describe('memory', () => {
  it('refuses what cannot fit, before anything is filled', () => {
    for (const fn of [
      () => full([1e6, 1e6], 1),
      () => randn([1e6, 1e6], null),
      () => zeros([1]).expand([1e6, 1e6]).add(1),
      () => zeros([1]).expand([1e6, 1e6]).contiguous(),
    ])
      expect(errorOf(fn)).toMatchObject({
        code: 'memory',
        message: expect.stringMatching(/does not fit: .* are free/),
      });
  });

  it('refuses what JavaScript cannot hold', () => {
    expect(
      errorOf(() =>
        zeros([1])
          .expand([2 ** 31])
          .toFloat32Array(),
      ),
    ).toMatchObject({ code: 'memory' });
  });

  it("keeps to a limit of the program's own", () => {
    limitTensorBytes(1e6);
    try {
      expect(errorOf(() => zeros([1000, 1000])).message).toMatch(/limitTensorBytes/);
      tidy(() => expect(zeros([100]).numel).toBe(100));
    } finally {
      limitTensorBytes(Infinity);
    }
    tidy(() => expect(zeros([1000, 1000]).numel).toBe(1e6));
    expect(() => limitTensorBytes(-1)).toThrow(/positive/);
  });

  it('is not lost to failing calls', () => {
    const before = memory();
    for (let i = 0; i < 100; i++) expect(() => native.call(id('cat'), [1, 2, 3], 0)).toThrow();
    expect(memory()).toEqual(before);
  });
});
