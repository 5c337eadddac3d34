import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { HubStandIn } from '../../lm/test/hub-stand-in.js';
import { openDataSource } from '../src/fetch-data.js';
import { Workspace } from './workspace.js';

const commit = 'a'.repeat(40);
const saved = { ...process.env };
let space: Workspace;
let hub: HubStandIn;
beforeEach(async () => {
  space = new Workspace();
  hub = await new HubStandIn('org/words', 'dataset').start();
  hub.commit(commit, {
    'README.md':
      '---\nconfigs:\n- config_name: default\n  data_files:\n  - {split: train, path: long/*}\n  - {split: val, path: v.jsonl}\n---\n',
    'long/part.csv': 'string,difficulty\nAB,1\nCD,2\n',
    'v.jsonl': '{"string": "EF"}\n{"string": "GH"}\n',
    'unused.parquet': 'x',
  });
  process.env.HF_ENDPOINT = hub.endpoint;
  process.env.HF_HUB_CACHE = space.path('cache');
});
afterEach(async () => {
  process.env = { ...saved };
  await hub.stop();
  space[Symbol.dispose]();
});

const set = ['dataset=org/words', 'train_split=train', 'eval_split=val[1:]'].flatMap((text) => [
  '--set',
  `env.${text}`,
]);
const stderr = { write: () => true };

describe('a data set of the hub', () => {
  it('is fetched as far as its splits are asked for, and read with places that people know', async () => {
    const source = await openDataSource('org/words', ['train', 'validation'], { stderr });
    expect(source?.name).toBe(`org/words@${commit}`);
    expect(source?.splits.get('train')?.[1]).toEqual({
      value: { string: 'CD', difficulty: '2' },
      where: `org/words@${commit}/long/part.csv:3`,
    });
    expect(source?.splits.get('validation')?.length).toBe(2);
    expect(hub.downloads.map(({ file }) => file)).toEqual(['README.md', 'part.csv', 'v.jsonl']);
    await expect(openDataSource('org/words', ['test'], { stderr })).rejects.toMatchObject({
      code: 'bad_dataset',
      message: expect.stringMatching(/`test` names the split "test", but org\/words has "train", "val"/),
    });
  });

  it('trains a run, which remembers its commit', async () => {
    const { code, err } = await space.collm(['train', 'run.yaml', '--name', 'a', ...set]);
    expect(code, err).toBe(0);
    expect(err).toMatch(/Fetching org\/words\nFetched to .*snapshots/);
    const { dataset } = parse(readFileSync(space.path('runs/a/config.yaml'), 'utf8')).env;
    expect(dataset).toBe(`org/words@${commit}`);
    hub.branches.main = 'b'.repeat(40);
    hub.requests.length = 0;
    const evaluation = await space.collm(['eval', 'runs/a', '--json']);
    expect(evaluation.code, evaluation.err).toBe(0);
    expect(hub.requests).toEqual([]);
  });

  it('is named with its key when it cannot be had', async () => {
    const missing = await space.collm(['train', 'run.yaml', '--set', 'env.dataset=org/wrods']);
    expect(missing.code).not.toBe(0);
    expect(missing.err).toMatch(
      /`env.dataset`: `org\/wrods` is no file or folder here.*knows no data set org\/wrods/,
    );
    process.env.HF_HUB_OFFLINE = '1';
    const offline = await space.collm(['train', 'run.yaml', '--dry-run', ...set]);
    expect(offline.err).toMatch(/not in the cache .*offline mode is on/);
    hub.requests.length = 0;
    const file = await space.collm(['train', 'run.yaml', '--set', 'env.dataset=data/posts.jsonl']);
    expect(file.err).toMatch(/There is no data file or folder `data\/posts.jsonl`/);
    expect(hub.requests).toEqual([]);
  });

  it('gives way to a file of its name', async () => {
    writeFileSync(join(space.dir, 'words.csv'), 'string\nAB\nCD\n');
    const args = [
      '--set',
      'env.dataset=words.csv',
      '--set',
      'env.train_split=train[:1]',
      '--set',
      'env.eval_split=test[1:]',
    ];
    const { code, err } = await space.collm(['train', 'run.yaml', '--name', 'a', ...args]);
    expect(code, err).toBe(0);
    expect(hub.requests).toEqual([]);
  });
});
