import { expect, it } from 'vitest';
import { HeapGuard } from './heap-guard.js';

it('refuses a text that the heap has no room for', () => {
  expect(() => new HeapGuard('data').expect(2 ** 20)).not.toThrow();
  expect(() => new HeapGuard('data').expect(2 ** 40)).toThrow(
    /^The data file `data` does not fit into the memory of \d+ MiB\. Read a part of it/,
  );
});
