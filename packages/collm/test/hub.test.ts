import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { HubStandIn } from '../../lm/test/hub-stand-in.js';
import { Workspace } from './workspace.js';

const commit = 'a'.repeat(40);
const saved = { ...process.env };
let space: Workspace;
let hub: HubStandIn;
beforeEach(async () => {
  space = new Workspace();
  hub = await new HubStandIn().start();
  hub.commit(commit, {
    'config.json': readFileSync(space.path('model/config.json')),
    'tokenizer.json': '{}',
    'model.safetensors': 'weights, as far as these tests go',
  });
  process.env.HF_ENDPOINT = hub.endpoint;
  process.env.HF_HUB_CACHE = space.path('cache');
});
afterEach(async () => {
  process.env = { ...saved };
  await hub.stop();
  space[Symbol.dispose]();
});

const set = ['--set', 'agent_model.path=org/tiny'];
const pathIn = (file: string) => parse(readFileSync(space.path(file), 'utf8')).agent_model.path;

describe('a model of the hub in a configuration', () => {
  it('is fetched before the run, which remembers its commit', async () => {
    const { code, err } = await space.collm(['train', 'run.yaml', '--name', 'a', ...set]);
    expect(err).toMatch(/Fetching org\/tiny\nFetched to .*snapshots/);
    expect(code).toBe(0);
    expect(pathIn('runs/a/config.yaml')).toBe(`org/tiny@${commit}`);
    // The branch moves on; the run does not.
    hub.branches.main = 'b'.repeat(40);
    hub.requests.length = 0;
    const evaluation = await space.collm(['eval', 'runs/a', '--json']);
    expect(evaluation.code, evaluation.err).toBe(0);
    const resumed = await space.collm(['train', '--resume', 'runs/a', '--from', '4']);
    expect(resumed.code, resumed.err).toBe(0);
    expect(hub.requests).toEqual([]);
  });

  it('gives way to a folder of its name beside the file', async () => {
    mkdirSync(space.path('org/tiny'), { recursive: true });
    for (const name of ['config.json', 'tokenizer.json'])
      writeFileSync(space.path('org/tiny', name), readFileSync(space.path('model', name)));
    const { code } = await space.collm(['train', 'run.yaml', '--name', 'a', ...set]);
    expect(code).toBe(0);
    expect(hub.requests).toEqual([]);
    expect(pathIn('runs/a/config.yaml')).toBe(join('..', '..', 'org', 'tiny'));
  });

  it('is named with its key when it cannot be had', async () => {
    const { code, err } = await space.collm(['train', 'run.yaml', '--set', 'agent_model.path=org/tyni']);
    expect(code).not.toBe(0);
    expect(err).toMatch(
      /`agent_model.path` is org\/tyni, and there is no such folder.*knows no model org\/tyni/,
    );
    process.env.HF_HUB_OFFLINE = '1';
    const offline = await space.collm(['train', 'run.yaml', '--dry-run', ...set]);
    expect(offline.err).toMatch(/not in the cache .*offline mode is on/);
  });
});
