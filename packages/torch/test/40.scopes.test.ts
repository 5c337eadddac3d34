import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import {
  AdamW,
  clipGradNorm,
  memory,
  noGrad,
  ones,
  own,
  type Tensor,
  TensorScope,
  tensor,
  tidy,
  unscoped,
  zeros,
} from '../src/index.js';
import { native } from '../src/native.js';
import { expectNoLeaks } from './helpers.js';

expectNoLeaks();
const alive = () => memory().tensors;

describe('tidy', () => {
  it('frees what was made inside, except what is returned', () => {
    const before = alive();
    let inner: Tensor | undefined;
    const result = tidy(() => {
      inner = ones([2]);
      return inner.add(1);
    });
    expect(alive()).toBe(before + 1);
    expect(inner?.disposed).toBe(true);
    expect(result.toArray()).toEqual([2, 2]);
    result.dispose();
  });

  it('keeps tensors in arrays and plain objects, however nested or cyclic', () => {
    const result = tidy(() => {
      const value: Record<string, unknown> = {
        list: [ones([1]), { deep: zeros([1]) }],
        none: null,
        text: 'x',
      };
      value.self = value;
      const bare = Object.assign(Object.create(null), { t: ones([2]) });
      return { value, bare: bare as { t: Tensor } };
    });
    const [one, { deep }] = result.value.list as [Tensor, { deep: Tensor }];
    for (const t of [one, deep, result.bare.t]) {
      expect(t.disposed).toBe(false);
      t.dispose();
    }
  });

  it('keeps very deep structures', () => {
    interface Node {
      next?: Node;
      t?: Tensor;
    }
    const root = tidy(() => {
      let node: Node = { t: ones([1]) };
      for (let i = 0; i < 50_000; i++) node = { next: node };
      return node;
    });
    let node = root;
    while (node.next !== undefined) node = node.next;
    expect(node.t?.disposed).toBe(false);
    node.t?.dispose();
  });

  it('moves results to the scope around', () => {
    const before = alive();
    tidy(() => {
      const inner = tidy(() => ones([1]).add(1));
      expect(inner.item()).toBe(2);
    });
    expect(alive()).toBe(before);
  });

  it('frees on a throw, and when a getter of the result throws', () => {
    const before = alive();
    const fail = () => {
      throw new Error('mine');
    };
    expect(() => tidy(() => [ones([1]), fail()])).toThrow('mine');
    expect(() => tidy(() => ({ t: ones([1]), get bad() { return fail(); } }))).toThrow('mine'); // biome-ignore format: short
    expect(alive()).toBe(before);
  });

  it('refuses functions that return a promise, and frees', () => {
    const before = alive();
    expect(() => tidy(async () => ones([1]))).toThrow(/scope cannot span an await/);
    // biome-ignore lint/suspicious/noThenProperty: a foreign promise is what is tested
    expect(() => tidy(() => ({ then: () => ones([1]) }))).toThrow(/scope cannot span an await/);
    expect(() => unscoped(async () => 1)).toThrow(/over an await/);
    expect(alive()).toBe(before);
  });

  it('leaves alone what was disposed or made outside', () => {
    const outside = ones([1]);
    tidy(() => {
      ones([1]).dispose();
      return outside;
    });
    expect(outside.disposed).toBe(false);
    outside.dispose();
    outside.dispose();
  });
});

describe('TensorScope', () => {
  it('frees at the end of a loop body, except what is kept', () => {
    const kept: Tensor[] = [];
    const before = alive();
    for (let i = 0; i < 3; i++) {
      using scope = new TensorScope();
      const t = ones([2]).mul(i);
      if (i === 1) kept.push(scope.keep(t));
    }
    expect(alive()).toBe(before + 1);
    expect(kept[0]?.toArray()).toEqual([1, 1]);
    kept[0]?.dispose();
  });

  it('closed out of order, throws, frees its own and leaves the other scopes working', () => {
    const before = alive();
    const a = new TensorScope();
    ones([1]);
    const b = new TensorScope();
    ones([1]);
    expect(() => a.close()).toThrow(/reverse order/);
    expect(alive()).toBe(before + 1);
    a.close();
    b.close();
    expect(alive()).toBe(before);
    tidy(() => {
      ones([1]);
    });
    expect(alive()).toBe(before);
  });
});

describe('owners', () => {
  it('unscoped tensors survive the scope; scopes inside work as ever', () => {
    const before = alive();
    const mine = tidy(() => {
      const made: Tensor[] = [];
      unscoped(() => {
        made.push(tidy(() => ones([1]).add(1)));
        made.push(zeros([1])); // after an inner scope: still nobody's
      });
      return () => made;
    })();
    expect(alive()).toBe(before + 2);
    for (const t of mine) {
      expect(t.disposed).toBe(false);
      t.dispose();
    }
  });

  it('own takes a tensor out of whichever scope it is in', () => {
    const owned: Tensor[] = [];
    tidy(() => {
      const outer = ones([1]);
      tidy(() => {
        owned.push(own(outer), own(ones([1])));
      });
    });
    expect(owned.map((t) => t.disposed)).toEqual([false, false]);
    for (const t of owned) t.dispose();
  });
});

describe('the leak check', () => {
  function train(steps: number, scoped: boolean): number {
    const before = alive();
    const w = tensor([1, 2, 3, 4], [2, 2]).requiresGrad_();
    const optimizer = new AdamW([w], { learningRate: 0.1 });
    const strays: Tensor[] = [];
    const step = () => {
      const x = ones([2, 2]);
      const loss = x.matmul(w).tanh().sum();
      loss.backward();
      clipGradNorm([w], 1);
      optimizer.step();
      if (!scoped) strays.push(x, loss);
      return loss.item();
    };
    for (let i = 0; i < steps; i++) scoped ? tidy(step) : step();
    optimizer.dispose();
    w.dispose();
    const leaked = alive() - before;
    for (const t of strays) t.dispose();
    return leaked;
  }

  it('is clean for a training step in a scope', () => {
    expect(train(5, true)).toBe(0);
  });

  it('fails for the same step without the scope', async () => {
    const start = alive();
    expect(train(5, false)).toBeGreaterThanOrEqual(10);
    await collect(() => alive() === start);
  });

  it('sees a kept gradient handle', () => {
    const before = alive();
    const w = ones([2]).requiresGrad_();
    const loss = tidy(() => w.mul(2).sum());
    loss.backward();
    const gradient = w.grad as Tensor;
    expect(alive()).toBe(before + 3);
    for (const t of [w, loss, gradient]) t.dispose();
    noGrad(() => expect(alive()).toBe(before));
  });
});

/** Collects garbage until the finalizers have run. */
async function collect(done: () => boolean): Promise<void> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  for (let i = 0; i < 5 || (i < 50 && !done()); i++) {
    gc();
    await turn();
  }
  expect(done()).toBe(true);
}

describe('the net', () => {
  it('frees forgotten tensors once they are collected', async () => {
    const before = alive();
    (() => {
      for (let i = 0; i < 100; i++) ones([4]).add(1);
    })();
    expect(alive()).toBe(before + 200);
    await collect(() => alive() === before);
  });

  it("never frees the tensor that got a forgotten one's slot", async () => {
    const before = alive();
    (() => {
      for (let i = 0; i < 2000; i++) ones([1]).dispose();
    })();
    // Each use of the slot counts its generation up by one; after 2^18 of them a handle repeats itself.
    const scratch = native.create(new Float32Array(1), [1], 6);
    native.free(scratch);
    for (let i = 0; i < 2 ** 18 - 1000; i++) native.free(native.create(new Float32Array(1), [1], 6));
    const survivors = Array.from({ length: 10 }, () => ones([1]));
    await collect(() => alive() === before + 10);
    expect(survivors.map((t) => t.item())).toEqual(Array(10).fill(1));
    for (const t of survivors) t.dispose();
  });
});
