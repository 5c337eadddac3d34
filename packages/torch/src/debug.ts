/** With `TORCH_DEBUG=1`, remembers where tensors were made, so that a use after free names the line. */

export const debugging = process.env.TORCH_DEBUG === '1';
/** The oldest records go first: debugging must not become a leak of its own. */
const maxRecords = 200_000;

const numbers = new WeakMap<object, number>();
const places = new Map<number, string>();
let last = 0;

/** Notes the call stack that made this tensor. */
export function recordBirth(tensor: object): void {
  last += 1;
  numbers.set(tensor, last);
  const lines = (new Error().stack ?? '').split('\n').slice(1);
  // The first line outside the binding is the caller's; the ones behind it tell how it came there.
  const own = /packages[\\/]torch[\\/](src|dist)[\\/]|@collm[\\/]torch[\\/]dist/;
  const first = lines.findIndex((line) => !own.test(line));
  places.set(
    last,
    lines
      .slice(Math.max(first, 0), Math.max(first, 0) + 3)
      .map((line) => line.trim())
      .join('\n    '),
  );
  if (places.size > maxRecords) places.delete(last - maxRecords);
}

/** What a freed tensor's handle becomes: 0, or in debug mode minus its record's number. */
export function freedHandle(tensor: object): number {
  return debugging ? -(numbers.get(tensor) ?? 0) : 0;
}

/** Where the tensor with this record was made, if that is still known. */
export function birthplace(record: number): string | undefined {
  return places.get(record);
}
