/** Pause, resume, save and stop from another terminal, and what a run says of itself. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControlRequest, sendRequest } from '../src/run-store/control.js';
import { filesUnder } from '../src/run-store/durable.js';
import { readStatus, type TrainingState } from '../src/run-store/status.js';
import { RequestFolder } from '../src/training/requests.js';
import { fakeTeam } from './fake-team.js';
import { content, type Outcome, Workspace } from './workspace.js';

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

const set = ['train.max_steps=8', 'train.checkpoint_every=0', 'train.keep_last=9'].flatMap((one) => [
  '--set',
  one,
]);
const dir = (name: string) => space.path('runs', name);

/** Trains in this process; `onAct` is called at every answer. */
const train = (name: string, options: Parameters<typeof fakeTeam>[0] = {}): Promise<Outcome> =>
  space.collm(['train', 'run.yaml', '--name', name, ...set], fakeTeam(options));

/** Trains, and asks for something in the middle of a step. */
function trainAsking(name: string, request: ControlRequest): Promise<Outcome> {
  let acts = 0;
  const onAct = () => {
    // Slow enough for somebody who looks twice a second.
    if (++acts === 10) sendRequest(dir(name), request);
  };
  return train(name, { delay: 60, onAct });
}

async function untilState(name: string, state: TrainingState): Promise<void> {
  while (readStatus(dir(name))?.state !== state) await sleep(10);
}

const checkpoints = (name: string) => readdirSync(space.path('runs', name, 'checkpoints')).sort();

function lastCheckpoint(name: string): unknown {
  const folder = space.path('runs', name, 'checkpoints/step-000008');
  return filesUnder(folder).map((file) => [file, readFileSync(`${folder}/${file}`, 'utf8')]);
}

describe('a request from another terminal', () => {
  it('save: a checkpoint after the step, and the run goes on as if it had not been asked for', async () => {
    await train('whole');
    const { code, err } = await trainAsking('saved', 'save');
    expect(code).toBe(0);
    expect(err).toMatch(/Saving a checkpoint after this step, as asked from another terminal/);
    expect(checkpoints('saved')).toHaveLength(2);
    expect(content(dir('saved'))).toEqual(content(dir('whole')));
    expect(lastCheckpoint('saved')).toEqual(lastCheckpoint('whole'));
    expect(readdirSync(space.path('runs/saved/control'))).toEqual([]);
  });

  it('pause and resume: holds with a checkpoint, and goes on as if it had not', async () => {
    await train('whole');
    const running = trainAsking('held', 'pause');
    await untilState('held', 'paused');
    const { step } = readStatus(dir('held')) ?? {};
    expect(checkpoints('held')).toEqual([`step-00000${step}`]);
    const written = content(dir('held'));
    sendRequest(dir('held'), 'save');
    await sleep(600);
    expect(content(dir('held'))).toEqual(written);
    sendRequest(dir('held'), 'resume');
    const { code, err } = await running;
    expect(code).toBe(0);
    expect(err).toMatch(/Pausing after this step; go on with: collm runs resume runs\/held\n/);
    expect(err).toMatch(
      new RegExp(`Paused after step ${step}\nA checkpoint of this step is saved already\n`),
    );
    expect(err).toMatch(new RegExp(`Going on after step ${step}\n`));
    expect(content(dir('held'))).toEqual(content(dir('whole')));
    expect(lastCheckpoint('held')).toEqual(lastCheckpoint('whole'));
    expect(readStatus(dir('held'))).toMatchObject({ state: 'finished', step: 8, total_steps: 8 });
  });

  it('stop: as the first Ctrl+C, out of a pause too', async () => {
    await train('whole');
    const stopped = await trainAsking('stopped', 'stop');
    expect(stopped.code).toBe(130);
    expect(stopped.err).toMatch(/Stopping: saving a checkpoint/);
    expect(readStatus(dir('stopped'))?.state).toBe('stopped');
    const running = trainAsking('held', 'pause');
    await untilState('held', 'paused');
    sendRequest(dir('held'), 'stop');
    expect((await running).code).toBe(130);
    expect(readStatus(dir('held'))?.state).toBe('stopped');
    for (const name of ['stopped', 'held']) {
      expect((await space.collm(['train', '--resume', `runs/${name}`])).code).toBe(0);
      expect(content(dir(name))).toEqual(content(dir('whole')));
    }
  });

  it('that is old, damaged or none is named and taken away, and stops nothing', async () => {
    await train('a');
    const control = space.path('runs/a/control');
    sendRequest(dir('a'), 'stop');
    const before = new Date(Date.now() - 3_600_000);
    utimesSync(`${control}/stop.json`, before, before);
    let acts = 0;
    const onAct = () => {
      if (++acts !== 2) return;
      writeFileSync(`${control}/pause.json`, '{"time');
      writeFileSync(`${control}/explode.json`, '{}');
      writeFileSync(`${control}/save.json.tmp`, '{}');
      mkdirSync(`${control}/resume.json/inside`, { recursive: true });
    };
    rmSync(space.path('runs/a/checkpoints/step-000008'), { recursive: true });
    const { code, err } = await space.collm(['train', '--resume', 'runs/a'], fakeTeam({ delay: 60, onAct }));
    expect(code).toBe(0);
    expect(err).toMatch(/stop\.json is ignored: it was meant for a process before this one\./);
    expect(err).toMatch(/pause\.json is ignored: it cannot be read \(.*JSON/);
    expect(err).toMatch(/explode\.json is ignored: it is none of pause, resume, save, stop\./);
    expect(err.match(/resume\.json is looked at once/g)).toHaveLength(1);
    expect(err.match(/resume\.json is ignored: it is not a file/g)).toHaveLength(1);
    expect(readdirSync(control).sort()).toEqual(['resume.json', 'save.json.tmp']);
  });
});

describe('request files', () => {
  it('are taken in the order in which they were written', () => {
    const said: string[] = [];
    const folder = new RequestFolder(space.path('control'), 0, (line) => said.push(line));
    expect(folder.take()).toEqual([]);
    for (const [index, request] of (['resume', 'pause', 'save'] as const).entries()) {
      sendRequest(space.dir, request);
      utimesSync(space.path(`control/${request}.json`), 100 + index, 100 + index);
    }
    writeFileSync(space.path('control/stop.json'), JSON.stringify({ text: 'x'.repeat(1 << 17) }));
    expect(folder.take()).toEqual(['resume', 'pause', 'save']);
    expect(said).toEqual([expect.stringMatching(/stop\.json is ignored: it has 131\d+ bytes\./)]);
    expect(folder.take()).toEqual([]);
  });
});

describe('status.json', () => {
  it('says who trains, how far it is, and how it ended', async () => {
    const seen = new Set<string>();
    const onAct = () => seen.add(JSON.stringify({ ...readStatus(dir('a')), updated: '' }));
    await train('a', { onAct });
    const who = { pid: process.pid, host: hostname() };
    expect(JSON.parse([...seen][0] as string)).toMatchObject({
      state: 'running',
      step: 0,
      total_steps: 8,
      ...who,
    });
    expect(readStatus(dir('a'))).toMatchObject({ state: 'finished', step: 8, ...who });
    await train('b', { failAfter: 11 });
    const failed = readStatus(dir('b'));
    expect(failed).toMatchObject({ state: 'failed', step: 3, total_steps: 8 });
    expect(failed?.error).toMatch(/failed to answer .*\n {2}because: out of memory/);
  });

  it('that cannot be written stops nothing, and is told of once', async () => {
    const onAct = () => {
      rmSync(space.path('runs/a/status.json'), { force: true, recursive: true });
      mkdirSync(space.path('runs/a/status.json'), { recursive: true });
    };
    const { code, err } = await train('a', { onAct });
    expect(code).toBe(0);
    expect(err.match(/status\.json is not up to date: /g)).toHaveLength(1);
  });
});

it('a paused process waits without using the processor, and Ctrl+C ends it at once', async () => {
  const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
  const loader = new URL('../../../node_modules/tsx/dist/loader.mjs', import.meta.url).href;
  const child = spawn(
    process.execPath,
    ['--import', loader, here('child.ts'), 'train', 'run.yaml', '--name', 'a', ...set],
    {
      cwd: space.dir,
      env: { ...process.env, FAKE_DELAY: '60', TSX_TSCONFIG_PATH: here('tsconfig.child.json') },
      stdio: 'ignore',
    },
  );
  while (!existsSync(space.path('runs/a/status.json'))) await sleep(20);
  sendRequest(dir('a'), 'pause');
  await untilState('a', 'paused');
  // Clock ticks in user and kernel mode, of which there are 100 a second.
  const ticks = () => {
    const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  };
  await sleep(200);
  const before = ticks();
  await sleep(1500);
  expect(ticks() - before).toBeLessThan(30);
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  expect(code).toBe(130);
  expect(readStatus(dir('a'))?.state).toBe('stopped');
});
