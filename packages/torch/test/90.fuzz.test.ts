import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runChild } from './helpers.js';

const folder = mkdtempSync(join(tmpdir(), 'collm-torch-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Thousands of operator calls with arguments good and bad, in a process that may die of them. */
describe('random calls never end the process', () => {
  it.each([1, 2, 3])('seed %d', async (seed) => {
    const journal = join(folder, `journal-${seed}`);
    const result = await runChild('fuzz.ts', [String(seed), '2500'], { FUZZ_JOURNAL: journal });
    const last = readFileSync(journal, 'utf8').split('\n')[0];
    expect(result, `the last call was ${last}\n${result.stderr}`).toMatchObject({ code: 0, signal: null });
    const tally = JSON.parse(result.stdout) as Record<'good' | 'refused' | 'gradients' | 'tensors', number>;
    // Both kinds must occur, or the fuzz tests nothing.
    expect(tally.good).toBeGreaterThan(700);
    expect(tally.refused).toBeGreaterThan(700);
    expect(tally.gradients).toBeGreaterThan(5);
    expect(tally.tensors).toBe(0);
  });
});
