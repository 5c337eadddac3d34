import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { runChild } from './child.js';

const folder = mkdtempSync(join(tmpdir(), 'collm-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** In a process of its own: a read out of bounds would end it. */
it('damaged and lying safetensors files are refused, or read as they are', async () => {
  process.env.FUZZ_FILE = join(folder, 'last.safetensors');
  const { code, signal, out } = await runChild('fuzz-safetensors.ts', '1', '7000');
  expect({ code, signal }).toEqual({ code: 0, signal: null });
  const tally = JSON.parse(out) as Record<'refused' | 'read' | 'tensors', number>;
  expect(tally.refused + tally.read).toBeGreaterThan(8000);
  // Both kinds must occur, or the fuzz tests nothing.
  expect(tally.refused).toBeGreaterThan(3000);
  expect(tally.read).toBeGreaterThan(500);
  expect(tally.tensors).toBeGreaterThan(1000);
});
