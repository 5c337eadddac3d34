import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type DType,
  loadSafetensors,
  memory,
  noGrad,
  readSafetensorsHeader,
  saveSafetensors,
  type Tensor,
  TorchError,
  tensor,
  tidy,
  zeros,
} from '../src/index.js';
import { expectNoLeaks } from './helpers.js';

expectNoLeaks();
const folder = mkdtempSync(join(tmpdir(), 'collm-torch-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string) => join(folder, name);

/** A file with the given header and data, whatever they are. */
function write(header: unknown, data: Uint8Array = new Uint8Array(0), length?: bigint): string {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length ?? BigInt(json.length));
  const file = path('crafted.safetensors');
  writeFileSync(file, Buffer.concat([prefix, json, data]));
  return file;
}

describe('round trip', () => {
  it('keeps every dtype bit for bit, shapes, order and metadata', () => {
    const dtypes: DType[] = ['f32', 'f64', 'bf16', 'f16', 'i64', 'i32', 'u8', 'bool'];
    const file = path('all.safetensors');
    tidy(() => {
      const tensors: Record<string, Tensor> = {};
      for (const dtype of dtypes) tensors[dtype] = tensor([0, 1, 3, 1, 0, 200], [2, 3], { dtype });
      tensors.scalar = tensor([7], []);
      tensors.empty = zeros([0, 4]);
      tensors.transposed = tensor([1, 2, 3, 4], [2, 2]).t();
      tensors['odd "name" ✓'] = tensor([1]);
      saveSafetensors(file, tensors, { format: 'pt' });
      const loaded = loadSafetensors(file);
      expect(Object.keys(loaded).sort()).toEqual(Object.keys(tensors).sort());
      for (const [name, t] of Object.entries(tensors)) {
        const other = loaded[name] as Tensor;
        expect([other.dtype, other.shape, other.toBytes()]).toEqual([t.dtype, t.shape, t.toBytes()]);
      }
      expect(readSafetensorsHeader(file).metadata).toEqual({ format: 'pt' });
    });
  });

  it('survives names that mean something to JavaScript', () => {
    const file = path('proto.safetensors');
    tidy(() => {
      const tensors = Object.fromEntries([
        ['__proto__', tensor([1])],
        ['constructor', tensor([2])],
      ]);
      saveSafetensors(file, tensors);
      expect(Object.keys(loadSafetensors(file)).sort()).toEqual(['__proto__', 'constructor']);
      expect(() => saveSafetensors(file, { __metadata__: tensor([1]) })).toThrow(/__metadata__/);
    });
  });

  it('writes large tensors in pieces', () => {
    const file = path('large.safetensors');
    tidy(() => {
      const count = 17 * 2 ** 20 + 3;
      const large = zeros([count]);
      large.narrow(0, 16 * 2 ** 20 - 1, 3).add_(tensor([1, 2, 3]));
      saveSafetensors(file, { large, after: tensor([9]) });
      const loaded = loadSafetensors(file);
      expect((loaded.large as Tensor).equal(large)).toBe(true);
      expect(loaded.after?.item()).toBe(9);
    });
    rmSync(file);
  });

  it('loads chosen tensors only', () => {
    const file = path('two.safetensors');
    tidy(() => {
      saveSafetensors(file, { a: tensor([1]), b: tensor([2]) });
      expect(Object.keys(loadSafetensors(file, ['b']))).toEqual(['b']);
      expect(loadSafetensors(file, [])).toEqual({});
      expect(() => loadSafetensors(file, ['c'])).toThrow(/no tensor "c"; it has a, b/);
    });
  });
});

describe('mapping', () => {
  it('copies nothing, and in-place changes never reach the file', () => {
    const file = path('map.safetensors');
    tidy(() => {
      saveSafetensors(file, { a: zeros([1024]) });
      const before = readFileSync(file);
      const a = loadSafetensors(file).a as Tensor;
      noGrad(() => a.add_(1));
      expect(a.sum().item()).toBe(1024);
      expect(readFileSync(file).equals(before)).toBe(true);
      expect(loadSafetensors(file).a?.sum().item()).toBe(0);
    });
  });

  it('shares the pages with other readers instead of taking memory', () => {
    const file = path('shared.safetensors');
    tidy(() => saveSafetensors(file, { a: zeros([16 * 2 ** 20]) }));
    const mapped = () => readFileSync('/proc/self/maps', 'utf8').includes(file);
    const { a } = loadSafetensors(file) as { a: Tensor };
    expect(mapped()).toBe(true);
    a.dispose();
    expect(mapped()).toBe(false);
  });

  it('outlives a replacement of the file', () => {
    const file = path('replaced.safetensors');
    tidy(() => {
      saveSafetensors(file, { a: tensor([1, 2]) });
      const a = loadSafetensors(file).a as Tensor;
      saveSafetensors(file, { a: tensor([3, 4]) });
      expect(a.toArray()).toEqual([1, 2]);
      expect(loadSafetensors(file).a?.toArray()).toEqual([3, 4]);
    });
  });

  it('copies where the data is not aligned', () => {
    const data = Buffer.from(new Float32Array([1, 2]).buffer);
    for (const pad of ['', ' ', '  ', '   ']) {
      const file = write(
        `${JSON.stringify({ a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } })}${pad}`,
        data,
      );
      tidy(() => expect(loadSafetensors(file).a?.toArray()).toEqual([1, 2]));
    }
  });
});

describe('files that lie', () => {
  const entry = (fields: object) => ({ dtype: 'F32', shape: [2], data_offsets: [0, 8], ...fields });
  const eight = new Uint8Array(8);
  it.each([
    ['shorter than the length', () => { writeFileSync(path('short'), 'abc'); return path('short'); }, /shorter than 8 bytes/],
    ['an empty file', () => { writeFileSync(path('empty'), ''); return path('empty'); }, /shorter than 8 bytes/],
    ['a header beyond the end', () => write('{}', eight, 1000n), /claims 1000 bytes/],
    ['a header of exabytes', () => write('{}', eight, 2n ** 63n), /claims/],
    ['no JSON', () => write('{"a":'), /no JSON/],
    ['no object', () => write([1]), /no JSON object/],
    ['null', () => write('null'), /no JSON object/],
    ['metadata that is no text', () => write({ __metadata__: { a: 1 } }), /__metadata__/],
    ['an entry that is null', () => write({ a: null }, eight), /unsupported dtype/],
    ['an unknown dtype', () => write({ a: entry({ dtype: 'F8_E4M3' }) }, eight), /"a" has the unsupported dtype "F8_E4M3"/],
    ['a dtype in a list', () => write({ a: entry({ dtype: ['F32'] }) }, eight), /unsupported dtype/],
    ['a negative size', () => write({ a: entry({ shape: [-2] }) }, eight), /no valid shape/],
    ['a fractional size', () => write({ a: entry({ shape: [2.5] }) }, eight), /no valid shape/],
    ['a size past all integers', () => write({ a: entry({ shape: [1e300] }) }, eight), /no valid shape/],
    ['an empty tensor whose strides overflow', () => write({ a: entry({ shape: [2 ** 32, 300, 0], data_offsets: [0, 0] }) }), /no valid shape/],
    ['dimensions without end', () => write({ a: entry({ shape: Array(100).fill(1), data_offsets: [0, 4] }) }, new Uint8Array(4)), /no valid shape/],
    ['sizes whose product overflows', () => write({ a: entry({ shape: [2 ** 52, 2 ** 52] }) }, eight), /no valid shape/],
    ['no offsets', () => write({ a: { dtype: 'F32', shape: [2] } }, eight), /no valid data_offsets/],
    ['negative offsets', () => write({ a: entry({ data_offsets: [-8, 0] }) }, eight), /no valid data_offsets/],
    ['offsets the wrong way round', () => write({ a: entry({ data_offsets: [8, 0] }) }, eight), /offsets hold -8/],
    ['too few bytes for the shape', () => write({ a: entry({ shape: [3] }) }, eight), /needs 12 bytes but its offsets hold 8/],
    ['truncated data', () => write({ a: entry({}) }, new Uint8Array(7)), /ends at byte 8 of 7/],
    ['data that nobody claims', () => write({ a: entry({}) }, new Uint8Array(9)), /end at byte 8 of 9/],
    ['overlapping tensors', () => write({ a: entry({}), b: entry({ data_offsets: [4, 12] }) }, new Uint8Array(12)), /begins at byte 4 where byte 8 is next/],
    ['a gap', () => write({ a: entry({}), b: entry({ data_offsets: [12, 20] }) }, new Uint8Array(20)), /begins at byte 12 where byte 8 is next/],
    ['a folder', () => folder, /no regular file/],
    ['no file', () => path('none'), /ENOENT/],
    ['a name with a zero byte', () => `${path('a')}\0b`, /null bytes/],
    ['a pipe', () => { execFileSync('mkfifo', [path('pipe')]); return path('pipe'); }, /no regular file/],
  ] as [string, () => string, RegExp][])('%s', (_, make, message) => {
    const file = make();
    const load = () => loadSafetensors(file);
    expect(load).toThrow(message);
    expect(load).toThrow(expect.objectContaining({ code: 'file', message: expect.stringContaining(file) }));
  }); // biome-ignore format: one case a line
});

describe('saving is atomic', () => {
  it('leaves the old file and no temporary one when it fails', () => {
    const place = path('atomic');
    mkdirSync(place);
    const file = join(place, 'model.safetensors');
    tidy(() => {
      saveSafetensors(file, { a: tensor([1]) });
      const dead = tensor([1]);
      const fails: Record<string, Tensor> = { first: tensor([5]), dead };
      // Freed between the header and the data.
      Object.defineProperty(fails, 'first', {
        enumerable: true,
        get() {
          if (this.seen === true) dead.dispose();
          Object.defineProperty(this, 'seen', { value: true });
          return tensor([5]);
        },
      });
      expect(() => saveSafetensors(file, fails)).toThrow(TorchError);
      expect(readdirSync(place)).toEqual(['model.safetensors']);
      expect(loadSafetensors(file).a?.item()).toBe(1);
    });
  });

  it('says where it cannot write', () => {
    tidy(() => {
      const file = path('no/such/folder/x.safetensors');
      expect(() => saveSafetensors(file, { a: tensor([1]) })).toThrow(
        /no\/such\/folder.* cannot be written: ENOENT/,
      );
    });
  });

  it('takes no tensors from the caller and leaves none', () => {
    const t = zeros([4]);
    const before = memory().tensors;
    saveSafetensors(path('leak.safetensors'), { t });
    expect(memory().tensors).toBe(before);
    t.dispose();
  });
});
