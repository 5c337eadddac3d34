/** `collm model logits` against recorded results of Hugging Face's code, the way that other programs call it. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { Workspace } from './workspace.js';

interface Golden {
  cases: {
    input_ids: number[][];
    attention_mask: number[][];
    last_logits: number[][];
    token_logprobs: number[][];
  }[];
}

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const shared = join(process.env.COLLM_SHARED ?? here('../../../../shared'), 'fixtures', 'hf-parity');
const dirs = [...(existsSync(shared) ? [shared] : []), here('../../lm/test/fixtures/hf-parity')]
  .flatMap((root) => readdirSync(root).map((name) => join(root, name)))
  .filter((dir) => existsSync(join(dir, 'golden.json')))
  .map((dir) => [basename(dir), dir] as const);
const space = new Workspace();
afterAll(() => space[Symbol.dispose]());

/** The rows of all cases without their padding. */
function rowsOf(dir: string): { ids: number[]; logits: number[]; logprobs: number[] }[] {
  const { cases } = JSON.parse(readFileSync(join(dir, 'golden.json'), 'utf8')) as Golden;
  return cases.flatMap(({ input_ids, attention_mask, last_logits, token_logprobs }) =>
    input_ids.map((padded, row) => {
      const ids = padded.slice((attention_mask[row] as number[]).indexOf(1));
      const logprobs = ids.length === 1 ? [] : (token_logprobs[row] as number[]).slice(1 - ids.length);
      return { ids, logits: last_logits[row] as number[], logprobs };
    }),
  );
}

function expectClose(ours: readonly number[], theirs: readonly number[], tolerance: number): void {
  expect(ours).toHaveLength(theirs.length);
  const differences = ours.map((value, place) => Math.abs(value - (theirs[place] as number)));
  expect(Math.max(0, ...differences)).toBeLessThan(tolerance);
}

describe('collm model logits', () => {
  it.each(dirs)('gives what was recorded for %s, and nothing else', async (_, dir) => {
    for (const { ids, logits, logprobs } of rowsOf(dir)) {
      const { code, out, err } = await space.collm(['model', 'logits', dir, '--ids', ids.join(), '--json']);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      const ours = JSON.parse(out);
      expect(Object.keys(ours)).toEqual(['logits', 'logprobs']);
      expectClose(ours.logits, logits, 1e-4 * Math.max(1, ...logits.map(Math.abs)));
      expectClose(ours.logprobs, logprobs, 1e-4);
    }
  });

  const compiled = existsSync(here('../dist/cli.js'));
  it.skipIf(!compiled)(`does so as a program${compiled ? '' : ' (skipped: not compiled)'}`, () => {
    const [, dir] = dirs[0] as (typeof dirs)[number];
    const { ids, logits, logprobs } = rowsOf(dir)[0] as ReturnType<typeof rowsOf>[number];
    const args = [here('../bin/collm.js'), 'model', 'logits', dir, '--ids', ids.join(), '--json'];
    const ours = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
    expectClose(ours.logits, logits, 1e-4 * Math.max(1, ...logits.map(Math.abs)));
    expectClose(ours.logprobs, logprobs, 1e-4);
  });

  // Among our own, which are always there.
  const [, model] = dirs.at(-1) as (typeof dirs)[number];
  it('prints f32 numbers in full', async () => {
    const { out } = await space.collm(['model', 'logits', model, '--ids', '5', '--json']);
    const { logits, logprobs } = JSON.parse(out);
    expect(logprobs).toEqual([]);
    for (const value of logits) expect(Number(Math.fround(value).toPrecision(9))).toBe(value);
  });

  it('draws for people', async () => {
    const { out } = await space.collm(['model', 'logits', model, '--ids', '5 6', '--dtype', 'bfloat16']);
    expect(out).toMatch(/log-probability of each given token[\s\S]*\n +6 {2}-[\d.]+\n[\s\S]*largest logits/);
  });

  it.each([
    [['--ids', '1,x'], /"x" is no token id.*1,2,3/],
    [['--ids', '1,-2'], /"-2" is no token id/],
    [['--ids', ' '], /at least one token id/],
    [['--ids', '1,61'], /`--ids` holds 61.*ids go from 0 to 60/],
    [['--ids', '1', '--dtype', 'int8'], /It must be one of float32, /],
    [['--ids', '1', '--device', 'gpu'], /It must be cpu, cuda or cuda:<index>/],
    [[], /required option '--ids <ids>' not specified/],
  ])('%j is a usage error', async (args, text) => {
    const { code, out, err } = await space.collm(['model', 'logits', model, ...args]);
    expect(err).toMatch(text);
    expect({ code, out }).toEqual({ code: 2, out: '' });
  });

  it('says what is wrong with a model', async () => {
    const missing = await space.collm(['model', 'logits', './nowhere', '--ids', '1']);
    expect(missing.err).toMatch(/there is no folder .*nowhere/);
    expect(missing.code).toBe(1);
    const long = await space.collm(['model', 'logits', model, '--ids', '1 '.repeat(5000)]);
    expect(long.err).toMatch(/5000 tokens does not fit the model's context/);
    expect(long.code).toBe(1);
  });
});
