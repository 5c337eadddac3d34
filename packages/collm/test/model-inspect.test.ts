import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadDecoder } from '@collm/lm';
import { loadSafetensors, memory, readSafetensorsHeader, saveSafetensors, tidy, zeros } from '@collm/torch';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HubStandIn } from '../../lm/test/hub-stand-in.js';
import { writeTinyModel } from '../../lm/test/tiny.js';
import { Workspace } from './workspace.js';

const saved = { ...process.env };
let space: Workspace;
let model: ReturnType<typeof writeTinyModel>;
beforeEach(() => {
  space = new Workspace();
  model = writeTinyModel();
});
afterEach(() => {
  process.env = { ...saved };
  model.remove();
  space[Symbol.dispose]();
});

const inspect = (...args: string[]) => space.collm(['model', 'inspect', ...args]);

describe('collm model inspect', () => {
  const root = fileURLToPath(new URL('../../lm/test/fixtures/hf-parity', import.meta.url));
  const fixtures = readdirSync(root).filter((name) => existsSync(join(root, name, 'golden.json')));
  it.each(fixtures)('counts the parameters of %s as the loaded model does', async (name) => {
    const { code, out, err } = await inspect(join(root, name), '--json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    using decoder = loadDecoder(join(root, name));
    const { parameters, memory: estimate } = JSON.parse(out);
    expect(parameters.total).toBe(decoder.numParameters);
    expect(parameters.embedding + parameters.withoutEmbedding).toBe(parameters.total);
    expect(estimate.f32.weights).toBe(4 * decoder.numParameters);
  });

  it('says what a folder holds', async () => {
    const { out } = await inspect(model.dir, '--json');
    expect(JSON.parse(out)).toMatchObject({
      folder: model.dir,
      family: 'qwen3',
      architecture: 'Qwen3ForCausalLM',
      layers: 2,
      hiddenSize: 32,
      heads: 4,
      kvHeads: 2,
      headDim: 8,
      mlpWidth: 48,
      vocabulary: 300,
      tiedEmbeddings: true,
      context: 64,
      rope: { theta: 10_000, rope_type: 'default' },
      windows: [null, null],
      weights: { files: [{ name: 'model.safetensors' }], dtypes: { f32: 25_152 } },
      tokenizer: { chatTemplate: true },
      endTokens: [{ id: 1, text: '<|end|>' }],
      memory: { workload: { batch: 1, context: 64, rank: 16, tokens: 4096 } },
    });
  });

  it('reads no weights', async () => {
    // Two gigabytes of embedding, of which the file system keeps nothing.
    const rows = 2 ** 24;
    const config = JSON.parse(readFileSync(join(model.dir, 'config.json'), 'utf8'));
    writeFileSync(join(model.dir, 'config.json'), JSON.stringify({ ...config, vocab_size: rows }));
    const path = join(model.dir, 'model.safetensors');
    const { tensors } = readSafetensorsHeader(path);
    let offset = 0;
    const header = Object.entries(tensors).map(([name, { shape }]) => {
      const sizes = name === 'model.embed_tokens.weight' ? [rows, 32] : shape;
      const begin = offset;
      offset += 4 * sizes.reduce((product, size) => product * size, 1);
      return [name, { dtype: 'F32', shape: sizes, data_offsets: [begin, offset] }];
    });
    const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(json.length));
    writeFileSync(path, Buffer.concat([length, json]));
    truncateSync(path, 8 + json.length + offset);
    const before = { tensors: memory(), resident: process.memoryUsage.rss() };
    const { code, out } = await inspect(model.dir, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out).weights.bytes).toBeGreaterThan(2 ** 31);
    expect(memory()).toEqual(before.tensors);
    expect(process.memoryUsage.rss() - before.resident).toBeLessThan(2 ** 28);
  });

  it('draws for people', async () => {
    const { out } = await inspect(
      model.dir,
      '--batch',
      '3',
      '--context',
      '50',
      '--rank',
      '4',
      '--tokens',
      '100',
    );
    expect(out).toMatch(/family +qwen3 \(Qwen3ForCausalLM\)/);
    expect(out).toMatch(/attention +4 heads over 2 key\/value heads of width 8/);
    expect(out).toMatch(/ends at +1 <\|end\|>/);
    expect(out).toMatch(/inference, 3 rows of 50 tokens +\d+\.\d\d KiB +\d+\.\d\d KiB/);
    expect(out).toMatch(/LoRA training, rank 4, 100 tokens at a time/);
  });

  it.each([
    ['a missing tensor', (tensors: Record<string, number[]>) => delete tensors['model.norm.weight']],
    [
      'a wrong shape',
      (tensors: Record<string, number[]>) => Object.assign(tensors, { 'model.norm.weight': [31] }),
    ],
  ])('reports %s as the loader does', async (_, change) => {
    const path = join(model.dir, 'model.safetensors');
    tidy(() => {
      const shapes = Object.fromEntries(
        Object.entries(loadSafetensors(path)).map(([name, tensor]) => [name, [...tensor.shape]]),
      );
      change(shapes);
      saveSafetensors(
        path,
        Object.fromEntries(
          Object.entries(shapes).map(([name, shape]) => [name, zeros(shape, { dtype: 'f32' })]),
        ),
      );
    });
    let message = '';
    try {
      loadDecoder(model.dir);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message).toMatch(/model\.norm\.weight/);
    const { code, out, err } = await inspect(model.dir);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(message);
  });

  it('lets the process load models afterwards', async () => {
    await inspect(model.dir);
    loadDecoder(model.dir).dispose();
  });

  it('takes a folder without a tokenizer, and one whose tokenizer is too large for the model not', async () => {
    const path = join(model.dir, 'tokenizer.json');
    const tokenizer = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(
      path,
      JSON.stringify({
        ...tokenizer,
        added_tokens: [
          ...tokenizer.added_tokens,
          { ...tokenizer.added_tokens[0], id: 300, content: '<|more|>' },
        ],
      }),
    );
    expect((await inspect(model.dir)).err).toMatch(/"<\|more\|>" with id 300.*vocabulary of 300/);
    writeFileSync(path, '');
    expect((await inspect(model.dir)).err).toMatch(/tokenizer\.json is no JSON/);
    rmSync(path);
    expect((await inspect(model.dir)).out).toMatch(/tokenizer +none: no tokenizer\.json/);
  });

  it('fetches a model of the hub', async () => {
    const hub = await new HubStandIn().start();
    try {
      hub.commit(
        'a'.repeat(40),
        Object.fromEntries(readdirSync(model.dir).map((name) => [name, readFileSync(join(model.dir, name))])),
      );
      Object.assign(process.env, { HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: space.path('cache') });
      const { code, out, err } = await inspect('org/tiny', '--json');
      expect(err).toMatch(/Fetching org\/tiny\nFetched to /);
      expect(code).toBe(0);
      expect(JSON.parse(out)).toMatchObject({ family: 'qwen3' });
      const unknown = await inspect('org/tyni');
      expect(unknown.err).toMatch(
        /There is no folder org\/tyni. As a model of the hub: .*knows no model org\/tyni/,
      );
      expect(unknown.code).toBe(1);
    } finally {
      await hub.stop();
    }
  });

  it.each([
    [['--rank', '0'], /It must be 1 or more/],
    [['--rnak', '1'], /unknown option '--rnak'[\s\S]*Did you mean --rank/],
  ])('%j is a usage error', async (args, text) => {
    const { code, err } = await inspect(model.dir, ...args);
    expect(err).toMatch(text);
    expect(code).toBe(2);
  });
});

describe('the commands of collm model', () => {
  it('are listed', async () => {
    const { out } = await space.collm(['model', '--help']);
    for (const name of ['inspect', 'logits', 'generate', 'merge']) expect(out).toContain(name);
    const { code, err } = await space.collm(['model', 'inspct']);
    expect(err).toMatch(/unknown command 'inspct'[\s\S]*Did you mean inspect/);
    expect(code).toBe(2);
  });
});
