import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as torch from '../src/index.js';
import {
  cat,
  embedding,
  hasOperator,
  linear,
  stack,
  tensor,
  tidy,
  torchInfo,
  where,
  zeros,
} from '../src/index.js';
import { native, operatorNames, registeredSchemas } from '../src/native.js';
import { operatorTable } from '../src/ops.js';
import { generateDocs, generateOperators } from '../src/schema/generate.js';
import { isCompatible, parseSchema } from '../src/schema/parse.js';
import { expectClose, expectNoLeaks, numbers } from './helpers.js';

expectNoLeaks();
const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const older = (a: string, b: string) => a.localeCompare(b, 'en', { numeric: true }) < 0;

describe('the operator table', () => {
  it('has its generated files up to date (npm run gen)', () => {
    expect(generateOperators(operatorTable)).toBe(read('../src/generated/ops.ts'));
    expect(generateDocs(operatorTable)).toBe(read('../../../docs/ops.md'));
  });

  it('names every operator once', () => {
    expect(new Set(operatorNames).size).toBe(operatorNames.length);
  });

  it.each(
    operatorTable.map((entry, i) => [operatorNames[i] as string, entry, registeredSchemas[i]] as const),
  )('%s fits the linked libtorch', (_, entry, registered) => {
    if (entry.since !== undefined && older(torchInfo().version, entry.since)) {
      expect(registered).toBeNull();
    } else {
      expect(registered).toEqual(expect.any(String));
      expect(isCompatible(parseSchema(entry.schema), parseSchema(registered as string))).toBe(true);
    }
  });

  it('would notice another schema', () => {
    const ours = parseSchema('aten::f(Tensor self, int dim) -> Tensor');
    const fits = (text: string) => isCompatible(ours, parseSchema(text));
    expect(fits('aten::f(Tensor self, SymInt dim, bool more=False) -> Tensor')).toBe(true);
    expect(fits('aten::f(Tensor self, int dim, bool more) -> Tensor')).toBe(false);
    expect(fits('aten::f(Tensor self) -> Tensor')).toBe(false);
    expect(fits('aten::f(Tensor self, int? dim) -> Tensor')).toBe(false);
    expect(fits('aten::f(Tensor self, int dim) -> (Tensor, Tensor)')).toBe(false);
  });

  it('says what the linked libtorch has', () => {
    expect(hasOperator('aten::add.Tensor')).toBe(true);
    expect(hasOperator('aten::no_such_thing')).toBe(false);
    expect(hasOperator('aten::scaled_dot_product_attention')).toBe(!older(torchInfo().version, '2.0'));
  });
});

describe('calls', () => {
  it('arithmetic by tensors and by numbers, out of place and in place', () => {
    tidy(() => {
      const a = tensor([1, 2, 3, 4], [2, 2]);
      expect(a.add(a).toArray()).toEqual([2, 4, 6, 8]);
      expect(a.add(1, { alpha: 3 }).toArray()).toEqual([4, 5, 6, 7]);
      expect(a.sub(a, { alpha: 0.5 }).toArray()).toEqual([0.5, 1, 1.5, 2]);
      expect(a.pow(2).toArray()).toEqual([1, 4, 9, 16]);
      expect(a.div(2).toArray()).toEqual([0.5, 1, 1.5, 2]);
      expect(a.clone().mul_(2)).toBeInstanceOf(torch.Tensor);
      const b = a.clone();
      expect(b.add_(1)).toBe(b);
      expect(b.toArray()).toEqual([2, 3, 4, 5]);
    });
  });

  it('overloads by presence: whole tensor or one dimension', () => {
    tidy(() => {
      const a = tensor([1, 5, 3, 4, 2, 6], [2, 3]);
      expect(a.sum().item()).toBe(21);
      expect(a.sum(1).toArray()).toEqual([9, 12]);
      expect(a.mean(0, { keepdim: true }).shape).toEqual([1, 3]);
      expect(a.max().item()).toBe(6);
      const [values, indices] = a.max(1);
      expect([values.toArray(), indices.toArray()]).toEqual([
        [5, 6],
        [1, 2],
      ]);
      expect(a.argmax({ dim: 1 }).toArray()).toEqual([1, 2]);
    });
  });

  it('shapes: views, joins, pieces', () => {
    tidy(() => {
      const a = tensor([1, 2, 3, 4, 5, 6], [2, 3]);
      expect(a.t().shape).toEqual([3, 2]);
      expect(a.permute([1, 0]).toArray()).toEqual([1, 4, 2, 5, 3, 6]);
      expect(a.view([3, -1]).shape).toEqual([3, 2]);
      expect(a.narrow(1, 1, 2).toArray()).toEqual([2, 3, 5, 6]);
      expect(a.slice({ dim: 1, step: 2 }).toArray()).toEqual([1, 3, 4, 6]);
      expect(cat([a, a], { dim: 1 }).shape).toEqual([2, 6]);
      expect(stack([a, a]).shape).toEqual([2, 2, 3]);
      expect(a.split(2, { dim: 1 }).map((part) => part.shape)).toEqual([
        [2, 2],
        [2, 1],
      ]);
      expect(a.unsqueeze(0).expand([4, 2, 3]).shape).toEqual([4, 2, 3]);
    });
  });

  it('picking: gather, index, where, masks, embedding', () => {
    tidy(() => {
      const a = tensor([1, 2, 3, 4, 5, 6], [2, 3]);
      const i = tensor([2, 0], [2, 1], { dtype: 'i64' });
      expect(a.gather(1, i).toArray()).toEqual([3, 4]);
      expect(a.index([null, tensor([1], [1], { dtype: 'i64' })]).toArray()).toEqual([2, 5]);
      expect(where(a.gt(3), a, zeros([])).toArray()).toEqual([0, 0, 0, 4, 5, 6]);
      expect(a.maskedFill(a.le(3), -1).toArray()).toEqual([-1, -1, -1, 4, 5, 6]);
      expect(embedding(a, tensor([1, 1], [2], { dtype: 'i64' })).shape).toEqual([2, 3]);
      expect(a.topk(1)[1].toArray()).toEqual([2, 2]);
    });
  });

  it('counts the bytes of a bool tensor as flags, whatever their value', () => {
    tidy(() => {
      const mask = new torch.Tensor(native.create(new Uint8Array([255, 0, 7, 1]), [4], 11));
      expect(mask.toArray()).toEqual([1, 0, 1, 1]);
      expect(tensor([1, 2, 3, 4]).maskedSelect(mask).toArray()).toEqual([1, 3, 4]);
    });
  });

  it('probabilities: softmax, logSoftmax, logsumexp, cross entropy', () => {
    tidy(() => {
      const a = tensor([1, 2, 3], [1, 3]);
      const total = Math.log(Math.exp(1) + Math.exp(2) + Math.exp(3));
      expectClose(a.logSoftmax(1), [1 - total, 2 - total, 3 - total]);
      expectClose(
        a.softmax(-1),
        [1, 2, 3].map((v) => Math.exp(v - total)),
      );
      expectClose(a.logsumexp(1), [total]);
      expectClose(a.crossEntropyLoss(tensor([2], [1], { dtype: 'i64' })), [total - 3]);
    });
  });
});

describe('the typed path', () => {
  const names = operatorTable.flatMap((entry, i) =>
    entry.fast === undefined ? [] : [[entry.fast, i] as const],
  );

  it.each(names)('%s gives what the generic call gives', (fast, id) => {
    tidy(() => {
      const a = tensor(numbers(9), [3, 3]);
      const b = tensor(numbers(9, 2), [3, 3]);
      const args: Record<string, number[]> = {
        add_Tensor: [a.handle, b.handle, 2],
        silu: [a.handle],
        transpose_int: [a.handle, 0, 1],
        narrow: [a.handle, 0, 1, 2],
      };
      const given = args[fast] ?? [a.handle, b.handle];
      const typed = native[fast as 'mm'](...(given as [number, number]));
      const generic = native.call(id, ...given);
      expect(new Float32Array(native.read(typed))).toEqual(new Float32Array(native.read(generic)));
      native.free(typed);
      native.free(generic);
    });
  });

  it('linear with and without bias', () => {
    tidy(() => {
      const x = tensor([1, 2], [1, 2]);
      const w = tensor([1, 0, 0, 1, 1, 1], [3, 2]);
      expect(linear(x, w).toArray()).toEqual([1, 2, 3]);
      expect(linear(x, w, { bias: tensor([1, 1, 1]) }).toArray()).toEqual([2, 3, 4]);
    });
  });
});
