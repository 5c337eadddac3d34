import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { runChild } from './child.js';

const fixtures = fileURLToPath(new URL('fixtures/hf-parity', import.meta.url));
const models = readdirSync(fixtures)
  .map((name) => join(fixtures, name))
  .filter((dir) => existsSync(join(dir, 'config.json')));

/** In a process of its own, which may run out of memory or stack. */
it('configurations, indices and folders are refused with a typed error, or can be computed with', async () => {
  const { code, signal, out } = await runChild('fuzz-config.ts', '1', '3000', ...models);
  expect({ code, signal }).toEqual({ code: 0, signal: null });
  const { configs, folders } = JSON.parse(out) as Record<
    'configs' | 'folders',
    Record<'refused' | 'read', number>
  >;
  expect(configs.refused + configs.read).toBeGreaterThan(3000);
  expect(folders.refused + folders.read).toBeGreaterThan(1900);
  // Both kinds must occur, or the fuzz tests nothing.
  for (const { refused, read } of [configs, folders]) {
    expect(refused).toBeGreaterThan(300);
    expect(read).toBeGreaterThan(300);
  }
});
