/** `collm serve`: as a process of its own, and what it makes of a run. (How it answers is tested in packages/serve.) */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { servedModels } from '../src/commands/serve/served-models.js';
import { processIo } from '../src/io.js';
import { openTeam } from '../src/team.js';
import { createTinyModel } from '../src/warm-start/tiny-model.js';
import { Workspace } from './workspace.js';

let space: Workspace;
beforeAll(() => {
  space = new Workspace();
  rmSync(space.path('model'), { recursive: true });
  createTinyModel(space.path('model'), ['agent 1 of 2\nturn 1 of 2\nblocks oak_planks stone\n'], 1);
});
afterAll(() => space[Symbol.dispose]());

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** Starts the compiled command. */
function start(...args: string[]) {
  const bin = fileURLToPath(new URL('../bin/collm.js', import.meta.url));
  const child = spawn(process.execPath, [bin, 'serve', ...args], {
    cwd: space.dir,
    env: { ...process.env, COLLM_TOKEN: 'secret' },
  });
  children.push(child);
  let err = '';
  child.stderr.on('data', (data) => {
    err += data;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, line: async () => (await lines.next()).value as string, err: () => err };
}

const headers = { 'content-type': 'application/json', authorization: 'Bearer secret' };

describe('collm serve', () => {
  it('says where it serves what, answers, and ends when it is told to', async () => {
    const { child, line, err } = start('model', '--port', '0', '--json', '--verbose', '--threads', '1');
    const { url, models, pid } = JSON.parse(await line());
    expect(models).toEqual(['model']);
    expect(pid).toBe(child.pid);
    expect((await fetch(`${url}/v1/models`)).status).toBe(401);
    const body = { model: 'model', prompt: 'blocks', max_tokens: 8, seed: 4 };
    const ask = { method: 'POST', headers, body: JSON.stringify(body) };
    const answer = (await (await fetch(`${url}/v1/completions`, ask)).json()) as {
      choices: [{ text: string }];
    };
    const generated = await space.collm(
      ['model', 'generate', 'model', '--prompt', 'blocks', '--max-new-tokens', '8', '--seed', '4', '--json'],
      openTeam,
    );
    expect(answer.choices[0].text).toBe(JSON.parse(generated.out).samples[0].text);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
    expect(err()).toMatch(/POST \/v1\/completions 200 model, \d+ \+ \d tokens, \d\.\d{3} s\n/);
    expect(err()).toContain('Stopped.');
  });

  it('tells a person what to type', async () => {
    const { child, line, err } = start('model', '--port', '0', '--name', 'builder');
    expect(await line()).toMatch(/^Serving at http:\/\/127\.0\.0\.1:\d+$/);
    expect(await line()).toBe('  builder');
    while (!err().includes('Stop with Ctrl+C.')) await once(child.stderr, 'data');
    expect(err()).toMatch(/curl http.*-H "Authorization: Bearer \$COLLM_TOKEN" -d '\{"model":"builder"/);
  });

  it('says why it cannot', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const blocked = await space.collm(['serve', 'model', '--port', String(port)]);
    taken.close();
    expect(blocked).toMatchObject({ code: 1, out: '' });
    expect(blocked.err).toContain(`port ${port} is taken. Give another one with --port`);
    const open = await space.collm(['serve', 'model', '--host', '0.0.0.0']);
    expect([open.code, open.err]).toEqual([2, expect.stringContaining('needs a token')]);
    const nowhere = await space.collm(['serve', 'nowhere']);
    expect([nowhere.code, nowhere.err]).toEqual([2, expect.stringContaining('called nowhere')]);
    const agent = await space.collm(['serve', 'model', '--agent', '1']);
    expect([agent.code, agent.err]).toEqual([2, expect.stringContaining('goes with a run folder')]);
    const name = await space.collm(['serve', 'model', '--name', 'a b']);
    expect([name.code, name.err]).toEqual([2, expect.stringContaining('letters, digits')]);
  });
});

describe('a run', () => {
  const io = { ...processIo, stderr: { write: () => {} } };
  const from = (given: object) =>
    servedModels(
      {
        source: 'runs/adapted',
        runsDir: 'runs',
        agent: null,
        checkpoint: 'last',
        name: null,
        device: null,
        dtype: null,
        ...given,
      },
      { ...io, cwd: space.dir },
    );
  beforeAll(async () => {
    const settings = [
      'train.max_new_tokens=4',
      'train.items_per_step=1',
      'train.max_steps=1',
      'train.eval_interval=0',
    ];
    const set = [...settings, 'agent_model.lora={r: 2}', 'agent_model.max_prompt_tokens=400'].flatMap(
      (one) => ['--set', one],
    );
    const { code, err } = await space.collm(['train', 'run.yaml', '--name', 'adapted', ...set], openTeam);
    expect(code, err).toBe(0);
  });

  it('is a model per agent, each an adapter on the base of the run', async () => {
    const { title, models } = await from({});
    expect(title).toBe('adapted, checkpoint of step 1');
    const step = space.path('runs/adapted/checkpoints/step-000001');
    expect(models).toEqual(
      [0, 1].map((agent) => ({
        id: `adapted/agent-${agent}`,
        model: space.path('model'),
        adapter: `${step}/agent-${agent}`,
        device: 'cpu',
        dtype: null,
        maxPromptTokens: 400,
        agent,
      })),
    );
  });

  it('is one agent, under another name and in another number format, where that is asked for', async () => {
    const { models } = await from({ agent: 1, name: 'team', dtype: 'bf16' });
    expect(models).toMatchObject([{ id: 'team/agent-1', dtype: 'bf16', agent: 1 }]);
    await expect(from({ agent: 7 })).rejects.toThrow(/no such agent/);
    await expect(from({ checkpoint: '9' })).rejects.toThrow(/no checkpoint of step 9/);
  });
});
