/**
 * Reads safetensors files that are damaged or lie, and prints how many were refused and how many were read.
 * Arguments: seed, random cases. The file of the last case stays where FUZZ_FILE says, for the case of a crash.
 */
import { writeFileSync } from 'node:fs';
import { loadSafetensors, memory, type Tensor, TorchError, tidy } from '@collm/torch';
import fc from 'fast-check';

const [seed, runs] = process.argv.slice(2).map(Number) as [number, number];
const path = process.env.FUZZ_FILE as string;
const tally = { refused: 0, read: 0, tensors: 0 };

const sizes: Record<string, number> = { F32: 4, F64: 8, BF16: 2, F16: 2, I64: 8, I32: 4, U8: 1, BOOL: 1 };

type Entries = Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;

function build(header: string, data: Uint8Array, length = Buffer.byteLength(header)): Buffer {
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(length));
  return Buffer.concat([prefix, Buffer.from(header), data]);
}

/** A sound header of a few tensors, and its data. */
function sound(): { header: Record<string, unknown>; data: Buffer } {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let end = 0;
  for (const [i, [dtype, bytes]] of Object.entries(sizes).entries()) {
    const shape = [[2, 3], [], [4], [0, 5], [1, 2, 2]][i % 5] as number[];
    const begin = end;
    end += shape.reduce((product, size) => product * size, bytes);
    header[`tensor.${i}`] = { dtype, shape, data_offsets: [begin, end] };
  }
  return { header, data: Buffer.from(Array.from({ length: end }, (_, i) => (i * 37 + 11) % 256)) };
}

/**
 * Loads the file and touches every byte. Only a TorchError may come of it, or tensors that hold the bytes
 * that the header gives them, as found here by other means.
 */
function check(bytes: Uint8Array): void {
  writeFileSync(path, bytes);
  try {
    tidy(() => {
      const loaded = loadSafetensors(path);
      const read = Object.fromEntries(
        Object.entries(loaded).map(([name, tensor]) => [name, tensor.toBytes()]),
      );
      compare(bytes, loaded, read);
    });
    tally.read++;
  } catch (error) {
    if (!(error instanceof TorchError)) throw error;
    if (!error.message.includes(path)) throw new Error(`the message names no file: ${error.message}`);
    tally.refused++;
  }
  if (memory().tensors !== 0) throw new Error('tensors were left behind');
}

function compare(bytes: Uint8Array, loaded: Record<string, Tensor>, read: Record<string, Uint8Array>): void {
  const file = Buffer.from(bytes);
  const start = 8 + Number(file.readBigUInt64LE());
  const { __metadata__: _, ...entries } = JSON.parse(file.toString('utf8', 8, start)) as Entries;
  if (Object.keys(entries).length !== Object.keys(read).length)
    throw new Error('not all tensors were loaded');
  for (const [
    name,
    {
      dtype,
      shape,
      data_offsets: [begin, end],
    },
  ] of Object.entries(entries)) {
    const count = shape.reduce((product, size) => product * size, 1);
    const stored = file.subarray(start + begin, start + end);
    // Flags are 0 and 1 in memory, whatever is in the file.
    const expected = dtype === 'BOOL' ? stored.map((byte) => Number(byte !== 0)) : stored;
    if (count * (sizes[dtype] ?? 0) !== stored.length || loaded[name]?.shape.join() !== String(shape))
      throw new Error(`${name} does not have the size that its header says`);
    if (!expected.every((byte, i) => byte === read[name]?.[i])) throw new Error(`${name} holds other bytes`);
    tally.tensors++;
  }
}

const { header, data } = sound();
const whole = build(JSON.stringify(header), data);
const names = Object.keys(header);
check(whole);
for (let length = 0; length < whole.length; length++) check(whole.subarray(0, length));
for (let byte = 0; byte < whole.length - data.length; byte++) {
  const flipped = Buffer.from(whole);
  flipped[byte] = (flipped[byte] as number) ^ (1 << (byte % 8));
  check(flipped);
}
for (const depth of [100, 10_000, 1_000_000]) {
  const nested = `${'['.repeat(depth)}${']'.repeat(depth)}`;
  check(build(nested, data));
  check(build(`{"a": {"dtype": ${nested}, "shape": [], "data_offsets": [0, 4]}}`, data));
  check(build(`{"a": {"dtype": "F32", "shape": ${nested}, "data_offsets": [0, 4]}}`, data));
}

/** Numbers that sizes and offsets must not be, and some that they may. */
const number = fc.oneof(
  fc.integer({ min: -4, max: 200 }),
  fc.constantFrom(2 ** 31, 2 ** 32 - 1, 2 ** 53, 2 ** 63, 1e300, -(2 ** 40), 0.5, -0),
);
const value = fc.oneof(
  number,
  fc.array(number, { maxLength: 4 }),
  fc.string({ maxLength: 8 }),
  fc.constantFrom(null, true, {}, 'F32', 'U8', 'F8_E4M3', '__proto__', [[[]]], ['F32']),
  fc.jsonValue({ maxDepth: 2 }),
);
const field = fc.constantFrom('dtype', 'shape', 'data_offsets', 'other');

/** Headers with one to three fields of some tensors changed, added or removed. */
const changedHeader = fc
  .array(fc.tuple(fc.constantFrom(...names), field, fc.option(value)), { minLength: 1, maxLength: 3 })
  .map((changes) => {
    const changed = structuredClone(header) as Record<string, Record<string, unknown>>;
    for (const [name, key, to] of changes) {
      if (to === null) delete changed[name]?.[key];
      else (changed[name] as Record<string, unknown>)[key] = to;
    }
    return build(JSON.stringify(changed), data);
  });
/** The same bytes under other names and shapes: sound files among them. */
const reshaped = fc
  .array(fc.tuple(fc.constantFrom(...Object.keys(sizes)), fc.array(fc.nat({ max: 5 }), { maxLength: 3 }), fc.oneof(fc.string(), fc.constantFrom('a', 'b', '__proto__'))), { maxLength: 6 })
  .map((given) => {
    let end = 0;
    const entries = given.map(([dtype, shape, name]) => {
      const begin = end;
      end += shape.reduce((product, size) => product * size, sizes[dtype] as number);
      return `${JSON.stringify(name)}: ${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`;
    });
    // Names may be given twice, which JSON allows.
    return build(`{${entries.join()}}`, Buffer.alloc(end, 'data'));
  }); // biome-ignore format: one generator a statement
const bytesChanged = fc
  .array(fc.tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 6 })
  .map((changes) => {
    const changed = Buffer.from(whole);
    for (const [at, to] of changes) changed[at] = to;
    return changed;
  });
const spliced = fc
  .tuple(fc.nat({ max: whole.length }), fc.nat({ max: 20 }), fc.uint8Array({ maxLength: 40 }))
  .map(([at, cut, more]) => Buffer.concat([whole.subarray(0, at), more, whole.subarray(at + cut)]));
const otherLength = fc
  .oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.bigInt({ min: 0n, max: 2000n }))
  .map((length) => {
    const changed = Buffer.from(whole);
    changed.writeBigUInt64LE(length);
    return changed;
  });
const anyJson = fc.json().map((text) => build(text, data));
const anyBytes = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));

const files = fc.oneof(
  { weight: 4, arbitrary: changedHeader },
  { weight: 2, arbitrary: reshaped },
  { weight: 2, arbitrary: bytesChanged },
  { weight: 2, arbitrary: spliced },
  otherLength,
  anyJson,
  anyBytes,
);
fc.assert(fc.property(files, check), { seed, numRuns: runs, endOnFailure: true });
process.stdout.write(JSON.stringify(tally));
