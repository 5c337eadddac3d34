import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hubSettings } from '../src/checkpoint/hub-cache.js';
import {
  type HubProgress,
  loadDecoder,
  ModelError,
  parseHubId,
  type ResolveOptions,
  resolveModel,
  Tokenizer,
} from '../src/index.js';
import { runChild } from './child.js';
import { HubStandIn } from './hub-stand-in.js';
import { writeTinyModel } from './tiny.js';

const main = 'a'.repeat(40);
const weights = 'model.safetensors';
let hub: HubStandIn;
let cacheDir: string;
let files: Record<string, Buffer>;

beforeEach(async () => {
  cacheDir = mkdtempSync(join(tmpdir(), 'collm-hub-'));
  const model = writeTinyModel();
  files = Object.fromEntries(
    readdirSync(model.dir).map((name) => [name, readFileSync(join(model.dir, name))]),
  );
  model.remove();
  files['generation_config.json'] = Buffer.from('{"temperature": 0.7}');
  hub = await new HubStandIn().start();
  hub.commit(main, { ...files, 'README.md': 'x', 'pytorch_model.bin': 'pickle', 'original/a.pth': 'x' });
});
afterEach(async () => {
  await hub.stop();
  rmSync(cacheDir, { recursive: true });
});

const resolve = (options: ResolveOptions = {}, model = 'org/tiny') =>
  resolveModel(model, { cacheDir, endpoint: hub.endpoint, offline: false, ...options });
const blobs = () => readdirSync(join(cacheDir, 'models--org--tiny/blobs'));
const weightsRanges = () =>
  hub.downloads.filter(({ file }) => file === weights).map(({ range }) => range ?? 'all');

describe('a model of the hub', () => {
  it('is fetched once, without what is not needed, in the layout of huggingface_hub', async () => {
    const progress: HubProgress[] = [];
    const dir = await resolve({ onProgress: (made) => progress.push(made) });
    expect(dir).toBe(join(cacheDir, 'models--org--tiny/snapshots', main));
    expect(readdirSync(dir).sort()).toEqual(Object.keys(files).sort());
    for (const [name, content] of Object.entries(files))
      expect(readFileSync(join(dir, name)).equals(content), name).toBe(true);
    expect(readlinkSync(join(dir, weights))).toBe(`../../blobs/${hub.hash(main, weights)}`);
    expect(readFileSync(join(cacheDir, 'models--org--tiny/refs/main'), 'utf8')).toBe(main);
    const size = files[weights]?.length;
    expect(progress.at(-1)).toEqual({ file: weights, bytesDone: size, bytesTotal: size });
    loadDecoder(dir).dispose();
    Tokenizer.load(dir);

    hub.requests.length = 0;
    expect(await resolve()).toBe(dir);
    expect(hub.requests.map(({ path }) => path).filter((path) => !path.startsWith('/api/'))).toEqual([]);
  });

  it('may be a branch or a commit, which is not asked for again', async () => {
    const other = 'b'.repeat(40);
    hub.branches['refs/pr/1'] = other;
    hub.commit(other, { ...files, 'config.json': Buffer.concat([files['config.json'] as Buffer, Buffer.from(' ')]) });
    const dir = await resolve();
    hub.requests.length = 0;
    const branch = await resolve({}, 'org/tiny@refs/pr/1');
    expect(branch).toBe(dir.replace(main, other));
    // Only the file that differs.
    expect(hub.downloads.map(({ file }) => file)).toEqual(['config.json']);
    expect(realpathSync(join(branch, weights))).toBe(realpathSync(join(dir, weights)));
    hub.requests.length = 0;
    expect(await resolve({ revision: other })).toBe(branch);
    expect(hub.requests).toEqual([]);
  }); // biome-ignore format: one file of many

  it('may have its weights in shards, and only those of the index are fetched', async () => {
    const { [weights]: single = Buffer.alloc(0), ...rest } = files;
    const index = JSON.stringify({ weight_map: { a: 'model-1.safetensors', b: 'model-2.safetensors' } });
    hub.commit(main, {
      'model-1.safetensors': single,
      'model-2.safetensors': 'two',
      'consolidated.safetensors': 'other',
      'model.safetensors.index.json': index,
      ...rest,
    });
    const names = readdirSync(await resolve()).filter((name) => name.endsWith('.safetensors'));
    expect(names.sort()).toEqual(['model-1.safetensors', 'model-2.safetensors']);
    hub.commit(main, {
      'model.safetensors.index.json': '{"weight_map": {"a": "../x.safetensors"}}',
      ...rest,
    });
    await expect(resolve()).rejects.toThrow(/no safetensors file of this folder/);
    hub.commit(main, { 'model-1.safetensors': 'one', 'model.safetensors.index.json': index, ...rest });
    await expect(resolve()).rejects.toThrow(
      /places tensors in model-2.safetensors, which the hub does not have/,
    );
    hub.commit(main, { 'pytorch_model.bin': 'pickle', ...rest });
    await expect(resolve()).rejects.toThrow(
      /only pytorch_model.bin. Take a model or a revision with safetensors/,
    );
  });
});

describe('an interrupted download', () => {
  it('goes on where the connection broke', async () => {
    hub.cuts.set(weights, [20_000, 10_000]);
    const dir = await resolve();
    expect(readFileSync(join(dir, weights)).equals(files[weights] as Buffer)).toBe(true);
    const last = (files[weights]?.length ?? 0) - 1;
    expect(weightsRanges()).toEqual(['all', `bytes=20000-${last}`, `bytes=30000-${last}`]);
    expect(blobs().filter((name) => name.includes('incomplete'))).toEqual([]);
  });

  it('goes on in the next call where it was aborted', async () => {
    hub.delay = 20;
    const stop = new AbortController();
    const onProgress = ({ file, bytesDone }: HubProgress) => {
      if (file === weights && bytesDone >= 30_000) stop.abort(new Error('enough'));
    };
    await expect(resolve({ signal: stop.signal, onProgress })).rejects.toThrow('enough');
    hub.delay = 0;
    hub.requests.length = 0;
    await resolve();
    expect(weightsRanges()).toEqual([expect.stringMatching(/^bytes=[3-9]\d{4}-/)]);
  });

  it('is taken over from a process that died, but not from one that lives', async () => {
    const blob = join(cacheDir, 'models--org--tiny/blobs', hub.hash(main, weights));
    const part = (pid: number) => `${blob}.${hostname().replaceAll('.', '_')}.${pid}.0.0a0a0a0a.incomplete`;
    mkdirSync(join(blob, '..'), { recursive: true });
    const start = (files[weights] as Buffer).subarray(0, 5000);
    writeFileSync(part(2 ** 22 + 1), start);
    writeFileSync(part(process.ppid), start);
    await resolve();
    expect(weightsRanges()).toEqual([expect.stringMatching(/^bytes=5000-/)]);
    expect(blobs().filter((name) => name.includes('incomplete'))).toEqual([part(process.ppid).split('/').at(-1)]);
  });

  it('starts over where what was left is wrong', async () => {
    const blob = join(cacheDir, 'models--org--tiny/blobs', hub.hash(main, weights));
    mkdirSync(join(blob, '..'), { recursive: true });
    for (const bytes of [5000, 10_000_000]) {
      writeFileSync(`${blob}.${hostname().replaceAll('.', '_')}.${2 ** 22 + 1}.0.0a0a0a0a.incomplete`, Buffer.alloc(bytes));
      const dir = await resolve();
      expect(readFileSync(join(dir, weights)).equals(files[weights] as Buffer)).toBe(true);
      rmSync(blob);
    }
  });

  it('by two processes at once leaves one whole file', async () => {
    hub.delay = 5;
    const child = () => runChild('resolve.ts', 'org/tiny', cacheDir, hub.endpoint);
    const [first, second, dir] = await Promise.all([child(), child(), resolve(), resolve()]);
    expect([first.code, second.code]).toEqual([0, 0]);
    expect(readFileSync(join(dir, weights)).equals(files[weights] as Buffer)).toBe(true);
    expect(blobs().length).toBe(Object.keys(files).length);
  });
}); // biome-ignore format: names of parts

describe('without the hub', () => {
  it('takes what is in the cache in offline mode, and says what is missing', async () => {
    await expect(resolve({ offline: true })).rejects.toThrow(
      /revision "main" of org\/tiny is not in the cache .*collm-hub.*offline mode is on/,
    );
    const dir = await resolve();
    hub.requests.length = 0;
    expect(await resolve({ offline: true })).toBe(dir);
    await expect(resolve({ offline: true }, 'org/tiny@other')).rejects.toThrow(/revision "other"/);
    rmSync(realpathSync(join(dir, weights)));
    await expect(resolve({ offline: true })).rejects.toThrow(/lacks model.safetensors of org\/tiny/);
    expect(hub.requests).toEqual([]);
  });

  it.each([
    ['it is out of reach', () => hub.stop(), /cannot be reached \(/],
    ['it is ill', async () => { hub.status = 503; }, /answers with status 503/],
  ])('takes the cached model with a warning when %s', async (_, fail, message) => {
    const dir = await resolve();
    await fail();
    const warnings: string[] = [];
    expect(await resolve({ onWarning: (text) => warnings.push(text) })).toBe(dir);
    expect(warnings).toEqual([expect.stringMatching(message)]);
    rmSync(cacheDir, { recursive: true });
    await expect(resolve()).rejects.toThrow(ModelError);
    await expect(resolve()).rejects.toThrow(message);
    mkdirSync(cacheDir);
  }); // biome-ignore format: one case a line
});

describe('the hub', () => {
  it('may refuse, and the error names the licence, the token and the spelling', async () => {
    hub.token = 'hf_right';
    await expect(resolve()).rejects.toThrow(/refuses org\/tiny \(401\).*Accept its licence at .*org\/tiny, and set HF_TOKEN/);
    await resolve({ token: 'hf_right' });
    hub.token = null;
    hub.status = 403;
    await expect(resolve()).rejects.toThrow(/\(403\): it is gated/);
    hub.status = null;
    await expect(resolve({}, 'org/tyni')).rejects.toThrow(/knows no model org\/tyni.*Check the spelling/);
    await expect(resolve({}, 'org/tiny@none')).rejects.toThrow(/revision "none"/);
    await expect(resolve({ token: 'secret' })).rejects.toThrow(/must start with 'hf_'/);
  });

  it('gets the token, and its storage does not', async () => {
    await resolve({ token: 'hf_mine' });
    for (const { path, authorization } of hub.requests)
      expect(authorization, path).toBe(path.startsWith('/content/') ? undefined : 'Bearer hf_mine');
  });

  it.each([{ path: '../evil.json' }, { path: '/etc/evil' }, { path: 'a/../../b' }, { path: 'a\\b' }])(
    'may not list the file $path',
    async (entry) => {
      hub.extraEntries = [{ type: 'file', size: 1, oid: 'c'.repeat(40), ...entry }];
      await expect(resolve()).rejects.toThrow(/whose name leads out of its folder/);
    },
  );

  it.each([{ oid: '../../evil' }, { oid: undefined }, { size: -1 }, { size: 'big' }, { size: 2 ** 60 }])(
    'may not list a file with %o',
    async (fields) => {
      hub.extraEntries = [{ type: 'file', path: 'tokenizer.x', size: 1, oid: 'c'.repeat(40), ...fields }];
      await expect(resolve()).rejects.toThrow(/without a usable hash and size/);
    },
  );

  it('may not name a commit that leads elsewhere', async () => {
    hub.branches.main = '../../evil';
    hub.commit('../../evil', files);
    await expect(resolve()).rejects.toThrow(/names no commit/);
  });

  it.each([weights, 'config.json'])('may not send another %s than it lists', async (file) => {
    hub.corrupted.add(file);
    await expect(resolve()).rejects.toThrow(ModelError);
    await expect(resolve()).rejects.toThrow(new RegExp(`${file} arrived with another content`));
    expect(blobs()).not.toContain(hub.hash(main, file));
    hub.corrupted.clear();
    loadDecoder(await resolve()).dispose();
  });
}); // biome-ignore format: messages on one line

describe('names', () => {
  it('of folders stay folders', async () => {
    expect(await resolveModel(cacheDir)).toBe(cacheDir);
    expect(await resolveModel('./nowhere')).toBe('./nowhere');
    for (const bad of ['tiny', 'a/b/c', 'org/ti ny', 'org/../x', 'org/a--b', 'org/tiny@../x', '@', ''])
      await expect(resolveModel(bad, { cacheDir, offline: true }), bad).rejects.toThrow(/neither a folder/);
  });

  it('of models have an organisation and perhaps a revision', () => {
    expect(parseHubId('Qwen/Qwen3-0.6B')).toEqual({ repo: 'Qwen/Qwen3-0.6B', revision: 'main' });
    expect(parseHubId('o/n@v1.0')).toEqual({ repo: 'o/n', revision: 'v1.0' });
    expect(parseHubId('models/a/b')).toBeUndefined();
  });
});

it('the environment of Hugging Face counts, and options go before it', () => {
  const home = cacheDir;
  writeFileSync(join(home, 'token'), 'hf_file\n');
  expect(hubSettings({}, { HF_HOME: home })).toEqual({
    endpoint: 'https://huggingface.co',
    token: 'hf_file',
    cacheDir: join(home, 'hub'),
    offline: false,
  });
  const env = { HF_HOME: home, HF_TOKEN: 'hf_env', HF_ENDPOINT: 'http://h/', HF_HUB_CACHE: '/c', HF_HUB_OFFLINE: '1' };
  expect(hubSettings({}, env)).toEqual({ endpoint: 'http://h', token: 'hf_env', cacheDir: '/c', offline: true });
  const given = { endpoint: 'http://g', token: 'hf_g', cacheDir: '/g', offline: false };
  expect(hubSettings(given, env)).toEqual(given);
}); // biome-ignore format: one environment a line
