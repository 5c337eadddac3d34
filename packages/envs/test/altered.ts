/** JSON as somebody may have spoilt it: one place of a value, or the whole, replaced by anything at all. */
import fc from 'fast-check';

type Path = readonly (string | number)[];

/** Names that every object has, in places where names are looked up, and objects that have no text. */
const nasty = [
  ...['constructor', '__proto__', 'toString', '', ' ', '\u0000', '\u202e', '💥', '1e999', 'NaN'],
  ...[{ toString: 1 }, { toString: {}, valueOf: 1 }, JSON.parse('{"__proto__":{"a":1}}'), [[]], [{}], {}, []],
  ...[null, true, -1, 0.5, 1e9, 2 ** 53, -(2 ** 31), 1e308],
];

export const anyValue = fc.oneof(fc.jsonValue(), fc.constantFrom(...nasty));

export function altered(value: unknown): fc.Arbitrary<unknown> {
  return fc
    .tuple(fc.constantFrom(...places(value)), fc.oneof(anyValue, fc.constant(undefined)))
    .map(([path, other]) => withInstead(value, path, other));
}

/** Where something can be put instead of what is there. */
export function places(value: unknown, path: Path = []): Path[] {
  const own = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return [path, ...own.flatMap(([key, inner]) => places(inner, [...path, key]))];
}

export function withInstead(value: unknown, [key, ...rest]: Path, other: unknown): unknown {
  if (key === undefined) return other;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[key] = withInstead(copy[key], rest, other);
  return copy;
}
