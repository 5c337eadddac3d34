/**
 * Calls random operators with random arguments: `fuzz.ts <seed> <calls>`. Whatever happens must be a
 * result or a TorchError; the parent sees a crash by the exit, and the last call in the journal.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { limitTensorBytes, memory, type Tensor, TorchError, tensor, tidy, zeros } from '../../src/index.js';
import { native, operatorNames, registeredSchemas } from '../../src/native.js';
import { type Parameter, parseSchema } from '../../src/schema/parse.js';

const [seed = 1, calls = 1000] = process.argv.slice(2).map(Number);
const journal = process.env.FUZZ_JOURNAL;
const file = journal === undefined ? undefined : openSync(journal, 'w');
limitTensorBytes(4 * 2 ** 20);

// Mulberry32: a fuzz run must be repeatable from its seed alone.
let state = seed;
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const below = (n: number) => Math.floor(random() * n);
const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T;
const times = <T>(n: number, make: () => T): T[] => Array.from({ length: n }, make);

const sizes = [0, 1, 1, 2, 2, 3, 3, 4, 5, 8, 16];
const dtypes = ['f32', 'f32', 'f32', 'i64', 'i64', 'bf16', 'f16', 'bool', 'i32', 'f64', 'u8'] as const;
const integers = [
  0,
  1,
  1,
  2,
  2,
  3,
  4,
  -1,
  -1,
  -2,
  -3,
  7,
  16,
  100,
  2 ** 20,
  2 ** 31,
  2 ** 40,
  2 ** 53 - 1,
  -(2 ** 53),
];
const numbers = [0, 1, -1, 0.5, 2, -2.5, 1e-8, 1e8, 1e300, 2 ** 53, Infinity, -Infinity, Number.NaN];
const hostile = [
  null, undefined, 'nonsense', '', 'cuda:7', 'meta', Number.NaN, -1, 0, 1.5, 2 ** 53, 2 ** 64, true, {}, [],
  [null], [0], [[1]], ['x'], [undefined, 3], [Number.NaN], [2 ** 40, 2 ** 40], [-5], Array(70).fill(1), new Array(2 ** 32 - 1),
  Symbol('s'), 10n, () => 1, new Float32Array(3), new Date(0), new Proxy([], {}), Object.create(null),
]; // biome-ignore format: one list

function value(dtype: string): number {
  if (dtype === 'bool') return below(2);
  if (dtype === 'u8') return below(9);
  if (dtype === 'i64' || dtype === 'i32')
    return random() < 0.9 ? below(9) - 2 : pick([-(2 ** 31), 2 ** 31 - 1]);
  return random() < 0.9 ? random() * 4 - 2 : pick([0, Number.NaN, Infinity, -Infinity, 1e30]);
}

const randomShape = () => times(pick([0, 1, 1, 2, 2, 2, 3, 3, 4, 5]), () => pick(sizes));
// Most tensors of a pool share one shape: with unrelated ones few calls would get past the shape checks.
let common = randomShape();

function randomTensor(): Tensor {
  return tidy(() => {
    const shape = random() < 0.6 ? common : randomShape();
    const count = shape.reduce((a, b) => a * b, 1);
    if (count > 20_000) return zeros([2, 3]);
    const dtype = random() < 0.4 ? 'f32' : pick(dtypes);
    let made = tensor(
      times(count, () => value(dtype)),
      shape,
      { dtype },
    );
    if (dtype === 'i64' && count > 0 && random() < 0.1)
      made = tensor(new BigInt64Array(count).fill(-(2n ** 63n)), shape);
    if (shape.length >= 2 && random() < 0.3) made = made.transpose(0, shape.length - 1);
    if (shape.length >= 1 && random() < 0.1) made = made.unsqueeze(0).expand([below(5), ...made.shape]);
    if (dtype === 'f32' && random() < 0.3) made = made.detach().requiresGrad_();
    return made;
  });
}

let pool: Tensor[] = [];
const anyHandle = () => pick(pool).handle;

function listLength(): number {
  return pick([0, 1, 1, 2, 2, 3, 4]);
}

function argument(parameter: Parameter): unknown {
  if (random() < 0.06) return pick(hostile);
  if (parameter.nullable && random() < 0.5) return undefined;
  switch (parameter.type) {
    case 'Tensor': return random() < 0.03 ? anyHandle() + pick([1, 2 ** 22, 2 ** 40, 0.5]) : anyHandle();
    case 'Tensor[]': return random() < 0.5 ? times(listLength(), anyHandle) : Array(listLength()).fill(anyHandle());
    case 'Tensor?[]': return times(listLength(), () => (random() < 0.3 ? null : anyHandle()));
    case 'int': case 'SymInt': return random() < 0.7 ? below(6) - 2 : pick(integers);
    case 'int[]': return random() < 0.2 ? pick(integers) : times(listLength(), () => (random() < 0.8 ? below(6) - 1 : pick(integers)));
    case 'float': case 'Scalar': return random() < 0.5 ? pick(numbers) : random() * 4 - 2;
    case 'float[]': return times(listLength(), () => pick(numbers));
    case 'bool': return random() < 0.5;
    case 'ScalarType': return pick([0, 3, 4, 5, 6, 7, 11, 15, 1, 8, 12, 99, -1]);
    case 'Layout': case 'MemoryFormat': return pick([undefined, 0, 1, 2, 3, 4, 255, -1]);
    case 'Device': return pick(['cpu', 'cpu', 'cpu:0', 'cuda', 'cuda:7', 'cuda:999', 'meta', 'mps', '']);
    case 'Generator': return pick([undefined, undefined, generator, generator + 1, anyHandle()]);
    case 'str': return pick(['none', 'tanh', 'nonsense', '']);
    default: return pick(hostile);
  }
} // biome-ignore format: one case a line

const generator = native.createGenerator('cpu', seed);
const schemas = operatorNames.map((_, i) => registeredSchemas[i]);
const live = schemas.flatMap((schema, i) => (schema == null ? [] : [i]));
const parsed = new Map(live.map((i) => [i, parseSchema(schemas[i] as string)]));
const sum = operatorNames.indexOf('aten::sum');
const tally = { good: 0, refused: 0, gradients: 0 };

function show(args: readonly unknown[]): string {
  const text = (v: unknown): string => {
    if (Array.isArray(v))
      return v.length > 100 ? `Array(${v.length})` : `[${Array.from(v, text).join(', ')}]`;
    const found = typeof v === 'number' ? pool.find((t) => t.handle === v) : undefined;
    return found === undefined ? String(typeof v === 'object' && v !== null ? 'object' : v) : `${found}`;
  };
  return args.map(text).join(', ');
}

function free(result: unknown): void {
  if (Array.isArray(result)) for (const item of result) free(item);
  else if (typeof result === 'number' && result > 2 ** 40) native.free(result);
}

/** Expanded tensors have no memory but take for ever to add up. */
const isModest = (handle: number) => native.shape(handle).reduce((a, b) => a * b, 1) < 1e7;

function attempt(fn: () => unknown): unknown {
  try {
    const result = fn();
    tally.good++;
    return result;
  } catch (error) {
    if (!(error instanceof TorchError)) throw error;
    tally.refused++;
    return undefined;
  }
}

for (let n = 0; n < calls; n++) {
  if (n % 50 === 0) {
    for (const old of pool) old.dispose();
    common = randomShape();
    pool = times(14, randomTensor);
  }
  const id = pick(live);
  const { parameters } = parsed.get(id) as { parameters: Parameter[] };
  const args = parameters.map(argument);
  if (random() < 0.02) args.length = below(args.length + 1);
  if (random() < 0.01) args.push(...times(below(30), () => 1));
  if (file !== undefined) writeSync(file, `${n} ${operatorNames[id]}(${show(args)})\n`, 0);
  const result = attempt(() => native.call(id, ...(args as never[])));
  if (typeof result === 'number' && result > 2 ** 40 && random() < 0.3 && isModest(result)) {
    // What came out must be sound: readable, and differentiable where it says so.
    attempt(() => native.read(result));
    if (native.requiresGrad(result)) {
      const total = attempt(() => native.call(sum, result));
      attempt(() => native.backward(total as number));
      free(total);
      tally.gradients++;
    }
  }
  free(result);
  for (const t of pool) if (t.disposed) throw new Error('a tensor of the pool vanished');
}
for (const old of pool) old.dispose();
if (file !== undefined) closeSync(file);
process.stdout.write(JSON.stringify({ ...tally, tensors: memory().tensors }));
