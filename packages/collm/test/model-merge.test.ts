/** `collm model merge`, and adapters in `collm model generate`, with what PEFT recorded. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LoraAdapter, loadDecoder, saveAdapter } from '@collm/lm';
import { memory } from '@collm/torch';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeTinyModel } from '../../lm/test/tiny.js';
import { Workspace } from './workspace.js';

const fixtures = fileURLToPath(new URL('../../lm/test/fixtures', import.meta.url));
const recorded = readdirSync(join(fixtures, 'peft')).filter((name) =>
  existsSync(join(fixtures, 'peft', name, 'golden.json')),
);
let space: Workspace;
let alive = 0;
beforeEach(() => {
  space = new Workspace();
  alive = memory().tensors;
});
afterEach(() => {
  space[Symbol.dispose]();
  expect(memory().tensors).toBe(alive);
});

/** A model of the tests with an adapter that changes it. */
function withAdapter(): ReturnType<typeof writeTinyModel> & { adapter: string } {
  const model = writeTinyModel();
  using decoder = loadDecoder(model.dir);
  using adapter = new LoraAdapter(decoder, { rank: 2, alpha: 8, targets: 'all-linear', seed: 1 });
  for (const { b } of adapter.modules) b.uniform_({ from: -1, to: 1 });
  saveAdapter(adapter, space.path('adapter'));
  return { ...model, adapter: space.path('adapter') };
}

describe('collm model merge', () => {
  it.each(recorded)('gives the logits that PEFT recorded for %s', async (name) => {
    const dir = join(fixtures, 'peft', name);
    const golden = JSON.parse(readFileSync(join(dir, 'golden.json'), 'utf8'));
    const base = join(fixtures, 'hf-parity', golden.base);
    const merged = await space.collm(['model', 'merge', base, dir, '--out', 'merged']);
    expect(merged.code, merged.err).toBe(0);
    expect(merged.out).toBe('merged\n');
    expect(merged.err).toMatch(/has no tokenizer\.json/);
    const { out } = await space.collm([
      'model',
      'logits',
      space.path('merged'),
      '--ids',
      golden.ids.join(),
      '--json',
    ]);
    const theirs: number[] = golden.logits.slice(-JSON.parse(out).logits.length);
    const differences = theirs.map((value, i) => Math.abs(value - JSON.parse(out).logits[i]));
    expect(Math.max(...differences)).toBeLessThan(1e-4 * Math.max(1, ...theirs.map(Math.abs)));
  });

  it('copies tokenizer and configuration, and writes what generates as base and adapter do', async () => {
    const model = withAdapter();
    const merged = await space.collm(['model', 'merge', model.dir, 'adapter', '--out', 'merged']);
    expect(merged).toEqual({ code: 0, out: 'merged\n', err: '' });
    expect(readdirSync(space.path('merged')).sort()).toEqual(readdirSync(model.dir).sort());
    const generate = async (dir: string, ...args: string[]) => {
      const fixed = ['--prompt', 'stone', '--greedy', '--max-new-tokens', '12', '--json'];
      const { code, out, err } = await space.collm(['model', 'generate', dir, ...fixed, ...args]);
      expect(code, err).toBe(0);
      return JSON.parse(out).samples[0].tokens;
    };
    const plain = await generate(model.dir);
    const adapted = await generate(model.dir, '--adapter', model.adapter);
    expect(adapted).not.toEqual(plain);
    expect(await generate(space.path('merged'))).toEqual(adapted);
    const half = await space.collm([
      'model',
      'merge',
      model.dir,
      'adapter',
      '--out',
      'half',
      '--dtype',
      'bfloat16',
    ]);
    expect(half.code).toBe(0);
    const report = await space.collm(['model', 'inspect', space.path('half'), '--json']);
    expect(Object.keys(JSON.parse(report.out).weights.dtypes)).toEqual(['bf16']);
    model.remove();
  });

  it('never writes into a folder with something in it', async () => {
    const model = withAdapter();
    mkdirSync(space.path('full'));
    writeFileSync(space.path('full', 'a'), '');
    const { code, err } = await space.collm(['model', 'merge', model.dir, 'adapter', '--out', 'full']);
    expect(err).toMatch(/`--out` is full, which is not empty/);
    expect(code).toBe(2);
    expect(readdirSync(space.path('full'))).toEqual(['a']);
    writeFileSync(space.path('file'), 'kept');
    const onFile = await space.collm(['model', 'merge', model.dir, 'adapter', '--out', 'file']);
    expect(onFile.err).toMatch(/`--out` is file, which is a file/);
    expect(readFileSync(space.path('file'), 'utf8')).toBe('kept');
    model.remove();
  });

  it('says what is wrong with an adapter, and leaves nothing behind', async () => {
    const model = withAdapter();
    const without = await space.collm(['model', 'merge', model.dir, 'nowhere', '--out', 'merged']);
    expect(without.err).toMatch(/adapter_config\.json does not exist/);
    const other = join(fixtures, 'peft', recorded[0] as string);
    const wrong = await space.collm(['model', 'merge', model.dir, other, '--out', 'merged']);
    expect(wrong.code).toBe(1);
    expect(wrong.err).toMatch(/adapter/);
    expect(existsSync(space.path('merged'))).toBe(false);
    model.remove();
  });
});
