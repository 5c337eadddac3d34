import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Workspace } from './workspace.js';

const space = new Workspace();

beforeAll(() => {
  mkdirSync(space.path('elsewhere/first'), { recursive: true });
  space.write('elsewhere/first/meta.json', '{}');
  // What is wrong here is found only by who has found the run.
  space.write('elsewhere/first/config.yaml', 'env: {type: no_such_task}\n');
});

afterAll(() => space[Symbol.dispose]());

const commands: [command: string, args: (run: string) => string[]][] = [
  ['train', (run) => ['train', '--resume', run]],
  ['eval', (run) => ['eval', run]],
  ['eval --protocols', (run) => ['eval', run, '--protocols', 'parallel']],
  ['eval --protocols trained', (run) => ['eval', '--protocols', `trained:${run}`]],
  ['replay', (run) => ['replay', run]],
  ['report', (run) => ['report', run]],
  ['compare', (run) => ['compare', run]],
  ['picture', (run) => ['picture', run]],
  ['minecraft replay', (run) => ['minecraft', 'replay', run]],
  ['serve', (run) => ['serve', run]],
  ['export', (run) => ['export', run, '--to', 'hf', '--out', 'out']],
  ['chat', (run) => ['chat', run, '--once', 'Hello']],
  ['play', (run) => ['play', run, '--agents', 'http://127.0.0.1:1/v1']],
];

describe('a run by its name under --runs-dir', () => {
  it.each(commands)('%s finds it', async (_, args) => {
    const { code, err } = await space.collm([...args('first'), '--runs-dir', 'elsewhere']);
    expect([code, err]).toEqual([1, expect.stringContaining('no_such_task')]);
  });

  it.each(commands.filter(([command]) => command !== 'play'))('%s knows what was meant', async (_, args) => {
    const { code, err } = await space.collm([...args('frist'), '--runs-dir', 'elsewhere']);
    expect(code).toBeGreaterThan(0);
    expect(err).toMatch(/There is no run.* frist.*Did you mean `first`\?/);
  });

  it('the folder itself wins', async () => {
    const { err } = await space.collm(['report', 'elsewhere/first', '--runs-dir', 'nowhere']);
    expect(err).toContain('no_such_task');
  });
});
