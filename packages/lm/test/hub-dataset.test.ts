import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ChooseFiles, ModelError, type ResolveOptions, resolveDataset } from '../src/index.js';
import { HubStandIn } from './hub-stand-in.js';

const main = 'a'.repeat(40);
const files = {
  'README.md': '---\nfront: matter\n---\n',
  'data/train-00000-of-00001.parquet': 'train',
  'data/test-00000-of-00001.parquet': 'test',
  'extra/notes.txt': 'notes',
};
let hub: HubStandIn;
let cacheDir: string;
beforeEach(async () => {
  cacheDir = mkdtempSync(join(tmpdir(), 'collm-hub-'));
  hub = await new HubStandIn('org/posts', 'dataset').start();
  hub.commit(main, files);
});
afterEach(async () => {
  await hub.stop();
  rmSync(cacheDir, { recursive: true });
});

/** Files whose path holds a word. */
const only =
  (word: string): ChooseFiles =>
  (paths) => {
    const chosen = paths.filter((path) => path.includes(word));
    if (chosen.length === 0) throw new Error(`no ${word} among ${paths.join(', ')}`);
    return chosen;
  };
const resolve = (word: string, options: ResolveOptions = {}, name = 'org/posts') =>
  resolveDataset(name, only(word), { cacheDir, endpoint: hub.endpoint, offline: false, ...options });

describe('a data set of the hub', () => {
  it('is fetched as far as it is wanted, in the layout of huggingface_hub', async () => {
    const seen: unknown[] = [];
    const dir = await resolveDataset(
      'org/posts',
      (paths, readme) => {
        seen.push(paths, readme);
        return ['data/train-00000-of-00001.parquet'];
      },
      { cacheDir, endpoint: hub.endpoint, offline: false },
    );
    expect(seen).toEqual([Object.keys(files), files['README.md']]);
    expect(dir).toBe(join(cacheDir, 'datasets--org--posts/snapshots', main));
    expect(readFileSync(join(dir, 'data/train-00000-of-00001.parquet'), 'utf8')).toBe('train');
    expect(readdirSync(dir).sort()).toEqual(['README.md', 'data']);
    expect(readdirSync(join(dir, 'data'))).toEqual(['train-00000-of-00001.parquet']);
    expect(readFileSync(join(cacheDir, 'datasets--org--posts/refs/main'), 'utf8')).toBe(main);
  });

  it('at a commit is not asked for again, unless another part is wanted', async () => {
    const dir = await resolve('train');
    hub.requests.length = 0;
    const pinned = `org/posts@${main}`;
    expect(await resolve('train', {}, pinned)).toBe(dir);
    expect(hub.requests).toEqual([]);
    await expect(resolve('dev', {}, pinned)).rejects.toThrow(
      /^no dev among README.md, data\/train.*, data\/test.*, extra\/notes.txt$/,
    );
    expect(hub.requests).toEqual([]);
    expect(await resolve('test', {}, pinned)).toBe(dir);
    expect(hub.downloads.map(({ file }) => file)).toEqual(['test-00000-of-00001.parquet']);
  });

  it('is taken from the cache offline, which says what it lacks', async () => {
    await expect(resolve('train', { offline: true })).rejects.toThrow(
      /"main" of org\/posts is not in the cache/,
    );
    const dir = await resolve('train');
    expect(await resolve('train', { offline: true })).toBe(dir);
    await expect(resolve('test', { offline: true })).rejects.toThrow(
      /the cache .* lacks data\/test-00000-of-00001.parquet of org\/posts, and offline mode is on/,
    );
    await hub.stop();
    const warnings: string[] = [];
    expect(await resolve('train', { onWarning: (text) => warnings.push(text) })).toBe(dir);
    expect(warnings).toEqual([expect.stringMatching(/org\/posts is taken from the cache/)]);
  });

  it('may have been fetched by another program', async () => {
    const dir = join(cacheDir, 'datasets--org--posts/snapshots', main);
    mkdirSync(join(dir, 'data'), { recursive: true });
    writeFileSync(join(dir, 'data/train.parquet'), 'x');
    const name = `org/posts@${main}`;
    expect(await resolve('train', { offline: true }, name)).toBe(dir);
    await expect(resolve('test', { offline: true }, name)).rejects.toThrow(
      /lacks what is wanted \(no test among data\/train.parquet\) of org\/posts/,
    );
    await resolve('test', {}, name);
    expect(existsSync(join(dir, 'data/test-00000-of-00001.parquet'))).toBe(true);
  });

  it('is refused with what to do', async () => {
    await expect(resolve('train', {}, 'org/pots')).rejects.toThrow(/knows no data set org\/pots/);
    await expect(resolve('train', {}, 'posts')).rejects.toThrow(/"posts" is no data set of the hub/);
    hub.token = 'hf_right';
    await expect(resolve('train')).rejects.toThrow(
      /Accept its licence at http.*\/datasets\/org\/posts, and set HF_TOKEN/,
    );
    await resolve('train', { token: 'hf_right' });
    await expect(resolve('none', { token: 'hf_right' })).rejects.toThrow(ModelError);
  });
});
